#!/usr/bin/env bash
# Stock Hermes relays between synergyd and a real ibc-go chain (wasmd), and back.
#
#   scripts/e2e/ibc.sh [--wasmd 0.61.14] [--count 1000] [--inference] [--keep]
#
# 1. Both chains start, each under its own CometBFT; Hermes creates clients, a connection
#    and a channel.
# 2. Coins of each chain go to the other and home: vouchers are what the path hashes to,
#    escrow accounts are empty again.
# 3. A transfer that nobody relays in time times out and is refunded, on both sides.
# 4. Transfers sent while Hermes is down are cleared when it starts again.
# 5. --count transfers in one run of the relayer: all arrive, escrow and supply of vouchers
#    are equal to the unit.
# 6. A client of ours expires; governance recovers it with a new one, and the channel works.
# 7. Interchain inference: a contract on a second synergyd asks a model here; the answer has
#    the bits of a direct inference, the asker's account here pays and gives the rest back.
#    With --inference only this, after 1.
# 8. Their chain forks: Hermes finds the headers that contradict each other, and our client is
#    frozen. Transfers are refused, governance recovers the client, and the channel works.
# 9. Governance upgrades our chain to another program and another unbonding time; Hermes
#    upgrades their client of it, and transfers go on.
#
# wasmd 0.61.14 has ibc-go 10.5, 0.54.9 has ibc-go 8.8. Hermes and wasmd are built the first
# time (scripts/install-hermes.sh and install-wasmd.sh: some 20 CPU-minutes).
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

KEEP='' WASMD_VERSION=0.61.14 COUNT=1000 INFERENCE=''
while (($#)); do
    case $1 in
        --wasmd) WASMD_VERSION=$2; shift ;;
        --count) COUNT=$2; shift ;;
        --inference) INFERENCE=1 ;;
        --keep) KEEP=1 ;;
        *) die "unknown argument $1; see the head of $0" ;;
    esac
    shift
done

source "$(dirname "${BASH_SOURCE[0]}")/ibc-chains.sh"
h health-check >/dev/null || say "health check: see the log"
say "   clients, connection and channel by Hermes"
open_transfer_channel
expect "our channel" "$(q ibc channels | pick "r['channels'][0]['state']")" STATE_OPEN

SNRG_THERE=ibc/$(printf transfer/channel-0/asnrg | sha256sum | cut -c1-64 | tr a-f A-F)
ESCROW=$(q ibc-transfer escrow-address transfer channel-0 | pick 'r["escrow_address"]')
total_escrow() { q ibc-transfer total-escrow asnrg | pick 'r["amount"]["amount"]'; }
status_of() { q ibc client-status "$1" | pick 'r["status"]'; }

# A second synergyd under its own CometBFT, known to Hermes; the relayer and anna have coins.
SECOND=synergy-second-1
s() { "$SYNERGYD" --home "$WORK/second" "$@"; }
second_chain() {
    local p2p abci metrics grpc name
    read -r SECOND_RPC p2p abci metrics grpc < <(free_port 5)
    s init second --chain-id $SECOND --keyring-backend test --no-validator >/dev/null
    for name in validator anna; do s keys add $name -o json >/dev/null 2>&1; done
    s keys add relayer --recover <"$WORK/mnemonic" >/dev/null 2>&1
    for name in validator anna relayer; do s genesis add-genesis-account $name 100000snrg >/dev/null; done
    prepare second $SECOND "$SECOND_RPC" "$p2p" "$abci" "$metrics" "$grpc"
    "$SYNERGYD" --home "$WORK/second" start --with-comet >>"$WORK/second.log" 2>&1 &
    OTHERS+=" $!"
    wait_height "127.0.0.1:$SECOND_RPC" 2 300
    python3 - "$WORK/hermes.toml" <<PY
import sys
path = sys.argv[1]
head, ours, theirs = open(path).read().split("[[chains]]\n")
second = ours
for old, new in {"$OURS": "$SECOND", "127.0.0.1:$RPC": "127.0.0.1:$SECOND_RPC", "127.0.0.1:$GRPC": "127.0.0.1:$grpc"}.items():
    assert old in second, old
    second = second.replace(old, new)
# The relayer pays the gas of inferences here.
assert "max_gas = 100000000" in ours
ours = ours.replace("max_gas = 100000000", "max_gas = 200000000")
open(path, "w").write("[[chains]]\n".join([head, ours, theirs, second]))
PY
    h keys add --chain $SECOND --key-name relayer --mnemonic-file "$WORK/mnemonic" >/dev/null
}

interchain_inference() {
    local model contract channel here answer payer anna price=500000000000000000
    say "7. interchain inference from a second synergyd"
    if [[ -n $RELAYER ]]; then stop_relayer; fi
    [[ -e $TOOLS/contracts/remote_infer.wasm ]] || "$ROOT/scripts/contracts-build.sh"
    second_chain
    model=$(d tx model publish "$ROOT/inference/testdata/skl_mlp.onnx" --bind pixels:0=1 --name digits --from alice \
        --yes -o json | pick 'r["model_id"]')
    s tx wasm store "$TOOLS/contracts/remote_infer.wasm" --from anna --yes --wait -o json >/dev/null
    s tx wasm instantiate 1 '{}' --label remote-infer --no-admin --from anna --yes --wait -o json >/dev/null
    contract=$(s query wasm list-contract-by-code 1 -o json | pick 'r["contracts"][0]')
    h create channel --a-chain $SECOND --b-chain $OURS --a-port "wasm.$contract" --b-port inference --order unordered \
        --channel-version synergy-inference-1 --new-client-connection --yes >"$WORK/create-inference.json" ||
        die "no channel: $(tail -n 3 "$WORK/create-inference.json")"
    here=$(q ibc channels | pick "next(c['channel_id'] for c in r['channels'] if c['port_id'] == 'inference')")
    channel=$(s query wasm contract-state smart "$contract" '{"channels": {}}' -o json | pick "r['data'][0]['id']")
    start_relayer

    python3 -c 'import json; print(json.dumps([[float(i % 16) for i in range(64)]]))' >"$WORK/pixels.json"
    # ask ID CHANGE: sends a request and prints what becomes of it.
    ask() {
        local message end=$((SECONDS + 120)) status
        message=$(python3 - "$model" "$channel" "$2" <<'PY'
import base64, json, struct, sys
data = base64.b64encode(struct.pack("<64f", *[i % 16 for i in range(64)])).decode()
ask = {"channel": sys.argv[2], "model": sys.argv[1], "gas": 100_000_000, "max_price": "0", "timeout": 600,
       "inputs": [{"name": "pixels", "dtype": "f32", "shape": [1, 64], "data": data}]} | json.loads(sys.argv[3])
print(json.dumps({"ask": ask}))
PY
        )
        s tx wasm execute "$contract" "$message" --from anna --yes --wait -o json >/dev/null
        while status=$(s query wasm contract-state smart "$contract" "{\"answer\": {\"id\": $1}}" -o json |
            pick 'json.dumps(r["data"]["status"])'); [[ $status == '"pending"' ]]; do
            ((SECONDS < end)) || die "request $1 has no answer"
            sleep 1
        done
        printf '%s\n' "$status"
    }
    answer=$(ask 1 '{}')
    q aivm infer "$model" --input "pixels=$WORK/pixels.json" >"$WORK/direct.json"
    expect "outputs from the other chain, beside a query here" \
        "$(pick '[(o["name"], o["dtype"], [int(n) for n in o["shape"]], o["data"]) for o in r["answered"]["outputs"]]' <<<"$answer")" \
        "$(pick '[(o["name"], o["dtype"], [int(n) for n in o["shape"]], o["data"]) for o in r["outputs"]]' <"$WORK/direct.json")"
    expect "hash of the record, beside a run without a chain" \
        "$(q aivm record "$(pick 'r["answered"]["record_id"]' <<<"$answer")" | pick '__import__("base64").b64decode(r["record"]["output_hash"]).hex()')" \
        "$(d model run "$ROOT/inference/testdata/skl_mlp.onnx" --bind pixels:0=1 --input "pixels=$WORK/pixels.json" -o json |
            pick 'r["output_hash"].lower()')"
    expect "a model that is not there" "$(ask 2 "{\"model\": \"$(printf '01%.0s' {1..32})\"}")" '{"failed": "modelregistry/2"}'

    d tx model set-terms "$model" --price 0.5snrg --from alice --yes --wait -o json >/dev/null
    expect "a price that nobody pays" "$(ask 3 "{\"max_price\": \"$price\"}")" '{"failed": "sdk/5"}'
    anna=$(s keys show anna -a)
    payer=$(q aivm interchain-payer "$here" "$anna" | pick 'r["address"]')
    d tx bank send alice "$payer" 2snrg --yes --wait -o json >/dev/null
    expect "what was paid" "$(ask 4 "{\"max_price\": \"$price\"}" | pick 'r["answered"]["price"]')" $price
    expect "left at the payer" "$(ours "$payer" asnrg)" 1500000000000000000
    s tx wasm execute "$contract" "{\"withdraw\": {\"channel\": \"$channel\", \"to\": \"$anna\", \"timeout\": 600,
        \"coins\": [{\"denom\": \"asnrg\", \"amount\": \"1500000000000000000\"}]}}" --from anna --yes --wait -o json >/dev/null
    eventually "withdrawn here" 1500000000000000000 120 ours "$anna" asnrg
}
if [[ -n $INFERENCE ]]; then
    interchain_inference
    say "a contract of another chain asked a model here"
    exit
fi

say "2. there and back"
start_relayer
transfer() { dtx alice ibc-transfer transfer transfer channel-0 "$@"; }
transfer "$BOB" 5snrg
eventually "bob has" 5000000000000000000 120 theirs "$BOB" "$SNRG_THERE"
expect "in escrow" "$(ours "$ESCROW" asnrg)" 5000000000000000000
transfer_home() {
    w tx ibc-transfer transfer transfer channel-0 "$ALICE" "$1" --from bob --keyring-backend test \
        --chain-id $THEIRS --node "tcp://127.0.0.1:$PEER_RPC" --gas 400000 --fees 0stake --yes -o json "${@:2}" |
        pick 'r["code"] and sys.exit(r["raw_log"])' >/dev/null
}
transfer_home "2000000000000000000$SNRG_THERE"
eventually "in escrow when a part is home" 3000000000000000000 120 ours "$ESCROW" asnrg
expect "total in escrow" "$(total_escrow)" 3000000000000000000
transfer_home 700stake
eventually "alice has vouchers of theirs" 700 120 ours "$ALICE" "$STAKE_HERE"
expect "their way" "$(q ibc-transfer denom "$STAKE_HERE" | pick 'r["denom"]["trace"][0]["channel_id"]')" channel-0
transfer "$BOB" "700$STAKE_HERE"
eventually "alice's vouchers when they are home" 0 60 ours "$ALICE" "$STAKE_HERE"
eventually "bob has all of his" 1000000000000 120 theirs "$BOB" stake
nothing_pending() {
    local chain
    for chain in $OURS $THEIRS; do
        h query packet pending --chain "$chain" --port transfer --channel channel-0 |
            result "sum(len(r[end]['unreceived_packets']) + len(r[end]['unreceived_acks']) for end in ('src', 'dst'))"
    done | sort -u
}
eventually "pending packets" 0 120 nothing_pending

say "3. timeouts and refunds"
stop_relayer
before=$(ours "$ESCROW" asnrg)
transfer "$BOB" 1snrg --packet-timeout 5
expect "in escrow while nobody relays" "$(ours "$ESCROW" asnrg)" 4000000000000000000
bob_before=$(theirs "$BOB" stake)
transfer_home 50stake --packet-timeout-timestamp 5000000000
sleep 12
start_relayer
eventually "refunded here" "$before" 180 ours "$ESCROW" asnrg
eventually "refunded there" "$bob_before" 180 theirs "$BOB" stake
eventually "pending packets" 0 60 nothing_pending

say "4. a restart clears what came meanwhile"
stop_relayer
for _ in 1 2 3; do transfer "$BOB" 1snrg; done
transfer_home 11stake
start_relayer
eventually "bob has" 6000000000000000000 180 theirs "$BOB" "$SNRG_THERE"
eventually "alice has" 11 180 ours "$ALICE" "$STAKE_HERE"
eventually "pending packets" 0 120 nothing_pending

say "5. $COUNT transfers"
# With alice's key: the relayer's, with which Hermes signs beside this, would have two
# transactions of one sequence number again and again.
pick 'r["mnemonic"]' <"$WORK/alice.json" >"$WORK/alice-mnemonic"
h keys add --chain $OURS --key-name alice --mnemonic-file "$WORK/alice-mnemonic" >/dev/null
send_many() {
    h tx ft-transfer --key-name alice --src-chain $OURS --dst-chain $THEIRS --src-port transfer --src-channel channel-0 --denom asnrg \
        --amount 1000000007 --receiver "$BOB" --timeout-seconds 3600 --number-msgs "$1" | result 'len(r)' >/dev/null
}
began=$SECONDS
for ((left = COUNT; left > 0; left -= 50)); do send_many $((left < 50 ? left : 50)); done
eventually "bob has" $((6000000000000000000 + COUNT * 1000000007)) 1800 theirs "$BOB" "$SNRG_THERE"
eventually "pending packets" 0 600 nothing_pending
say "   $COUNT transfers arrived and were acknowledged in $((SECONDS - began)) s"
expect "escrow beside vouchers" "$(ours "$ESCROW" asnrg)" \
    "$(wq bank total-supply-of "$SNRG_THERE" | pick 'r["amount"]["amount"]')"
expect "total in escrow" "$(total_escrow)" "$(ours "$ESCROW" asnrg)"

GOV=$(q auth module-account gov | pick 'r["account"]["base_account"]["address"]')
# govern NAME: the proposal of $WORK/NAME.json is made and voted for; it passes seconds later.
govern() {
    dtx validator gov submit-proposal "$WORK/$1.json"
    dtx validator gov vote "$(q gov proposals | pick 'max(int(p["id"]) for p in r["proposals"])')" yes
}
# recover CLIENT SUBSTITUTE WHY: governance gives a client the state of another.
recover() {
    cat >"$WORK/recover.json" <<JSON
{"title": "Recover a client", "summary": "$3", "deposit": "100snrg", "messages": [
  {"@type": "/ibc.core.client.v1.MsgRecoverClient", "subject_client_id": "$1",
   "substitute_client_id": "$2", "signer": "$GOV"}]}
JSON
    govern recover
    eventually "$1 after governance" Active 60 status_of "$1"
}

say "6. a client expires, and governance recovers it"
client() { h create client --host-chain $OURS --reference-chain $THEIRS "$@" | result "r['CreateClient']['client_id']"; }
SHORT=$(client --trusting-period 20s)
sleep 25
expect "$SHORT" "$(status_of "$SHORT")" Expired
FRESH=$(client --trusting-period 20days)
recover "$SHORT" "$FRESH" "Nobody updated it"

interchain_inference

height_of() { rpc "127.0.0.1:$1" status 'r["sync_info"]["latest_block_height"]'; }
# refused COMMAND…: codespace and code of a transaction that fails in its block.
refused() { { "$@" --gas 400000 --fees 1snrg --yes --wait 2>&1 || true; } | grep -o 'codespace [a-z]*, code [0-9]*'; }
# both_ways AMOUNT: a transfer there and one of so many stakes here arrive.
both_ways() {
    local bob_before alice_before
    bob_before=$(theirs "$BOB" "$SNRG_THERE") alice_before=$(ours "$ALICE" "$STAKE_HERE")
    transfer "$BOB" 1snrg
    eventually "bob has" "$((bob_before + 1000000000000000000))" 120 theirs "$BOB" "$SNRG_THERE"
    transfer_home "$1stake"
    eventually "alice has" "$((alice_before + $1))" 120 ours "$ALICE" "$STAKE_HERE"
    eventually "pending packets" 0 120 nothing_pending
}

say "8. their chain forks: our client of it is frozen, and recovered"
CLIENT=07-tendermint-0
stop_relayer
# Both ends of the fork have the validator's key and go on from the same block.
stop "$PEER"
cp -r "$WORK/theirs" "$WORK/fork"
start_theirs
read -r FORK_RPC FORK_P2P FORK_GRPC FORK_PPROF < <(free_port 4)
toml_set "$WORK/fork/config/config.toml" rpc.laddr="\"tcp://127.0.0.1:$FORK_RPC\"" \
    p2p.laddr="\"tcp://127.0.0.1:$FORK_P2P\"" rpc.pprof_laddr="\"localhost:$FORK_PPROF\""
toml_set "$WORK/fork/config/app.toml" grpc.address="\"127.0.0.1:$FORK_GRPC\""
"$WASMD" --home "$WORK/fork" start >"$WORK/fork.log" 2>&1 &
FORK=$!
OTHERS+=" $FORK"
wait_height "127.0.0.1:$PEER_RPC" 2 120
wait_height "127.0.0.1:$FORK_RPC" $(($(height_of "$PEER_RPC") + 3)) 120
sed "s/127.0.0.1:$PEER_RPC/127.0.0.1:$FORK_RPC/; s/127.0.0.1:$PEER_GRPC/127.0.0.1:$FORK_GRPC/" \
    "$WORK/hermes.toml" >"$WORK/hermes-fork.toml"
"$HERMES" --config "$WORK/hermes-fork.toml" --json update client --host-chain $OURS --client $CLIENT \
    >"$WORK/fork-update.log" 2>&1 || die "our client does not follow the fork"
expect "$CLIENT when it followed the fork" "$(status_of $CLIENT)" Active
stop "$FORK"
LATEST=$(q ibc clients | pick "next(c['client_state']['latest_height']['revision_height'] for c in r['client_states'] if c['client_id'] == '$CLIENT')")
wait_height "127.0.0.1:$PEER_RPC" $((LATEST + 2)) 120
start_relayer
eventually "$CLIENT when Hermes compared" Frozen 120 status_of $CLIENT
expect "a transfer now" "$(refused d tx ibc-transfer transfer transfer channel-0 "$BOB" 1snrg --from alice)" "codespace client, code 29"
stop_relayer
FRESH=$(client)
recover $CLIENT "$FRESH" "Its chain has forked"
# The fork's header is still one that the client has trusted: a relayer that compares again
# would freeze it again.
sed -i 's/^misbehaviour = true/misbehaviour = false/' "$WORK/hermes.toml"
start_relayer
both_ways 13
stop_relayer

say "9. an upgrade of our chain takes their client along"
NEXT=$(synergyd_next_binary)
AT=$(($(height_of "$RPC") + 40))
wq ibc client state $CLIENT >"$WORK/their-client.json"
q staking params >"$WORK/staking.json"
python3 - "$WORK" "$AT" "$GOV" <<'PY'
import json, sys
work, at, gov = sys.argv[1], int(sys.argv[2]), sys.argv[3]
client = json.load(open(f"{work}/their-client.json"))["client_state"]
client["latest_height"]["revision_height"] = str(at + 1)
client["unbonding_period"] = "2419200s"
params = json.load(open(f"{work}/staking.json"))["params"]
params["unbonding_time"] = "2419200s"
json.dump({"title": "Upgrade", "summary": "Four weeks to unbond", "deposit": "100snrg", "messages": [
    {"@type": "/ibc.core.client.v1.MsgIBCSoftwareUpgrade", "signer": gov, "upgraded_client_state": client,
     "plan": {"name": "next", "height": str(at), "info": ""}},
    {"@type": "/cosmos.staking.v1beta1.MsgUpdateParams", "authority": gov, "params": params}]},
    open(f"{work}/upgrade.json", "w"))
PY
govern upgrade
planned() { q upgrade plan | pick '(r.get("plan") or {}).get("height")'; }
eventually "the upgrade is planned for" "$AT" 60 planned
# Hermes waits for the block before the upgrade, and asks for the proofs 6 seconds later: the
# new program has to serve until then.
h upgrade client --host-chain $THEIRS --client $CLIENT --upgrade-height "$AT" >"$WORK/upgrade-client.json" &
UPGRADING=$!
OTHERS+=" $UPGRADING"
for ((i = 0; i < 600; i++)); do kill -0 "$NODE" 2>/dev/null || break; sleep 0.2; done
kill -0 "$NODE" 2>/dev/null && die "the old program goes on at height $(height_of "$RPC")"
grep -q "UPGRADE \"next\" NEEDED at height: $AT" "$WORK/ours.log" || die "the old program did not say why it stopped"
SYNERGYD=$NEXT
start_ours
wait "$UPGRADING" || die "their client is not upgraded: $(tail -n 3 "$WORK/upgrade-client.json")"
wait_height "127.0.0.1:$RPC" $((AT + 3)) 300
expect "unbonding time that their client knows" \
    "$(wq ibc client state $CLIENT | pick 'r["client_state"]["unbonding_period"]')" 2419200s
start_relayer
both_ways 17

say "10. both chains are sound"
expect "their client of ours" "$(wq ibc client status 07-tendermint-0 | pick 'r["status"]')" Active
say "stock Hermes relays between synergyd and wasmd $WASMD_VERSION"

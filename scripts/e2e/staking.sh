#!/usr/bin/env bash
# Proof of stake on a real CometBFT: three nodes, two of them validators by genesis.
#
#   scripts/e2e/staking.sh [--comet 0.38.25] [--key ed25519] [--keep]
#
# 1. The third node creates a validator and gets voting power.
# 2. It is stopped: its validator is slashed and jailed. It is started and unjailed: its
#    power comes back.
# 3. Rewards and commission are withdrawn, and balances are what the events say.
# 4. Its key signs two votes for one height: slashed, tombstoned, and unjail is refused.
# 5. All three nodes have the same application hash. The state is exported, and a new chain
#    goes on from it with the same validators.
#
# On the way it says how many bytes an empty block has with two and with three signatures.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

KEEP='' KEY=ed25519
while (($#)); do
    case $1 in
        --comet) COMET_VERSION=$2; shift ;;
        --key) KEY=$2; shift ;;
        --keep) KEEP=1 ;;
        *) die "unknown argument $1; see the head of $0" ;;
    esac
    shift
done

need cargo go python3
SYNERGYD_COMETBFT=$("$ROOT/scripts/install-comet.sh" "cometbft@$COMET_VERSION")
export SYNERGYD_COMETBFT
SYNERGYD=$(synergyd_binary)
go_env
DOUBLE_SIGN=$TOOLS/bin/double-sign
CGO_ENABLED=0 go build -C "$ROOT/scripts/e2e/double-sign" -o "$DOUBLE_SIGN" .
# Several nodes on one machine would want one port.
export SYNERGYD_GRPC_ENABLE=false

WORK=$(mktemp -d)
declare -A PID RPC P2P
finish() {
    local failed=$?
    stop "${PID[@]}"
    if [[ $failed != 0 ]]; then tail -n 15 "$WORK"/*.log >&2; fi
    if [[ -n $KEEP || $failed != 0 ]]; then say "kept: $WORK"; else rm -rf "$WORK"; fi
}
trap finish EXIT

CHAIN=synergy-staking-1
d() { local node=$1; shift; "$SYNERGYD" --home "$WORK/$node" "$@"; }
tx() { d one tx "$@" --yes --wait -o json; }
q() { d one query "$@" -o json; }

start_node() {
    # Not by the function above: its subshell would be stopped instead of the node.
    "$SYNERGYD" --home "$WORK/$1" start --with-comet >>"$WORK/$1.log" 2>&1 &
    PID[$1]=$!
}

height() { rpc "${RPC[one]}" status 'r["sync_info"]["latest_block_height"]'; }
wait_blocks() { wait_height "${RPC[one]}" $(($(height) + $1)) 120; }
power() { rpc "${RPC[one]}" validators "sum(int(v['voting_power']) for v in r['validators'] if v['address'] == '$THREE')"; }

# until_power N SECONDS: until the third node's validator has that power.
until_power() {
    local end=$((SECONDS + $2))
    while [[ $(power) != "$1" ]]; do
        ((SECONDS < end)) || die "the third validator has power $(power), not $1"
        sleep 0.3
    done
}

# block_bytes N: size of the newest empty block with N signatures.
block_bytes() {
    local metas='[m["block_size"] for m in r["block_metas"] if m["num_txs"] == "0"]' height size signed tries
    for ((tries = 0; tries < 60; tries++)); do
        height=$(height)
        size=$(rpc "${RPC[one]}" "blockchain?minHeight=$height&maxHeight=$height" "($metas or [''])[0]")
        signed=$(rpc "${RPC[one]}" "block?height=$height" 'sum(s["block_id_flag"] == 2 for s in r["block"]["last_commit"]["signatures"])')
        if [[ -n $size && $signed == "$1" ]]; then say "an empty block with $1 $KEY signatures: $size bytes"; return; fi
        sleep 0.3
    done
    die "no empty block with $1 signatures"
}

# shellcheck disable=SC2207
PORTS=($(free_port 12))
NUMBER=0
for node in one two three; do
    d "$node" init "$node" --chain-id "$CHAIN" --keyring-backend test --no-validator \
        --consensus-key-algo "$KEY" >/dev/null
    RPC[$node]=127.0.0.1:${PORTS[NUMBER]} P2P[$node]=127.0.0.1:${PORTS[NUMBER + 1]}
    d "$node" config set app address "tcp://127.0.0.1:${PORTS[NUMBER + 2]}" >/dev/null
    d "$node" config set app telemetry.address "127.0.0.1:${PORTS[NUMBER + 3]}" >/dev/null
    d "$node" config set client node "tcp://${RPC[$node]}" >/dev/null
    NUMBER=$((NUMBER + 4))
done
d one keys add carol >/dev/null
d one genesis add-genesis-account carol 1000snrg >/dev/null
for node in one two; do
    d one genesis add-validator "$(d "$node" comet show-validator)" --power 60 >/dev/null
done
python3 - "$WORK/one/config/genesis.json" <<'PY'
import json, sys
path = sys.argv[1]
genesis = json.load(open(path))
params = genesis["app_state"]["slashing"]["params"]
params.update(signed_blocks_window="8", downtime_jail_duration="3s", slash_fraction_downtime="0.01")
json.dump(genesis, open(path, "w"), indent=2)
PY
for node in one two three; do
    [[ $node == one ]] || cp "$WORK/one/config/genesis.json" "$WORK/$node/config/"
    PEERS=
    for other in one two three; do
        [[ $other == "$node" ]] || PEERS+=${PEERS:+,}$(d "$other" comet show-node-id)@${P2P[$other]}
    done
    toml_set "$WORK/$node/config/config.toml" rpc.laddr="\"tcp://${RPC[$node]}\"" \
        p2p.laddr="\"tcp://${P2P[$node]}\"" p2p.persistent_peers="\"$PEERS\"" consensus.timeout_commit='"500ms"'
    start_node "$node"
done
THREE=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["address"])' "$WORK/three/config/priv_validator_key.json")
wait_height "${RPC[one]}" 2 600

block_bytes 2

say "1. a validator is created"
cat >"$WORK/validator.json" <<JSON
{"pubkey": $(d three comet show-validator), "amount": "40snrg", "moniker": "three", "commission-rate": "0.1",
 "commission-max-rate": "0.2", "commission-max-change-rate": "0.01", "min-self-delegation": "1"}
JSON
CAROL=$(d one keys show carol --address)
OPERATOR=$(d one keys show carol --bech val --address)
tx staking create-validator "$WORK/validator.json" --from carol >/dev/null
until_power 40 60
expect "its status" "$(q staking validator "$OPERATOR" | pick 'r["validator"]["status"]')" BOND_STATUS_BONDED
expect "type of its key in CometBFT" "$(rpc "${RPC[one]}" validators '[v["pub_key"]["type"] for v in r["validators"] if v["address"] == "'"$THREE"'"][0]')" \
    "$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["pub_key"]["type"])' "$WORK/three/config/priv_validator_key.json")"
block_bytes 3

say "2. it is away, and comes back"
stop "${PID[three]}"
until_power 0 120
expect "jailed" "$(q staking validator "$OPERATOR" | pick 'r["validator"]["jailed"]')" True
expect "slashed to" "$(q staking validator "$OPERATOR" | pick 'r["validator"]["tokens"]')" 39600000000000000000
start_node three
wait_height "${RPC[three]}" "$(height)" 120
sleep 3
tx slashing unjail --from carol >/dev/null
until_power 39 60
wait_blocks 10
expect "still there" "$(power)" 39

say "3. rewards are withdrawn"
BEFORE=$(q bank balance carol asnrg | pick 'r["balance"]["amount"]')
DONE=$(tx distribution withdraw-rewards "$OPERATOR" --commission --from carol --gas 1000000 --fees 0.01snrg)
AFTER=$(q bank balance carol asnrg | pick 'r["balance"]["amount"]')
PAID=$(pick 'sum(int(a["value"].removesuffix("asnrg") or 0) for e in r["events"] if e["type"] in ("withdraw_rewards", "withdraw_commission") for a in e["attributes"] if a["key"] == "amount")' <<<"$DONE")
expect "balance after withdrawing $PAID" "$AFTER" "$(python3 -c "print($BEFORE - 10**16 + $PAID)")"
[[ $PAID != 0 ]] || die "nothing was earned"

say "4. its key signs twice"
HEIGHT=$(($(height) - 1))
"$DOUBLE_SIGN" "${RPC[one]}" "$WORK/three/config/priv_validator_key.json" "$HEIGHT" >/dev/null
until_power 0 60
expect "tombstoned" "$(q slashing signing-info "$(d three comet show-address)" | pick 'r["val_signing_info"]["tombstoned"]')" True
expect "slashed to" "$(q staking validator "$OPERATOR" | pick 'r["validator"]["tokens"]')" 37650000000000000000
sleep 4
if tx slashing unjail --from carol --gas 500000 >"$WORK/unjail" 2>&1; then die "a tombstoned validator was unjailed"; fi
grep -q "tombstoned for signing twice" "$WORK/unjail" || die "unjail failed otherwise: $(cat "$WORK/unjail")"
say "ok: unjail is refused"
wait_blocks 2
HEIGHT=$(height)
wait_height "${RPC[three]}" "$HEIGHT" 60
wait_height "${RPC[two]}" "$HEIGHT" 60
HASH=$(rpc "${RPC[one]}" "commit?height=$HEIGHT" 'r["signed_header"]["header"]["app_hash"]')
for node in two three; do
    expect "app hash of $node" "$(rpc "${RPC[$node]}" "commit?height=$HEIGHT" 'r["signed_header"]["header"]["app_hash"]')" "$HASH"
done

say "5. an export, and a new chain from it"
stop "${PID[@]}"
d one export --output-document "$WORK/export.json"
python3 - "$WORK/export.json" <<'PY'
import json, sys
document = json.load(open(sys.argv[1]))
document["chain_id"] = "synergy-staking-2"
json.dump(document, open(sys.argv[1], "w"))
PY
FIRST=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["initial_height"])' "$WORK/export.json")
for node in one two three; do
    d "$node" comet unsafe-reset-all --yes
    cp "$WORK/export.json" "$WORK/$node/config/genesis.json"
    d "$node" config set client chain-id synergy-staking-2 >/dev/null
    start_node "$node"
done
wait_height "${RPC[one]}" $((FIRST + 2)) 120
expect "voting power on the new chain" "$(rpc "${RPC[one]}" validators '[v["voting_power"] for v in r["validators"]]')" "['60', '60']"
expect "still tombstoned" "$(q slashing signing-info "$(d three comet show-address)" | pick 'r["val_signing_info"]["tombstoned"]')" True
say "all of it holds"

#!/usr/bin/env bash
# A chain of two validators from genesis transactions, grants and a delegation, a third
# validator that joins as docs/validators.md says, an export, and new chains of other names that go on from it: once at the next height, once at
# height 1 with rewards paid out. Everything runs on 127.0.0.1 and real CometBFT.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
need cargo go cc python3
WORK=$(mktemp -d)
PIDS=()
trap 'stop "${PIDS[@]}"; rm -rf "$WORK"' EXIT
export SYNERGYD_CACHE=${SYNERGYD_CACHE:-$TOOLS/cache}
SYNERGYD_COMETBFT=$(scripts/install-comet.sh)
export SYNERGYD_COMETBFT
SYNERGYD=$(synergyd_binary)
# Several nodes on one machine would want one port.
export SYNERGYD_GRPC_ENABLE=false
read -r RPC_A P2P_A ABCI_A METRICS_A RPC_B P2P_B ABCI_B METRICS_B RPC_C P2P_C ABCI_C METRICS_C < <(free_port 12)

node() { local home=$WORK/$1; shift; "$SYNERGYD" --home "$home" "$@"; }
# get NODE EXPRESSION ARGUMENTS…: a Python expression of the JSON r of a query.
get() { local node=$1 expression=$2; shift 2; node "$node" query "$@" -o json | python3 -c "import json, sys; r = json.load(sys.stdin); print($expression)"; }
send() { local node=$1; shift; node "$node" tx "$@" --yes --wait -o json >/dev/null; }
equal() { [[ $1 == "$2" ]] || die "$3: found $1, expected $2"; say "ok: $3"; }

# follow RPC OF: until the node at RPC has the last block of the one at OF.
follow() { wait_height "127.0.0.1:$1" "$(rpc "127.0.0.1:$2" status 'r["sync_info"]["latest_block_height"]')" 120; }

# home NAME CHAIN RPC P2P ABCI METRICS
home() {
    node "$1" init "$1" --chain-id "$2" --keyring-backend test --no-validator >/dev/null
    toml_set "$WORK/$1/config/config.toml" proxy_app="\"tcp://127.0.0.1:$5\"" \
        rpc.laddr="\"tcp://127.0.0.1:$3\"" p2p.laddr="\"tcp://127.0.0.1:$4\"" consensus.timeout_commit='"300ms"'
    node "$1" config set app address "tcp://127.0.0.1:$5" >/dev/null
    node "$1" config set app telemetry.address "127.0.0.1:$6" >/dev/null
    node "$1" config set client node "tcp://127.0.0.1:$3" >/dev/null
}
run() {
    "$SYNERGYD" --home "$WORK/$1" start --with-comet >>"$WORK/$1.log" 2>&1 &
    PIDS+=($!)
}
start() {
    run a
    run b
    wait_height "127.0.0.1:$RPC_A" "$1" 300 || { tail -20 "$WORK"/*.log >&2; die "the chain does not reach height $1"; }
}
halt() { stop "${PIDS[@]}"; wait "${PIDS[@]}" || true; PIDS=(); }

say "two validators sign for the genesis file"
home a synergy-gentx-1 "$RPC_A" "$P2P_A" "$ABCI_A" "$METRICS_A"
home b synergy-gentx-1 "$RPC_B" "$P2P_B" "$ABCI_B" "$METRICS_B"
for name in a b; do node "$name" keys add "$name" -o json >"$WORK/$name.json"; done
A=$(node a keys show a -a) B=$(node b keys show b -a)
VALIDATOR_B=$(node b keys show b -a --bech val)
node a keys add locked -o json >/dev/null
LOCKED=$(node a keys show locked -a)
node a genesis add-genesis-account "$A" 1000snrg
node a genesis add-genesis-account "$B" 1000snrg
node a genesis add-genesis-account "$LOCKED" 50snrg --vesting-amount 40snrg --vesting-end-time 4102444800
cp "$WORK/a/config/genesis.json" "$WORK/b/config/genesis.json"
node a genesis gentx a 300snrg --commission-rate 0.1
node b genesis gentx b 100snrg --moniker bee
if node b genesis gentx b 2000snrg --output-document "$WORK/too-much.json" 2>/dev/null; then die "a stake beyond the balance was signed"; fi
cp "$WORK"/b/config/gentx/*.json "$WORK/a/config/gentx/"
node a genesis collect-gentxs
node a genesis validate
cp "$WORK/a/config/genesis.json" "$WORK/b/config/genesis.json"
grep -q "persistent_peers = \"$(node b comet show-node-id)@127.0.0.1:$P2P_B\"" "$WORK/a/config/config.toml" ||
    die "the other node is not in persistent_peers"
start 3
equal "$(get a 'sorted(v["tokens"][:3] for v in r["validators"])' staking validators --status bonded)" "['100', '300']" \
    "both validators are bonded with their stake"
equal "$(rpc "127.0.0.1:$RPC_A" validators 'sorted(v["voting_power"] for v in r["validators"])')" "['100', '300']" \
    "CometBFT has their voting power"
equal "$(get a 'r["balances"][0]["amount"]' bank spendable-balances "$LOCKED")" 10000000000000000000 \
    "locked coins cannot be spent"

say "a delegation, also of locked coins; grants"
send a staking delegate "$VALIDATOR_B" 20snrg --from a
send a staking delegate "$VALIDATOR_B" 35snrg --from locked
send a feegrant grant a "$B" --spend-limit 1snrg
send a authz grant "$B" send --spend-limit 5snrg --from a
node a tx bank send a "$B" 2snrg --generate-only --gas 300000 >"$WORK/send.json"
follow "$RPC_B" "$RPC_A"
send b authz exec "$WORK/send.json" --from b --fee-granter "$A"
follow "$RPC_A" "$RPC_B"
equal "$(get a 'r["grants"][0]["authorization"]["spend_limit"][0]["amount"]' authz grants "$A" "$B")" \
    3000000000000000000 "an authorization is counted down"
equal "$(get a 'int(r["allowance"]["allowance"]["spend_limit"][0]["amount"]) < 10**18' feegrant grant "$A" "$B")" True \
    "the granter has paid the fee"
equal "$(get a 'r["account"]["base_vesting_account"]["delegated_vesting"][0]["amount"]' auth account "$LOCKED")" \
    35000000000000000000 "locked coins are delegated first"

say "a third validator joins"
home c synergy-gentx-1 "$RPC_C" "$P2P_C" "$ABCI_C" "$METRICS_C"
node c keys add c -o json >/dev/null
cp "$WORK/a/config/genesis.json" "$WORK/c/config/genesis.json"
toml_set "$WORK/c/config/config.toml" p2p.persistent_peers="\"$(node a comet show-node-id)@127.0.0.1:$P2P_A\""
run c
send a bank send a "$(node c keys show c -a)" 50snrg
follow "$RPC_C" "$RPC_A" || { tail -20 "$WORK/c.log" >&2; die "the third node does not catch up"; }
cat >"$WORK/validator.json" <<JSON
{"pubkey": $(node c comet show-validator), "amount": "40snrg", "moniker": "cee", "commission-rate": "0.05",
 "commission-max-rate": "0.2", "commission-max-change-rate": "0.01", "min-self-delegation": "1"}
JSON
send c staking create-validator "$WORK/validator.json" --from c
equal "$(get c 'r["validator"]["description"]["moniker"], r["validator"]["commission"]["commission_rates"]["rate"]' staking validator c)" \
    "cee 0.050000000000000000" "it says what its file says"
HEIGHT=$(rpc "127.0.0.1:$RPC_C" status 'r["sync_info"]["latest_block_height"]')
wait_height "127.0.0.1:$RPC_C" "$((HEIGHT + 3))" 60
equal "$(rpc "127.0.0.1:$RPC_C" status 'r["validator_info"]["voting_power"]')" 40 "it has its voting power"
equal "$(get c 'r["val_signing_info"]["tombstoned"]' slashing signing-info "$(node c comet show-validator)")" False \
    "it is watched for downtime"
send c staking edit-validator --details "joined later" --from c
if send c staking edit-validator --commission-rate 0.5 --from c 2>/dev/null; then die "a commission beyond its limit was taken"; fi
send c distribution withdraw-rewards c --commission --from c

say "export"
halt
node a export --output-document "$WORK/export.json"
node a export --for-zero-height --output-document "$WORK/zero.json"
python3 - "$WORK" <<'PY'
import json, sys
for name, chain in (("export", "synergy-next-1"), ("zero", "synergy-zero-1")):
    path = f"{sys.argv[1]}/{name}.json"
    document = json.load(open(path))
    document["chain_id"] = chain
    json.dump(document, open(path, "w"))
PY
# what FILE: balances and delegations of the file's state, without what blocks change.
what() {
    python3 - "$1" <<'PY'
import json, sys
state = json.load(open(sys.argv[1]))["app_state"]
for d in sorted(state["staking"]["delegations"], key=str):
    print(d["delegator_address"], d["validator_address"], d["shares"])
PY
}
balances() { for address in "$A" "$B" "$LOCKED"; do get a 'r["balances"][0]["amount"]' bank balances "$address"; done; }
file_balances() {
    python3 - "$1" "$A" "$B" "$LOCKED" <<'PY'
import json, sys
held = {b["address"]: b["coins"][0]["amount"] for b in json.load(open(sys.argv[1]))["app_state"]["bank"]["balances"]}
print(*[held[a] for a in sys.argv[2:]], sep="\n")
PY
}

for kind in export zero; do
    say "a new chain from $kind.json"
    for name in a b; do
        node "$name" comet unsafe-reset-all --yes
        cp "$WORK/$kind.json" "$WORK/$name/config/genesis.json"
        node "$name" config set client chain-id "" >/dev/null
    done
    node a genesis validate
    FIRST=$(python3 -c "import json; print(json.load(open('$WORK/$kind.json'))['initial_height'])")
    [[ $kind == zero ]] && equal "$FIRST" 1 "the new chain begins at height 1"
    start "$((FIRST + 2))"
    equal "$(balances)" "$(file_balances "$WORK/$kind.json")" "balances are those of the export"
    halt
    node a export --output-document "$WORK/again.json"
    equal "$(what "$WORK/again.json")" "$(what "$WORK/$kind.json")" "delegations are those of the export"
    start "$((FIRST + 4))"
    send a staking unbond "$VALIDATOR_B" 5snrg --from a
    equal "$(get a 'r["unbond"]["entries"][0]["initial_balance"]' staking unbonding-delegation "$A" "$VALIDATOR_B")" \
        5000000000000000000 "stake can be taken back on the new chain"
    send b distribution withdraw-rewards b --commission --from b
    halt
done
say "passed"

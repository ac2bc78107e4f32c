#!/usr/bin/env bash
# Contract executes per second and CPU per execute, beside wasmd, in one run: the same
# cw20 contract, the same loader, the same CometBFT settings, one validator each.
#
#   scripts/bench/contracts.sh [--txs 6000] [--accounts 200] [--connections 16] [--batch 10]
#                              [--tx-index kv] [--rounds 1] [--only wasmd|synergy]
#                              [--pin] [--keep]
#
# Every transaction is a cw20 transfer to an account that had no tokens. wasmd runs its
# CometBFT in process, synergyd beside one on a unix socket. Counted are transactions
# read back from blocks with code 0. Each asks for 300,000 gas on both chains. --pin pins the code in synergyd's genesis.
# SYNERGYD and LOADER name binaries; else they are built in release.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

TXS=6000 ACCOUNTS=200 CONNECTIONS=16 BATCH=10 TX_INDEX=kv ROUNDS=1 ONLY= PIN= KEEP=
while (($#)); do
    case $1 in
        --txs) TXS=$2 ;;
        --accounts) ACCOUNTS=$2 ;;
        --connections) CONNECTIONS=$2 ;;
        --batch) BATCH=$2 ;;
        --tx-index) TX_INDEX=$2 ;;
        --rounds) ROUNDS=$2 ;;
        --only) ONLY=$2 ;;
        --pin) PIN=1; shift; continue ;;
        --keep) KEEP=1; shift; continue ;;
        *) die "unknown argument $1; see the head of $0" ;;
    esac
    shift 2
done

need cargo go python3
COMET=$("$ROOT/scripts/install-comet.sh" "cometbft@$COMET_VERSION")
LOADER=$(loader_binary)
[[ $ONLY == wasmd ]] || SYNERGYD=$(synergyd_binary)
[[ $ONLY == synergy ]] || WASMD=$("$ROOT/scripts/install-wasmd.sh")
CW20=$TOOLS/contracts/cw20_base.wasm
[[ -e $CW20 ]] || "$ROOT/scripts/contracts-build.sh"
export SYNERGYD_GRPC_ENABLE=false

WORK=$(mktemp -d)
PIDS=()
finish() {
    local failed=$?
    stop "${PIDS[@]}"
    if [[ $failed != 0 ]]; then tail -n 5 "$WORK"/*/*.log >&2; fi
    if [[ -n $KEEP || $failed != 0 ]]; then say "kept: $WORK"; else rm -rf "$WORK"; fi
}
trap finish EXIT

settings() {
    toml_set "$1/config/config.toml" \
        rpc.laddr="\"tcp://127.0.0.1:$RPC\"" p2p.laddr="\"tcp://127.0.0.1:$P2P\"" rpc.pprof_laddr='""' \
        consensus.timeout_commit='"1s"' mempool.size=60000 mempool.cache_size=120000 \
        tx_index.indexer="\"$TX_INDEX\""
}

# cpu PID…: seconds of user and system time of processes.
cpu() {
    local pid
    for pid in "$@"; do cat "/proc/$pid/stat"; done |
        awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); sum += ($12 + $13) / hz } END { print sum }'
}

# token PREFIX: the first message of a cw20 token of which every sender has some.
token() {
    "$LOADER" accounts --accounts "$ACCOUNTS" --prefix "$1" | python3 -c '
import json, sys
balances = [{"address": line.strip(), "amount": "1000000000000"} for line in sys.stdin]
print(json.dumps({"name": "Load", "symbol": "LOAD", "decimals": 6, "initial_balances": balances}))'
}

# retry SECONDS COMMAND…: until it prints something.
retry() {
    local end=$((SECONDS + $1)) out
    shift
    while ((SECONDS < end)); do
        out=$("$@" 2>/dev/null || true)
        [[ -z $out ]] || { printf '%s\n' "$out"; return; }
        sleep 0.5
    done
    die "no answer: $*"
}

# measure NAME PIDS PRESIGN-ARGUMENT…: signs and sends the load.
measure() {
    local name=$1 pids=$2 before
    shift 2
    "$LOADER" --node "127.0.0.1:$RPC" presign --accounts "$ACCOUNTS" --txs "$TXS" --out "$WORK/txs" "$@" >&2
    # shellcheck disable=SC2086
    before=$(cpu $pids)
    "$LOADER" --node "127.0.0.1:$RPC" run --json --connections "$CONNECTIONS" --batch "$BATCH" \
        --txs "$WORK/txs" >"$WORK/report.json"
    # shellcheck disable=SC2086
    python3 - "$name" "$WORK/report.json" "$before" "$(cpu $pids)" "$WORK/results" <<'PY'
import json, sys
name, path, before, after, results = sys.argv[1:]
r = json.load(open(path))
cpu = 1000 * (float(after) - float(before)) / max(r["committed"], 1)
print(f'{name}: {r["tx_per_second"]:.0f} executes/s, {cpu:.2f} ms of CPU each; {r["committed"]} of {r["sent"]} committed '
      f'in {r["seconds"]:.1f} s, {len(r["blocks"])} blocks, {r["bytes_per_tx"]:.0f} bytes a transaction')
for what in ("rejected", "failed"):
    for why, count in r[what].items():
        print(f"    {what}: {count} x {why}")
if r["committed"] != r["sent"]:
    sys.exit(f"{name}: not every transfer was committed")
print(name, r["tx_per_second"], cpu, file=open(results, "a"))
PY
}

run_synergy() {
    local home=$WORK/synergy-$1 sock=$WORK/s$1.sock app node contract
    read -r RPC P2P < <(free_port 2)
    d() { "$SYNERGYD" --home "$home" "$@"; }
    d init bench --chain-id "bench-$1" --keyring-backend test >/dev/null
    d keys add admin >/dev/null 2>&1
    d genesis add-genesis-account admin 1000000snrg >/dev/null 2>&1
    "$LOADER" accounts --accounts "$ACCOUNTS" | while read -r address; do
        d genesis add-genesis-account "$address" 1000snrg >/dev/null 2>&1
    done
    if [[ -n $PIN ]]; then
        python3 - "$home/config/genesis.json" "$CW20" "$(d keys show admin -a)" <<'PY'
import base64, hashlib, json, sys
path, wasm, creator = sys.argv[1], open(sys.argv[2], "rb").read(), sys.argv[3]
genesis = json.load(open(path))
code = {"code_id": "1", "pinned": True, "code_bytes": base64.b64encode(wasm).decode(), "code_info": {
    "code_hash": base64.b64encode(hashlib.sha256(wasm).digest()).decode(), "creator": creator,
    "instantiate_config": {"permission": "Everybody", "addresses": []}}}
genesis["app_state"]["wasm"]["codes"] = [code]
genesis["app_state"]["wasm"]["sequences"] = [{"id_key": base64.b64encode(b"\x04lastCodeId").decode(), "value": "2"}]
json.dump(genesis, open(path, "w"))
PY
    fi
    settings "$home"
    toml_set "$home/config/config.toml" proxy_app="\"unix://$sock\""
    d config set client node "tcp://127.0.0.1:$RPC" >/dev/null
    d config set client chain-id "bench-$1" >/dev/null
    "$SYNERGYD" --home "$home" start --address "unix://$sock" >"$home/app.log" 2>&1 &
    app=$!
    PIDS+=("$app")
    retry 900 bash -c "[[ -S $sock ]] && echo ready" >/dev/null
    "$COMET" start --home "$home" --log_level error >"$home/comet.log" 2>&1 &
    node=$!
    PIDS+=("$node")
    wait_height "127.0.0.1:$RPC" 2 120
    [[ -n $PIN ]] || d tx wasm store "$CW20" --from admin --gas 400000000 --fees 2snrg --yes --wait >/dev/null 2>&1
    d tx wasm instantiate 1 "$(token synergy)" --label load --no-admin \
        --from admin --gas 200000000 --fees 2snrg --yes --wait >/dev/null 2>&1
    contract=$(d query wasm list-contract-by-code 1 -o json | python3 -c 'import json,sys; print(json.load(sys.stdin)["contracts"][0])')
    measure "synergyd${PIN:+, pinned}" "$app $node" --cw20 "$contract" --gas 300000 --fee 1200000000000000
    stop "$node" "$app"
}

run_wasmd() {
    local home=$WORK/wasmd-$1 chain=bench-$1 node contract
    read -r RPC P2P < <(free_port 2)
    w() { "$WASMD" --home "$home" "$@"; }
    w init bench --chain-id "$chain" >/dev/null 2>&1
    w keys add admin --keyring-backend test >/dev/null 2>&1
    w genesis add-genesis-account admin 1000000000000stake --keyring-backend test
    "$LOADER" accounts --accounts "$ACCOUNTS" --prefix wasm | python3 -c '
import json, sys
path, addresses = sys.argv[1], [line.strip() for line in sys.stdin]
genesis = json.load(open(path))
auth, bank = genesis["app_state"]["auth"], genesis["app_state"]["bank"]
for address in addresses:
    auth["accounts"].append({"@type": "/cosmos.auth.v1beta1.BaseAccount", "address": address, "pub_key": None,
                             "account_number": "0", "sequence": "0"})
    bank["balances"].append({"address": address, "coins": [{"denom": "stake", "amount": "1000000"}]})
for coin in bank["supply"]:
    coin["amount"] = str(int(coin["amount"]) + 1000000 * len(addresses))
json.dump(genesis, open(path, "w"))' "$home/config/genesis.json"
    w genesis gentx admin 1000000stake --chain-id "$chain" --keyring-backend test >/dev/null 2>&1
    w genesis collect-gentxs >/dev/null 2>&1
    settings "$home"
    "$WASMD" --home "$home" start --minimum-gas-prices 0stake --grpc.enable=false --api.enable=false --log_level error >"$home/node.log" 2>&1 &
    node=$!
    PIDS+=("$node")
    wait_height "127.0.0.1:$RPC" 2 120
    local common=(--node "tcp://127.0.0.1:$RPC" --chain-id "$chain" --from admin --keyring-backend test -y)
    w tx wasm store "$CW20" "${common[@]}" --gas 50000000 >/dev/null
    retry 60 w query wasm code-info 1 --node "tcp://127.0.0.1:$RPC" >/dev/null
    w tx wasm instantiate 1 "$(token wasm)" --label load --no-admin "${common[@]}" --gas 50000000 >/dev/null
    found() {
        w query wasm list-contract-by-code 1 --node "tcp://127.0.0.1:$RPC" -o json |
            python3 -c 'import json,sys; print(*json.load(sys.stdin)["contracts"])'
    }
    contract=$(retry 60 found)
    measure wasmd "$node" --prefix wasm --denom stake --cw20 "$contract" --gas 300000 --fee 0
    stop "$node"
}

echo "cw20 transfers, $TXS txs, $ACCOUNTS accounts, $CONNECTIONS connections, batches of $BATCH, tx_index $TX_INDEX, $(nproc) cores"
for ((round = 1; round <= ROUNDS; round++)); do
    [[ $ONLY == wasmd ]] || run_synergy "$round"
    [[ $ONLY == synergy ]] || run_wasmd "$round"
done

python3 - "$WORK/results" <<'PY'
import sys
runs = {}
for line in open(sys.argv[1]):
    name, rate, cpu = line.rsplit(maxsplit=2)
    runs.setdefault(name, []).append((float(rate), float(cpu)))
median = {name: [sorted(column)[len(column) // 2] for column in zip(*all)] for name, all in runs.items()}
for name, (rate, cpu) in median.items():
    print(f"median of {len(runs[name])}: {name}: {rate:.0f} executes/s, {cpu:.2f} ms of CPU each")
if len(median) == 2:
    (ours, our_cpu), (theirs, their_cpu) = (median[name] for name in sorted(median))
    print(f"synergyd / wasmd: {ours / theirs:.2f} of the executes, {our_cpu / their_cpu:.2f} of the CPU")
PY

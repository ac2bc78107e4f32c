#!/usr/bin/env bash
# End-to-end throughput: transactions per second that CometBFT commits with synergyd
# behind it, beside CometBFT with its own `abci-cli kvstore`, in one run: same CometBFT
# and settings, unix sockets, same loader, transactions of the same size.
#
#   scripts/bench/tps.sh [--txs 20000] [--accounts 400] [--connections 32] [--batch 10]
#                        [--tx-index kv] [--rounds 1] [--only kvstore|synergy]
#                        [--compare-index] [--comet 0.38.25] [--keep]
#
# Builds synergyd and the loader in release (CARGO_TARGET_DIR is respected). Prints for
# each system tx/s (only transactions read back from blocks with code 0), CPU seconds of
# node, application and loader, and the ratio.
# --tx-index is CometBFT's own index (kv or null). synergyd keeps its index too with
# SYNERGYD_INDEXER_ENABLE=true. --compare-index runs synergyd alone, in each round with
# its own index only, with CometBFT's kv only, with both and with none.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

TXS=20000 ACCOUNTS=400 CONNECTIONS=32 BATCH=10 TX_INDEX=kv ROUNDS=1 ONLY= COMPARE= KEEP= SIZE=300
while (($#)); do
    case $1 in
        --txs) TXS=$2 ;;
        --accounts) ACCOUNTS=$2 ;;
        --connections) CONNECTIONS=$2 ;;
        --batch) BATCH=$2 ;;
        --tx-index) TX_INDEX=$2 ;;
        --rounds) ROUNDS=$2 ;;
        --only) ONLY=$2 ;;
        --comet) COMET_VERSION=$2 ;;
        --compare-index) COMPARE=1 ONLY=synergy; shift; continue ;;
        --keep) KEEP=1; shift; continue ;;
        *) die "unknown argument $1; see the head of $0" ;;
    esac
    shift 2
done

need cargo go python3
COMET=$("$ROOT/scripts/install-comet.sh" "cometbft@$COMET_VERSION")
ABCI_CLI=$("$ROOT/scripts/install-comet.sh" abci-cli)
LOADER=$(loader_binary)
[[ $ONLY == kvstore ]] || SYNERGYD=$(synergyd_binary)
export SYNERGYD_GRPC_ENABLE=false

WORK=$(mktemp -d)
PIDS=()
finish() {
    stop "${PIDS[@]}"
    [[ -n $KEEP ]] && say "kept: $WORK" || rm -rf "$WORK"
}
trap finish EXIT

# Both systems run under CometBFT's defaults and exactly this.
"$COMET" init --home "$WORK/defaults" >/dev/null
settings() {
    toml_set "$1/config/config.toml" \
        proxy_app="\"unix://$2\"" \
        rpc.laddr="\"tcp://127.0.0.1:$3\"" p2p.laddr="\"tcp://127.0.0.1:$4\"" \
        rpc.pprof_laddr='""' \
        consensus.timeout_commit='"1s"' \
        mempool.size=60000 mempool.cache_size=120000 \
        tx_index.indexer="\"$TX_INDEX\""
}

# start_node HOME APP_PID: CometBFT over an application that listens already.
start_node() {
    "$COMET" start --home "$1" --log_level error >"$1/comet.log" 2>&1 &
    NODE_PID=$!
    PIDS+=("$NODE_PID")
    wait_height "127.0.0.1:$RPC_PORT" 2 60 || { tail -20 "$1/comet.log" "$1/app.log" >&2; die "the node did not start"; }
}

wait_socket() {
    local tries
    for ((tries = 0; tries < 300; tries++)); do
        [[ -S $1 ]] && return
        kill -0 "$2" 2>/dev/null || break
        sleep 0.1
    done
    tail -20 "$3" >&2
    die "the application did not open $1"
}

cpu() { # seconds of user and system time of a process
    awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / hz }' "/proc/$1/stat"
}

# measure NAME HOME ARGUMENTS…: one loader run against the running system.
measure() {
    local name=$1 home=$2 node app
    shift 2
    node=$(cpu "$NODE_PID") app=$(cpu "$APP_PID")
    python3 - "$home/report.json" "$LOADER" --node "127.0.0.1:$RPC_PORT" run --json \
        --connections "$CONNECTIONS" --batch "$BATCH" "$@" <<'PY'
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, text=True)
if done.returncode:
    sys.exit(done.returncode)
report = json.loads(done.stdout)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
report["loader_cpu"] = usage.ru_utime + usage.ru_stime
json.dump(report, open(sys.argv[1], "w"))
PY
    python3 - "$name" "$home/report.json" "$node" "$(cpu "$NODE_PID")" "$app" "$(cpu "$APP_PID")" "$WORK/results" <<'PY'
import json, sys
name, path, node0, node1, app0, app1, results = sys.argv[1:]
r = json.load(open(path))
p50 = sorted(l["p50"] for l in r["latency"])[len(r["latency"]) // 2]
p99 = max(l["p99"] for l in r["latency"])
print(f'{name}: {r["tx_per_second"]:.0f} tx/s  {r["committed"]} of {r["sent"]} committed in {r["seconds"]:.2f} s '
      f'(sending took {r["send_seconds"]:.2f} s), {len(r["blocks"])} blocks, {r["bytes_per_tx"]:.0f} bytes a tx')
print(f'    CPU seconds: CometBFT {float(node1) - float(node0):.1f}, application {float(app1) - float(app0):.1f}, '
      f'loader {r["loader_cpu"]:.1f}; request p50 {p50:.1f} ms, p99 {p99:.1f} ms')
print("    blocks: " + " ".join(f'{b["txs"]}/{b["seconds"]:.2f}s' for b in r["blocks"]))
for what in ("rejected", "failed"):
    for why, count in r[what].items():
        print(f"    {what}: {count} x {why}")
if r["twice"]:
    print(f'    COMMITTED TWICE: {r["twice"]}')
print(name, r["tx_per_second"], file=open(results, "a"))
PY
}

stop_system() {
    stop "$NODE_PID" "$APP_PID"
    PIDS=()
}

# run_synergy ROUND [NAME]
run_synergy() {
    local name=${2:-synergyd} home=$WORK/synergy-$1${2:-} sock=$WORK/s$1${2:-}.sock chain=tps-$1
    read -r RPC_PORT P2P_PORT < <(free_port 2)
    export SYNERGYD_SERVING_COMET=tcp://127.0.0.1:$RPC_PORT
    "$SYNERGYD" init bench --chain-id "$chain" --home "$home" >/dev/null
    "$LOADER" accounts --accounts "$ACCOUNTS" --coins 1000000000000000000000asnrg | while read -r address coins; do
        "$SYNERGYD" genesis add-genesis-account "$address" "$coins" --home "$home" >>"$WORK/genesis.log" 2>&1
    done
    cp "$WORK/defaults/config/config.toml" "$home/config/config.toml"
    settings "$home" "$sock" "$RPC_PORT" "$P2P_PORT"
    "$SYNERGYD" start --home "$home" --address "unix://$sock" >"$home/app.log" 2>&1 &
    APP_PID=$!
    PIDS+=("$APP_PID")
    wait_socket "$sock" "$APP_PID" "$home/app.log"
    start_node "$home"
    local signed
    signed=$("$LOADER" --node "127.0.0.1:$RPC_PORT" presign --accounts "$ACCOUNTS" --txs "$TXS" \
        --fee "${FEE:-50000000000000}" --gas "${GAS:-50000}" --out "$home/txs")
    say "$signed"
    SIZE=$(sed -E 's/.*, ([0-9]+) bytes.*/\1/' <<<"$signed")
    measure "$name" "$home" --txs "$home/txs"
    stop_system
    [[ -n $KEEP ]] || rm -rf "$home"
}

run_kvstore() {
    local home=$WORK/kvstore-$1 sock=$WORK/k$1.sock
    read -r RPC_PORT P2P_PORT < <(free_port 2)
    "$COMET" init --home "$home" >/dev/null
    settings "$home" "$sock" "$RPC_PORT" "$P2P_PORT"
    "$ABCI_CLI" kvstore --address "unix://$sock" --persist "$home/kv" --log_level error >"$home/app.log" 2>&1 &
    APP_PID=$!
    PIDS+=("$APP_PID")
    wait_socket "$sock" "$APP_PID" "$home/app.log"
    start_node "$home"
    measure kvstore "$home" --kvstore "$TXS" --size "$SIZE"
    stop_system
}

echo "CometBFT $COMET_VERSION, $TXS txs, $ACCOUNTS accounts, $CONNECTIONS connections, batches of $BATCH, tx_index $TX_INDEX, $(nproc) cores"
for ((round = 1; round <= ROUNDS; round++)); do
    if [[ -n $COMPARE ]]; then
        for way in own kv both none; do
            TX_INDEX=null SYNERGYD_INDEXER_ENABLE=false
            [[ $way == kv || $way == both ]] && TX_INDEX=kv
            [[ $way == own || $way == both ]] && SYNERGYD_INDEXER_ENABLE=true
            export SYNERGYD_INDEXER_ENABLE
            run_synergy "$round" "$way"
        done
        continue
    fi
    [[ $ONLY == kvstore ]] || run_synergy "$round"
    [[ $ONLY == synergy ]] || run_kvstore "$round"
done

python3 - "$WORK/results" <<'PY'
import sys
rates = {}
for line in open(sys.argv[1]):
    name, rate = line.split()
    rates.setdefault(name, []).append(float(rate))
median = {name: sorted(r)[len(r) // 2] for name, r in rates.items()}
for name, rate in median.items():
    print(f"median of {len(rates[name])}: {name} {rate:.0f} tx/s")
if "own" in median:
    print(f"ratio own / kv: {median['own'] / median['kv']:.2f}, own / none: {median['own'] / median['none']:.2f}")
elif len(median) == 2:
    print(f"ratio synergyd / kvstore: {median['synergyd'] / median['kvstore']:.2f}")
PY

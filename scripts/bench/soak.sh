#!/usr/bin/env bash
# Steady load on four validators of this machine, with pruning on.
#
#   scripts/bench/soak.sh [--minutes 30] [--rate 100] [--keep]
#
# Prints, and fails if not so: all nodes have the same application hashes and every recorded
# transaction; memory does not grow from the second third to the last one by more than a
# tenth; the mempool is empty a minute after the load ends. Also prints disk growth per 1,000
# transactions in the second half, by folder. Settings: pruning 100 heights, min-retain-blocks
# and evidence 100 blocks, a snapshot each 50 blocks of which one stays, no CometBFT index, the
# own one of 100 blocks, a cache of 64 MiB.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

MINUTES=30 RATE=100 KEEP=
while (($#)); do
    case $1 in
        --minutes) MINUTES=$2; shift ;;
        --rate) RATE=$2; shift ;;
        --keep) KEEP=1 ;;
        *) die "unknown argument $1; see the head of $0" ;;
    esac
    shift
done

need cargo go python3
SYNERGYD_COMETBFT=$("$ROOT/scripts/install-comet.sh" "cometbft@$COMET_VERSION")
export SYNERGYD_COMETBFT SYNERGYD_CACHE=${SYNERGYD_CACHE:-$TOOLS/cache}
SYNERGYD=$(synergyd_binary)
LOADER=$(loader_binary)
WORK=$(mktemp -d)
PIDS=() HELPERS=()
finish() {
    local failed=$?
    stop "${HELPERS[@]}" "${PIDS[@]}"
    if [[ $failed != 0 ]]; then tail -n 8 "$WORK"/*.log | cut -c1-300 >&2; fi
    if [[ -n $KEEP || $failed != 0 ]]; then say "kept: $WORK"; else rm -rf "$WORK"; fi
}
trap finish EXIT

ACCOUNTS=200
"$LOADER" accounts --accounts "$ACCOUNTS" --coins 1000000000000000000000000 |
    python3 -c 'import json,sys; print(json.dumps([{"address": a, "coins": [{"denom": "asnrg", "amount": c}]} for a, c in map(str.split, sys.stdin)]))' >"$WORK/accounts.json"
"$SYNERGYD" testnet init-files --single-host --starting-port "$(free_port)" --output-dir "$WORK" --genesis-accounts "$WORK/accounts.json" --output json >"$WORK/net.json" 2>/dev/null
RPCS=()
for ((n = 0; n < 4; n++)); do
    HOME_N=$WORK/node$n/synergyd
    RPCS+=("$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["nodes"][int(sys.argv[2])]["rpc"])' "$WORK/net.json" "$n")")
    python3 - "$HOME_N/config/genesis.json" <<'PY'
import json, sys
genesis = json.load(open(sys.argv[1]))
genesis["consensus_params"]["evidence"]["max_age_num_blocks"] = "100"
json.dump(genesis, open(sys.argv[1], "w"), indent=2)
PY
    for setting in "pruning-keep-recent 100" "pruning custom" "min-retain-blocks 100" "indexer.keep-recent 100" "app-db-cache 64" "state-sync.snapshot-interval 50" "state-sync.snapshot-keep-recent 1"; do
        # shellcheck disable=SC2086
        "$SYNERGYD" --home "$HOME_N" config set app $setting >/dev/null
    done
    toml_set "$HOME_N/config/config.toml" tx_index.indexer='"null"'
    "$SYNERGYD" --home "$HOME_N" start --with-comet >"$WORK/node$n.log" 2>&1 &
    PIDS+=($!)
done
wait_height "${RPCS[0]}" 2 900
"$LOADER" --node "${RPCS[0]}" record --list "$WORK/list" 2>"$WORK/record.log" &
HELPERS+=($!)
"$LOADER" --node "${RPCS[1]}" soak --accounts "$ACCOUNTS" --rate "$RATE" --seconds $((MINUTES * 60)) --fee 200000000000000 --gas 200000 >"$WORK/load.log" 2>&1 &
LOAD=$!
HELPERS+=($LOAD)

python3 - "$WORK" "$LOAD" "${PIDS[@]}" <<'PY'
import glob, json, os, sys, time
work, load, pids = sys.argv[1], int(sys.argv[2]), list(map(int, sys.argv[3:]))
def children(pid):
    return list(map(int, open(f"/proc/{pid}/task/{pid}/children").read().split()))
def rss(pid):
    return next(int(l.split()[1]) * 1024 for l in open(f"/proc/{pid}/status") if l.startswith("VmRSS"))
def size(folder):
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            try: total += os.path.getsize(os.path.join(at, name))
            except OSError: pass
    return total
def parts():
    out = {}
    for data in glob.glob(f"{work}/node*/synergyd/data"):
        for entry in os.scandir(data):
            if entry.is_dir(): out[entry.name] = out.get(entry.name, 0) + size(entry.path)
    return out
def alive(pid):
    try: return open(f"/proc/{pid}/stat").read().split()[2] != "Z"
    except OSError: return False
samples, began = [], time.time()
while alive(load):
    if not all(map(alive, pids)): sys.exit("a node has ended")
    txs = sum(" tx " in line for line in open(f"{work}/list")) if os.path.exists(f"{work}/list") else 0
    sample = {"t": time.time() - began, "txs": txs, "app": [rss(p) for p in pids], "comet": [rss(c) for p in pids for c in children(p)], "disk": parts()}
    samples.append(sample)
    time.sleep(10)
json.dump(samples, open(f"{work}/samples.json", "w"))
PY
wait "$LOAD" || die "the load ended early: $(cat "$WORK/load.log")"
cat "$WORK/load.log"
ENDED=$SECONDS
until [[ $(rpc "${RPCS[0]}" num_unconfirmed_txs 'r["total"]') == 0 ]]; do
    ((SECONDS < ENDED + 60)) || die "the mempool is not empty a minute after the load"
    sleep 0.5
done
echo "mempool empty $((SECONDS - ENDED)) s after the load"
HEIGHT=$(rpc "${RPCS[0]}" status 'r["sync_info"]["latest_block_height"]')
for ((n = 0; n < 4; n++)); do
    wait_height "${RPCS[n]}" "$((HEIGHT + 2))" 60
    echo "node$n: app hash after $HEIGHT $(rpc "${RPCS[n]}" "header?height=$((HEIGHT + 1))" 'r["header"]["app_hash"]'), first block $(rpc "${RPCS[n]}" status 'r["sync_info"]["earliest_block_height"]')"
    echo "    $("$LOADER" --node "${RPCS[n]}" survived --list "$WORK/list")"
done
[[ $(for r in "${RPCS[@]}"; do rpc "$r" "header?height=$((HEIGHT + 1))" 'r["header"]["app_hash"]'; done | sort -u | wc -l) == 1 ]] || die "the application hashes differ"
if grep -l "CONSENSUS FAILURE" "$WORK"/node*.log; then die "consensus failed"; fi
python3 - "$WORK/samples.json" "$HEIGHT" <<'PY'
import json, sys
samples, height = json.load(open(sys.argv[1])), int(sys.argv[2])
third, last = len(samples) // 3, samples[-1]
minutes = last["t"] / 60
print(f"{height} blocks, {last['txs']} transactions, {last['txs'] / last['t']:.0f} tx/s over {minutes:.1f} minutes")
failed = []
for who in ("app", "comet"):
    peak = lambda part: max(sum(s[who]) / len(s[who]) for s in part)
    first, middle, end = (peak(samples[i * third:(i + 1) * third]) / 2**20 for i in range(3))
    print(f"memory of {who}, mean of four nodes, peak in each third: {first:.0f}, {middle:.0f}, {end:.0f} MiB")
    if end > middle * 1.1: failed.append(who)
half = samples[len(samples) // 2]
txs = (last["txs"] - half["txs"]) / 1000
print(f"disk of a node in the second half, for each 1,000 of {txs * 1000:.0f} transactions:")
total = 0
for part in sorted(last["disk"]):
    grown = (last["disk"][part] - half["disk"].get(part, 0)) / 4
    total += grown
    print(f"    {part:16} {last['disk'][part] / 4 / 2**20:8.1f} MiB, {grown / txs / 1024:+8.1f} KiB")
print(f"    {'all':16} {sum(last['disk'].values()) / 4 / 2**20:8.1f} MiB, {total / txs / 1024:+8.1f} KiB")
if failed and minutes >= 10: sys.exit(f"memory still grows: {failed}")
PY

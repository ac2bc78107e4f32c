#!/usr/bin/env bash
# How fast a node comes back, and how fast a new one gets there.
#
#   scripts/bench/recovery.sh [--minutes 5] [--keep]
#
# One validator makes blocks as fast as it can for so many minutes, some with transactions.
# Then: the time from its restart to its first new block, and for a new node the time of
# replaying all blocks and of state sync, each to the height that the chain has then.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

MINUTES=5 KEEP=
while (($#)); do
    case $1 in
        --minutes) MINUTES=$2; shift ;;
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
PID=() LOAD=
finish() {
    local failed=$?
    stop ${LOAD:+"$LOAD"} "${PID[@]}"
    if [[ $failed != 0 ]]; then tail -n 8 "$WORK"/*.log | cut -c1-300 >&2; fi
    if [[ -n $KEEP || $failed != 0 ]]; then say "kept: $WORK"; else rm -rf "$WORK"; fi
}
trap finish EXIT

"$LOADER" accounts --accounts 40 --coins 1000000000000000000000000 |
    python3 -c 'import json,sys; print(json.dumps([{"address": a, "coins": [{"denom": "asnrg", "amount": c}]} for a, c in map(str.split, sys.stdin)]))' >"$WORK/accounts.json"
"$SYNERGYD" testnet init-files --v 1 --full-nodes 2 --single-host --starting-port "$(free_port)" --output-dir "$WORK" --genesis-accounts "$WORK/accounts.json" --output json >"$WORK/net.json" 2>/dev/null
rpc_of() { python3 -c 'import json,sys; print(next(n["rpc"] for n in json.load(open(sys.argv[1]))["nodes"] if n["name"] == sys.argv[2]))' "$WORK/net.json" "$1"; }
NODE=$(rpc_of node0)
start() {
    "$SYNERGYD" --home "$WORK/$1/synergyd" start --with-comet --log_level warn >>"$WORK/$1.log" 2>&1 &
    PID+=($!)
}
height() { rpc "$NODE" status 'int(r["sync_info"]["latest_block_height"])'; }
now() { date +%s.%N; }
since() { python3 -c 'import sys,time; print(f"{time.time() - float(sys.argv[1]):.1f} s")' "$1"; }

"$SYNERGYD" --home "$WORK/node0/synergyd" config set app state-sync.snapshot-interval 500 >/dev/null
toml_set "$WORK/node0/synergyd/config/config.toml" consensus.timeout_commit='"0s"' consensus.skip_timeout_commit=true log_level='"error"'
start node0
wait_height "$NODE" 1 900
"$LOADER" --node "$NODE" soak --accounts 40 --rate 20 --fee 200000000000000 --gas 200000 >"$WORK/load.log" 2>&1 &
LOAD=$!
sleep $((MINUTES * 60))
kill "$LOAD"; wait "$LOAD" || true
LOAD=
# At a pace of every day from here on, so that others can catch up with it.
stop "${PID[@]}"
PID=()
toml_set "$WORK/node0/synergyd/config/config.toml" consensus.timeout_commit='"1s"' consensus.skip_timeout_commit=false
BEGAN=$(now)
start node0
until H=$(height 2>/dev/null); do sleep 0.05; done
wait_height "$NODE" $((H + 1)) 120
echo "restart to the first new block at height $H: $(since "$BEGAN")"
for ((i = 0; i < 100; i++)); do
    SNAPSHOT=$("$SYNERGYD" --home "$WORK/node0/synergyd" snapshots list | python3 -c 'import json,sys; print(max(s["height"] for s in json.load(sys.stdin)))') && break || sleep 1
done
for node in full0 full1; do
    if [[ $node == full1 ]]; then
        toml_set "$WORK/$node/synergyd/config/config.toml" statesync.enable=true statesync.trust_height="$SNAPSHOT" \
            statesync.rpc_servers="\"$NODE,$NODE\"" statesync.trust_period='"168h"' statesync.discovery_time='"5s"' \
            statesync.trust_hash="\"$(rpc "$NODE" "block?height=$SNAPSHOT" 'r["block_id"]["hash"]')\""
    fi
    BEGAN=$(now)
    start "$node"
    wait_height "$(rpc_of "$node")" "$(height)" 3600
    FIRST=$(rpc "$(rpc_of "$node")" status 'r["sync_info"]["earliest_block_height"]')
    echo "$([[ $node == full1 ]] && echo "state sync" || echo replay) of a new node to height $(rpc "$(rpc_of "$node")" status 'r["sync_info"]["latest_block_height"]'), first block $FIRST: $(since "$BEGAN")"
done

#!/usr/bin/env bash
# Four validators on this machine as plain processes, for machines without Docker.
#
#   scripts/testnet.sh [start] [--dir DIR] [--v 4] [--full-nodes 0] [--starting-port 26700]
#   scripts/testnet.sh stop|status|clean [NODE…] [--dir DIR]
#   scripts/testnet.sh logs [NODE] [--dir DIR]
#
# The first start installs CometBFT into .tools, builds synergyd and makes the homes below
# .testnet (`synergyd testnet init-files`); a later one goes on with the chain that is there.
# start and stop take names of nodes, such as node2, to lose one and bring it back. clean
# stops all and deletes the folder. Node N has RPC on port 26700+10N, REST on 26705+10N.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"

DIR=$ROOT/.testnet COMMAND=start INIT=() NODES=()
while (($#)); do
    case $1 in
        start | stop | status | logs | clean) COMMAND=$1 ;;
        --dir) DIR=$2; shift ;;
        --v | --full-nodes | --starting-port) INIT+=("$1" "$2"); shift ;;
        -*) die "unknown argument $1; see the head of $0" ;;
        *) NODES+=("$1") ;;
    esac
    shift
done

# nodes: names of those asked for, or of all, from what init-files printed.
nodes() {
    if ((${#NODES[@]})); then printf '%s\n' "${NODES[@]}"; return; fi
    [[ -f $DIR/testnet.json ]] || return 0
    python3 -c 'import json,sys; [print(n["name"]) for n in json.load(open(sys.argv[1]))["nodes"]]' "$DIR/testnet.json"
}
# of NODE FIELD
of() {
    python3 - "$DIR/testnet.json" "$@" <<'PY'
import json, sys
nodes = {n["name"]: n for n in json.load(open(sys.argv[1]))["nodes"]}
print(nodes[sys.argv[2]][sys.argv[3]] if sys.argv[2] in nodes else sys.exit(f"there is no node {sys.argv[2]}: {', '.join(nodes)}"))
PY
}
running() { [[ -f $DIR/$1/pid ]] && kill -0 "$(<"$DIR/$1/pid")" 2>/dev/null; }
stop_nodes() {
    local node pids=()
    for node in $(nodes); do
        if running "$node"; then pids+=("$(<"$DIR/$node/pid")"); fi
        rm -f "$DIR/$node/pid"
    done
    stop "${pids[@]}"
}

case $COMMAND in
    stop) stop_nodes; exit ;;
    clean) NODES=(); stop_nodes; rm -rf "$DIR"; exit ;;
    logs) mapfile -t FILES < <(nodes | sed "s|.*|$DIR/&/log|"); exec tail -n 50 -F "${FILES[@]}" ;;
    status)
        for node in $(nodes); do
            if running "$node"; then
                rpc "$(of "$node" rpc)" status \
                    "'$node height ' + r['sync_info']['latest_block_height'] + ' power ' + r['validator_info']['voting_power']" ||
                    say "$node runs and does not answer"
            else
                echo "$node is stopped"
            fi
        done
        exit
        ;;
esac

need cargo go cc python3
export SYNERGYD_CACHE=${SYNERGYD_CACHE:-$TOOLS/cache}
SYNERGYD_COMETBFT=$(scripts/install-comet.sh)
export SYNERGYD_COMETBFT
say "building synergyd (the first time takes some minutes)"
SYNERGYD=$(synergyd_binary)
if [[ ! -f $DIR/testnet.json ]]; then
    mkdir -p "$DIR"
    "$SYNERGYD" testnet init-files --single-host --output-dir "$DIR" "${INIT[@]}" --output json >"$DIR/testnet.new" 2>/dev/null
    mv "$DIR/testnet.new" "$DIR/testnet.json"
fi
for node in $(nodes); do
    if running "$node"; then say "$node is running already"; continue; fi
    nohup "$SYNERGYD" start --with-comet --home "$(of "$node" home)" >>"$DIR/$node/log" 2>&1 &
    echo $! >"$DIR/$node/pid"
done
say "starting (the AI runtime is compiled for this machine the first time)"
for node in $(nodes); do
    wait_height "$(of "$node" rpc)" 2 900 || { tail -20 "$DIR/$node/log" >&2; die "$node did not start: see $DIR/$node/log"; }
done
"$0" status --dir "$DIR"
FIRST=$(of node0 home)
cat <<TEXT

The testnet runs. Each operator's key is in its node's test keyring, named like the node:
  $SYNERGYD --home $FIRST query staking validators
  $SYNERGYD --home $FIRST tx bank send node0 ADDRESS 1snrg --yes --wait
Lose a validator, and bring it back: $0 stop node3; $0 start node3
Logs: $0 logs; the end: $0 stop
TEXT

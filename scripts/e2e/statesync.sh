#!/usr/bin/env bash
# State sync on a real CometBFT: a node joins a running chain without its blocks.
#
#   scripts/e2e/statesync.sh [--comet 0.38.25] [--keep]
#
# 1. Two nodes take snapshots of a chain with a model, a contract and accounts: the same
#    bytes on both.
# 2. A third one begins with a snapshot from them and follows: the same application
#    hashes, the model gives the same bits, the contract runs; it has no early block.
# 3. A snapshot travels as an archive into an empty home.
# 4. A wrong byte in a snapshot's chunk is noticed.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

KEEP=
while (($#)); do
    case $1 in
        --comet) COMET_VERSION=$2; shift ;;
        --keep) KEEP=1 ;;
        *) die "unknown argument $1; see the head of $0" ;;
    esac
    shift
done

need cargo go python3
SYNERGYD_COMETBFT=$("$ROOT/scripts/install-comet.sh" "cometbft@$COMET_VERSION")
export SYNERGYD_COMETBFT
SYNERGYD=$(synergyd_binary)
# Several nodes on one machine would want one port.
export SYNERGYD_GRPC_ENABLE=false
"$ROOT/scripts/wasm-testdata.sh" >/dev/null
WASM=$TOOLS/wasm/wasmd/hackatom.wasm

WORK=$(mktemp -d)
declare -A PID RPC P2P
finish() {
    local failed=$?
    stop "${PID[@]}"
    if [[ $failed != 0 ]]; then tail -n 15 "$WORK"/*.log >&2; fi
    if [[ -n $KEEP || $failed != 0 ]]; then say "kept: $WORK"; else rm -rf "$WORK"; fi
}
trap finish EXIT

d() { local node=$1; shift; "$SYNERGYD" --home "$WORK/$node" "$@"; }
tx() { d one tx "$@" --yes --wait -o json; }
start_node() {
    "$SYNERGYD" --home "$WORK/$1" start --with-comet >>"$WORK/$1.log" 2>&1 &
    PID[$1]=$!
}
height() { rpc "${RPC[$1]}" status 'r["sync_info"]["latest_block_height"]'; }
hash_at() { rpc "${RPC[$1]}" "block?height=$2" 'r["block"]["header"]["app_hash"]'; }

# shellcheck disable=SC2207
PORTS=($(free_port 12))
NUMBER=0
for node in one two three; do
    FLAGS=(--no-validator)
    [[ $node == one ]] && FLAGS=()
    d "$node" init "$node" --chain-id synergy-sync-1 --keyring-backend test "${FLAGS[@]}" >/dev/null
    RPC[$node]=127.0.0.1:${PORTS[NUMBER]} P2P[$node]=127.0.0.1:${PORTS[NUMBER + 1]}
    d "$node" config set app address "tcp://127.0.0.1:${PORTS[NUMBER + 2]}" >/dev/null
    d "$node" config set app telemetry.address "127.0.0.1:${PORTS[NUMBER + 3]}" >/dev/null
    d "$node" config set app state-sync.snapshot-interval 10 >/dev/null
    # Blocks are fast here: the newest two would be gone before they are fetched.
    d "$node" config set app state-sync.snapshot-keep-recent 0 >/dev/null
    d "$node" config set client node "tcp://${RPC[$node]}" >/dev/null
    NUMBER=$((NUMBER + 4))
done
d one keys add carol >/dev/null
d one genesis add-genesis-account carol 1000snrg >/dev/null
for node in one two three; do
    [[ $node == one ]] || cp "$WORK/one/config/genesis.json" "$WORK/$node/config/"
    PEERS=
    for other in one two; do
        [[ $other == "$node" ]] || PEERS+=${PEERS:+,}$(d "$other" comet show-node-id)@${P2P[$other]}
    done
    toml_set "$WORK/$node/config/config.toml" rpc.laddr="\"tcp://${RPC[$node]}\"" \
        p2p.laddr="\"tcp://${P2P[$node]}\"" p2p.persistent_peers="\"$PEERS\"" consensus.timeout_commit='"300ms"'
done
start_node one
start_node two
wait_height "${RPC[one]}" 1 600

say "1. a model, a contract, and snapshots of them"
MODEL=$(d one tx model publish "$ROOT/inference/testdata/magika.onnx" --name magika --bind unk__214=1 --from carol --yes -o json | pick 'r["model_id"]')
python3 "$ROOT/scripts/magika.py" input "$ROOT/scripts/localnet.sh" "$WORK/input.bin"
INPUT="bytes=@$WORK/input.bin:i32:1x2048"
CAROL=$(d one keys show carol -a)
tx wasm store "$WASM" --from carol --gas auto | pick 'r["code"]' >/dev/null
CONTRACT=$(tx wasm instantiate 1 "{\"verifier\":\"$CAROL\",\"beneficiary\":\"$CAROL\"}" --label h --no-admin --from carol --gas auto |
    pick '[a["value"] for e in r["events"] if e["type"] == "instantiate" for a in e["attributes"] if a["key"] == "_contract_address"][0]')
expect "code of the contract's creation" "$(d one query wasm contract "$CONTRACT" -o json | pick 'r["contract_info"]["code_id"]')" 1
SYNCED=$((($(height one) / 10 + 1) * 10))
wait_height "${RPC[one]}" $((SYNCED + 4)) 120
wait_height "${RPC[two]}" $((SYNCED + 4)) 120
snapshot() { d "$1" snapshots list | pick "[s['hash'] for s in r if s['height'] == $SYNCED][0]"; }
for ((i = 0; i < 100; i++)); do snapshot one &>/dev/null && snapshot two &>/dev/null && break || sleep 0.1; done
expect "the two nodes' snapshots of height $SYNCED" "$(snapshot two)" "$(snapshot one)"

say "2. a node begins with one of them"
toml_set "$WORK/three/config/config.toml" statesync.enable=true statesync.rpc_servers="\"${RPC[one]},${RPC[two]}\"" \
    statesync.trust_height=2 statesync.trust_hash="\"$(rpc "${RPC[one]}" 'block?height=2' 'r["block_id"]["hash"]')\"" \
    statesync.trust_period='"168h"' statesync.discovery_time='"5s"'
start_node three
wait_height "${RPC[three]}" $((SYNCED + 5)) 300
FIRST=$(rpc "${RPC[three]}" status 'r["sync_info"]["earliest_block_height"]')
((FIRST >= SYNCED)) || die "the third node has block $FIRST: it replayed the chain"
say "ok: the third node's first block is $FIRST"
grep -q "state restored from a snapshot" "$WORK/three.log" || die "no restore in the third node's log"
LAST=$(height three)
expect "application hash of height $LAST" "$(hash_at three "$LAST")" "$(hash_at one "$LAST")"
out() { d "$1" query aivm infer "$MODEL" --input "$INPUT" -o json | pick '(r["output_hash"], r["gas"])'; }
expect "the model's bits and gas on the new node" "$(out three)" "$(out one)"
ask() { d "$1" query wasm contract-state smart "$CONTRACT" '{"verifier":{}}' -o json | pick 'r'; }
expect "the contract's answer on the new node" "$(ask three)" "$(ask one)"
expect "code of a contract executed after the sync" \
    "$(tx wasm execute "$CONTRACT" '{"release":{}}' --from carol --gas auto | pick 'r["code"]')" 0
wait_height "${RPC[three]}" $(($(height one) + 1)) 60
LAST=$(height three)
expect "application hash after it" "$(hash_at three "$LAST")" "$(hash_at one "$LAST")"

say "3. an archive"
d one snapshots dump "$SYNCED" --output "$WORK/s.tar.gz" >/dev/null
d four init four --chain-id synergy-sync-1 --keyring-backend test >/dev/null
d four snapshots load "$WORK/s.tar.gz" >/dev/null
APP_HASH=$(hash_at one $((SYNCED + 1)))
RESTORED=$(d four snapshots restore "$SYNCED")
[[ $RESTORED == *"height $SYNCED, app hash $APP_HASH"* ]] || die "restored something else: $RESTORED"
say "ok: $RESTORED"

say "4. a wrong chunk"
rm -rf "$WORK/four/data/application.db"
python3 - "$WORK/four/data/snapshots/$SYNCED/0" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[len(data) // 2] ^= 1
open(sys.argv[1], "wb").write(data)
PY
if d four snapshots restore "$SYNCED" 2>"$WORK/wrong.txt"; then die "a wrong chunk was restored"; fi
grep -q "chunk 0" "$WORK/wrong.txt" || die "unclear message: $(cat "$WORK/wrong.txt")"
say "ok: $(cat "$WORK/wrong.txt")"
say "state sync passed"

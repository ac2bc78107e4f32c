#!/usr/bin/env bash
# The node's own index of transactions on a real CometBFT whose tx_index is off: kills
# both programs under load and looks whether the index has every transaction once.
#
#   scripts/e2e/indexer.sh [--rounds 20] [--seed 1] [--rate 200] [--accounts 50] [--keep]
#
# 1. ROUNDS times at a random moment: kill -9 of CometBFT, both, or synergyd, in turn.
# 2. The load ends. Every block's transactions, with results and events, as CometBFT's
#    block and block_results give them, are compared with what GetTxsEvent answers for
#    that height over REST; totals by event and by account with counts over all blocks.
# 3. `query tx`, `query txs`, `tx --wait` and `status` work without CometBFT's index.
# 4. The index is deleted and comes back whole; with keep-recent it holds the newest heights.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

ROUNDS=20 SEED=1 RATE=200 ACCOUNTS=50 KEEP=
while (($#)); do
    case $1 in
        --rounds) ROUNDS=$2 ;;
        --seed) SEED=$2 ;;
        --rate) RATE=$2 ;;
        --accounts) ACCOUNTS=$2 ;;
        --keep) KEEP=1; shift; continue ;;
        *) die "unknown argument $1; see the head of $0" ;;
    esac
    shift 2
done

need cargo go python3
COMET=$("$ROOT/scripts/install-comet.sh" "cometbft@$COMET_VERSION")
LOADER=$(loader_binary)
SYNERGYD=$(synergyd_binary)
export SYNERGYD_GRPC_ENABLE=false

WORK=$(mktemp -d)
HOME_DIR=$WORK/home SOCK=$WORK/abci.sock
APP_PID= NODE_PID= LOAD_PID=
finish() {
    local failed=$?
    [[ -n $LOAD_PID ]] && kill "$LOAD_PID" 2>/dev/null
    [[ -n $NODE_PID ]] && stop "$NODE_PID"
    [[ -n $APP_PID ]] && stop "$APP_PID"
    if [[ -n $KEEP || $failed != 0 ]]; then say "kept: $WORK"; else rm -rf "$WORK"; fi
}
trap finish EXIT
step() { printf -- '--- %s\n' "$*" >&2; }
fail() {
    say "--- synergyd"; tail -15 "$WORK/app.log" >&2 || true
    say "--- cometbft"; tail -15 "$WORK/comet.log" >&2 || true
    die "$*"
}
alive() { [[ -n $1 ]] && kill -0 "$1" 2>/dev/null; }

start_app() {
    "$SYNERGYD" start --home "$HOME_DIR" --address "unix://$SOCK" >>"$WORK/app.log" 2>&1 &
    APP_PID=$!
    local tries
    for ((tries = 0; tries < 1200; tries++)); do
        if python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$SOCK" 2>/dev/null; then
            return
        fi
        alive "$APP_PID" || fail "synergyd ended while starting"
        sleep 0.1
    done
    fail "synergyd did not open its socket"
}
start_node() {
    "$COMET" start --home "$HOME_DIR" --log_level error >>"$WORK/comet.log" 2>&1 &
    NODE_PID=$!
}
crash() { # PID…
    local pid
    kill -9 "$@"
    for pid in "$@"; do { wait "$pid"; } 2>/dev/null || true; done
}
stop_all() {
    stop "$NODE_PID" "$APP_PID"
    for pid in "$NODE_PID" "$APP_PID"; do { wait "$pid"; } 2>/dev/null || true; done
}
height() { rpc "$NODE" status 'r["sync_info"]["latest_block_height"]'; }
cli() { "$SYNERGYD" "$@" --home "$HOME_DIR" --node "tcp://$NODE"; }
refused() { # WORDS ARGUMENT…: the command fails and says WORDS
    local words=$1
    shift
    cli "$@" >"$WORK/refusal" 2>&1 && die "synergyd $* succeeds"
    grep -q "$words" "$WORK/refusal" || die "synergyd $* says: $(<"$WORK/refusal")"
}

# until_indexed: both programs answer, and the index has what the application has committed.
until_indexed() {
    python3 - "$NODE" "$REST" <<'PY'
import base64, json, sys, time, urllib.request
def get(address):
    return json.load(urllib.request.urlopen(f"http://{address}", timeout=10))
end, seen = time.time() + 240, "nothing answers"
while time.time() < end:
    try:
        get(f"127.0.0.1:{sys.argv[2]}/cosmos/base/node/v1beta1/status")
        head = int(get(f"{sys.argv[1]}/status")["result"]["sync_info"]["latest_block_height"])
        state = json.loads(base64.b64decode(get(f'{sys.argv[1]}/abci_query?path="/app/index"')["result"]["response"]["value"]))
        if int(state["last"]) >= head > 0:
            sys.exit()
        seen = f"the index is at {state}, the chain at {head}"
    except OSError as error:  # Not up yet.
        seen = error
    time.sleep(0.3)
sys.exit(str(seen))
PY
}

# compare FIRST: every block from FIRST on against CometBFT.
compare() {
    python3 - "$NODE" "$REST" "$1" <<'PY'
import base64, collections, hashlib, json, sys, urllib.parse, urllib.request
node, rest, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
def rpc(path):
    return json.load(urllib.request.urlopen(f"http://{node}/{path}", timeout=30))["result"]
def search(query, page=1, limit=100, order=""):
    q = urllib.parse.urlencode({"query": query, "page": page, "limit": limit, "order_by": order or "ORDER_BY_ASC"})
    return json.load(urllib.request.urlopen(f"http://127.0.0.1:{rest}/cosmos/tx/v1beta1/txs?{q}", timeout=60))
def events(result):
    return [(e["type"], [(a["key"], a["value"]) for a in e["attributes"]]) for e in result["events"]]
head = int(rpc("status")["sync_info"]["latest_block_height"]) - 1
total, accounts, fees, hashes = 0, collections.Counter(), collections.Counter(), []
for height in range(first, head + 1):
    block, results = rpc(f"block?height={height}"), rpc(f"block_results?height={height}")
    txs = block["block"]["data"]["txs"] or []
    wanted = [(hashlib.sha256(base64.b64decode(tx)).hexdigest().upper(), r["code"], r["gas_used"], events(r))
              for tx, r in zip(txs, results["txs_results"] or [], strict=True)]
    found, page = [], 1
    while True:
        answer = search(f"tx.height={height}", page)
        found += [(t["txhash"], t["code"], t["gas_used"], events(t)) for t in answer["tx_responses"]]
        assert int(answer["total"]) == len(wanted), (height, answer["total"], len(wanted))
        assert all(t["height"] == str(height) for t in answer["tx_responses"])
        page += 1
        if len(found) >= len(wanted) or not answer["tx_responses"]:
            break
    assert found == wanted, f"height {height}: {len(found)} indexed, {len(wanted)} in the block"
    total += len(wanted)
    hashes += [w[0] for w in wanted]
    for *_, list_ in wanted:
        accounts.update({v.split("/")[0] for _, attributes in list_ for _, v in attributes if v.startswith("synergy1")})
        fees.update({v for kind, attributes in list_ for k, v in attributes if (kind, k) == ("tx", "fee_payer")})
assert len(set(hashes)) == len(hashes) == total > 0, "a block has a transaction twice"
bound = f" AND tx.height>={first} AND tx.height<={head}"
assert int(search(f"tx.height>={first} AND tx.height<={head}", limit=1)["total"]) == total
for address, count in accounts.items():
    assert int(search(f"tx.account='{address}'" + bound, limit=1)["total"]) == count, address
for address, count in fees.items():
    assert int(search(f"tx.fee_payer='{address}'" + bound, limit=1)["total"]) == count, address
for tx in hashes[:: max(1, len(hashes) // 50)]:
    answer = json.load(urllib.request.urlopen(f"http://127.0.0.1:{rest}/cosmos/tx/v1beta1/txs/{tx}", timeout=30))
    assert answer["tx_response"]["txhash"] == tx
newest = search("message.action EXISTS" + bound, limit=3, order="ORDER_BY_DESC")["tx_responses"]
assert [int(t["height"]) for t in newest] == sorted((int(t["height"]) for t in newest), reverse=True)
print(f"heights {first} to {head}: {total} transactions of {len(accounts)} accounts, each in the index once, with its result and events")
PY
}

read -r RPC_PORT P2P_PORT REST < <(free_port 3)
NODE=127.0.0.1:$RPC_PORT
"$SYNERGYD" init index --chain-id index-1 --home "$HOME_DIR" --keyring-backend test >/dev/null
"$LOADER" accounts --accounts "$ACCOUNTS" --coins 1000000000000000000000asnrg | while read -r address coins; do
    "$SYNERGYD" genesis add-genesis-account "$address" "$coins" --home "$HOME_DIR" >/dev/null 2>&1
done
"$SYNERGYD" keys add alice --home "$HOME_DIR" -o json >/dev/null
ALICE=$("$SYNERGYD" keys show alice -a --home "$HOME_DIR")
"$SYNERGYD" genesis add-genesis-account "$ALICE" 100snrg --home "$HOME_DIR" >/dev/null
toml_set "$HOME_DIR/config/config.toml" proxy_app="\"unix://$SOCK\"" \
    rpc.laddr="\"tcp://$NODE\"" p2p.laddr="\"tcp://127.0.0.1:$P2P_PORT\"" rpc.pprof_laddr='""' \
    consensus.timeout_commit='"200ms"' tx_index.indexer='"null"'
toml_set "$HOME_DIR/config/app.toml" serving.comet="\"tcp://$NODE\"" api.enable=true indexer.enable=true \
    api.address="\"tcp://127.0.0.1:$REST\"" telemetry.enabled=false
start_app
start_node
wait_height "$NODE" 2 120 || fail "the chain did not start"
"$LOADER" --node "$NODE" soak --accounts "$ACCOUNTS" --rate "$RATE" \
    --fee "${FEE:-200000000000000}" --gas "${GAS:-200000}" >"$WORK/load.log" 2>&1 &
LOAD_PID=$!

step "$ROUNDS kills under load (seed $SEED)"
RANDOM=$SEED
for ((round = 1; round <= ROUNDS; round++)); do
    pause=$((RANDOM % 3000)) victim=$((round % 3))
    sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
    before=$(height)
    case $victim in
        0) who=synergyd; crash "$APP_PID"; for ((i = 0; i < 200; i++)); do alive "$NODE_PID" || break; sleep 0.1; done
           alive "$NODE_PID" && crash "$NODE_PID" ;;
        1) who=cometbft; crash "$NODE_PID" ;;
        2) who=both; crash "$APP_PID" "$NODE_PID" ;;
    esac
    alive "$APP_PID" || start_app
    start_node
    wait_height "$NODE" $((before + 3)) 120 || fail "round $round: the chain did not go on after height $before"
    say "round $round: $who killed at height $before, at $(height) again"
done
kill "$LOAD_PID" && { wait "$LOAD_PID"; } 2>/dev/null || true
LOAD_PID=
until_indexed || fail "the index does not catch up"

step "the index against CometBFT's blocks and results"
compare 1 || fail "the index differs"

step "the command line without CometBFT's index"
HASH=$(cli tx bank send alice "$ALICE" 1snrg --yes --wait -o json --keyring-backend test | python3 -c 'import json,sys; print(json.load(sys.stdin)["txhash"])')
cli query tx "$HASH" -o json | grep -q "MsgSend" || die "query tx does not show the transaction"
[[ $(cli query txs --query "tx.account='$ALICE'" --order-by desc -o json | python3 -c 'import json,sys; r=json.load(sys.stdin); print(r["total_count"], r["txs"][0]["txhash"])') == "1 $HASH" ]] || die "query txs"
refused "no block has transaction" query tx "$(printf 0%.0s {1..64})"
refused "after nonsense comes" query txs --query "nonsense"
cli status -o json 2>"$WORK/warnings" >"$WORK/status"
grep -q "tx_index is off" "$WORK/warnings" || die "status does not warn"
grep -q '"indexer":{"behind":' "$WORK/status" || die "status does not tell of the index"

step "the index deleted while the node stands: it is made anew from CometBFT"
stop_all
rm -r "$HOME_DIR/data/indexer"
start_app; start_node
until_indexed || fail "the index does not come back"
compare 1 || fail "the index made anew differs"

step "keep-recent: the newest heights only"
stop_all
toml_set "$HOME_DIR/config/app.toml" indexer.keep-recent=20
start_app; start_node
until_indexed || fail "the index does not go on"
for ((i = 0; i < 600; i++)); do
    state=$(rpc "$NODE" 'abci_query?path="/app/index"' '__import__("base64").b64decode(r["response"]["value"]).decode()')
    kept=$(python3 -c 'import json,sys; s=json.loads(sys.argv[1]); print(int(s["last"]) - int(s["first"]) + 1)' "$state")
    ((kept <= 21)) && break
    sleep 0.2
done
((kept <= 21)) || die "the index holds $kept heights: $state"
printf '%s kills: the index had every transaction once (seed %s)\n' "$ROUNDS" "$SEED"

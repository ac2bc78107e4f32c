#!/usr/bin/env bash
# Crashes a one-validator chain under load and looks whether it comes back whole.
#
#   scripts/e2e/crash.sh [--rounds 20] [--fail-points 12] [--seed 1] [--rate 300]
#                        [--accounts 50] [--comet 0.38.25] [--keep]
#
# 1. ROUNDS times at a random moment: kill -9 of synergyd, of CometBFT, or of both.
# 2. For each of CometBFT's own crash points 0..FAIL_POINTS-1 (environment variable
#    FAIL_TEST_INDEX, in every stock build; a block of one validator passes about 11):
#    CometBFT ends there, once with synergyd going on and once with synergyd killed.
# After each crash what is dead is started again and must reach new heights, blocks seen
# before must be unchanged, and the application's hash must be the next header's.
# 3. The load is stopped and every account's balance and sequence compared with what all
#    blocks say; none may be applied twice.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

ROUNDS=20 FAIL_POINTS=12 SEED=1 RATE=300 ACCOUNTS=50 KEEP=
while (($#)); do
    case $1 in
        --rounds) ROUNDS=$2 ;;
        --fail-points) FAIL_POINTS=$2 ;;
        --seed) SEED=$2 ;;
        --rate) RATE=$2 ;;
        --accounts) ACCOUNTS=$2 ;;
        --comet) COMET_VERSION=$2 ;;
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

BALANCE=1000000000000000000000
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
    for ((tries = 0; tries < 600; tries++)); do
        # A killed application leaves the socket's file, so its age is no sign.
        if python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$SOCK" 2>/dev/null; then
            return
        fi
        alive "$APP_PID" || fail "synergyd ended while starting"
        sleep 0.1
    done
    fail "synergyd did not open its socket"
}

start_node() { # [NAME=VALUE…] for its environment
    env "$@" "$COMET" start --home "$HOME_DIR" --log_level error >>"$WORK/comet.log" 2>&1 &
    NODE_PID=$!
}

# crash PID…
crash() {
    local pid
    kill -9 "$@"
    # Waiting with stderr closed keeps the shell from reporting each.
    for pid in "$@"; do { wait "$pid"; } 2>/dev/null || true; done
}

# until_dead PID SECONDS: CometBFT ends itself when the application is gone.
until_dead() {
    local tries
    for ((tries = 0; tries < $2 * 10; tries++)); do
        alive "$1" || return 0
        sleep 0.1
    done
    return 1
}

height() { rpc "$NODE" status 'r["sync_info"]["latest_block_height"]'; }
block_hash() { rpc "$NODE" "block?height=$1" 'r["block_id"]["hash"]'; }

# The application's hash after its last height must be the next block's header's.
same_app_hash() {
    local app_height app_hash header
    read -r app_height app_hash < <(rpc "$NODE" abci_info \
        'r["response"].get("last_block_height", "0") + " " + __import__("base64").b64decode(r["response"].get("last_block_app_hash", "")).hex().upper()')
    wait_height "$NODE" $((app_height + 1)) 30 || return 1
    header=$(rpc "$NODE" "block?height=$((app_height + 1))" 'r["block"]["header"]["app_hash"]')
    [[ $header == "$app_hash" ]] || { say "height $app_height: application $app_hash, header $header"; return 1; }
}

ROWS=$WORK/rows
row() { printf '%-22s %-16s %8s %8s %8s %7s\n' "$@" | tee -a "$ROWS"; }

# recover WHAT WHO HEIGHT HASH: restarts what is dead and checks.
recover() {
    local started=$SECONDS before=$3 after
    alive "$APP_PID" || start_app
    alive "$NODE_PID" || start_node
    wait_height "$NODE" $((before + 3)) 60 || fail "$1: the chain did not go on after height $before"
    alive "$APP_PID" || fail "$1: synergyd ended by itself"
    [[ $(block_hash "$before") == "$4" ]] || fail "$1: block $before is another one now"
    same_app_hash || fail "$1: app hash differs"
    after=$(height)
    row "$1" "$2" "$before" "$after" "$((SECONDS - started)) s" ok
}

# A chain on the usual ports may run beside this.
read -r RPC_PORT P2P_PORT METRICS_PORT < <(free_port 3)
export SYNERGYD_TELEMETRY_ADDRESS=127.0.0.1:$METRICS_PORT SYNERGYD_GRPC_ENABLE=false
NODE=127.0.0.1:$RPC_PORT
"$SYNERGYD" init crash --chain-id crash-1 --home "$HOME_DIR" >/dev/null
"$LOADER" accounts --accounts "$ACCOUNTS" --coins "${BALANCE}asnrg" | while read -r address coins; do
    "$SYNERGYD" genesis add-genesis-account "$address" "$coins" --home "$HOME_DIR" >/dev/null
done
toml_set "$HOME_DIR/config/config.toml" proxy_app="\"unix://$SOCK\"" \
    rpc.laddr="\"tcp://$NODE\"" p2p.laddr="\"tcp://127.0.0.1:$P2P_PORT\"" rpc.pprof_laddr='""' \
    consensus.timeout_commit='"200ms"'
start_app
start_node
wait_height "$NODE" 2 60 || fail "the chain did not start"
"$LOADER" --node "$NODE" soak --accounts "$ACCOUNTS" --rate "$RATE" \
    --fee "${FEE:-200000000000000}" --gas "${GAS:-200000}" >"$WORK/load.log" 2>&1 &
LOAD_PID=$!
# Every round must hit a chain that carries load.
for ((tries = 0; tries < 100; tries++)); do
    (($(rpc "$NODE" status 'r["sync_info"]["latest_block_height"]') > 5)) && break
    sleep 0.2
done
at=$(height)
txs=$(rpc "$NODE" "blockchain?minHeight=2&maxHeight=$at" 'sum(int(m["num_txs"]) for m in r["block_metas"])')
((txs > 0)) || { cat "$WORK/load.log" >&2; fail "the load does not get into blocks"; }

RANDOM=$SEED
row crash dead before after recovered result
for ((round = 1; round <= ROUNDS; round++)); do
    pause=$((RANDOM % 3000))
    victim=$((RANDOM % 3))
    sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
    before=$(height) hash=$(block_hash "$before")
    case $victim in
        0) who=synergyd; crash "$APP_PID"; until_dead "$NODE_PID" 20 || crash "$NODE_PID" ;;
        1) who=cometbft; crash "$NODE_PID" ;;
        2) who=both; crash "$APP_PID" "$NODE_PID" ;;
    esac
    recover "round $round +${pause}ms" "$who" "$before" "$hash"
done

for who in cometbft both; do
    for ((index = 0; index < FAIL_POINTS; index++)); do
        before=$(height) hash=$(block_hash "$before")
        crash "$NODE_PID"
        start_node FAIL_TEST_INDEX="$index"
        until_dead "$NODE_PID" 60 || fail "FAIL_TEST_INDEX=$index did not end CometBFT"
        tail -50 "$WORK/comet.log" | grep -q "fail-test $index " || fail "CometBFT ended for another reason than point $index"
        [[ $who == cometbft ]] || crash "$APP_PID"
        recover "FAIL_TEST_INDEX=$index" "$who" "$before" "$hash"
    done
done

kill "$LOAD_PID" && wait "$LOAD_PID" 2>/dev/null || true
LOAD_PID=
"$LOADER" --node "$NODE" verify --accounts "$ACCOUNTS" --balance "$BALANCE" || fail "state and blocks differ"
echo "$ROUNDS random crashes and $((2 * FAIL_POINTS)) crash points: the chain came back each time (seed $SEED)"

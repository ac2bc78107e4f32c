#!/usr/bin/env bash
# What docs/operating.md says of commands and of a node that does not start, on a real
# CometBFT.
#
#   scripts/e2e/operator.sh [--comet 0.38.25] [--keep]
#
# 1. SIGTERM under load ends a node with code 0, quickly, and it goes on where it was.
# 2. A second process on the home, a full disk, a genesis file of another chain and a state
#    that is not the chain's are refused, each with its own code.
# 3. A bundle of the running node has its answers and no key.
# 4. History is pruned, a block is taken back, the state is exported.
# 5. A remote signer signs the blocks, its key is not on the node; old blocks go.
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
need cargo go python3 tar
SYNERGYD_COMETBFT=$("$ROOT/scripts/install-comet.sh" "cometbft@$COMET_VERSION")
SIGNER=$("$ROOT/scripts/install-comet.sh" "priv_val_server@$COMET_VERSION")
export SYNERGYD_COMETBFT SYNERGYD_GRPC_ENABLE=false
SYNERGYD=$(synergyd_binary)
LOADER=$(loader_binary)
WORK=$(mktemp -d)
PID='' LOAD='' SIGNING='' MOUNTED=
finish() {
    local failed=$?
    stop ${LOAD:+"$LOAD"} ${PID:+"$PID"} ${SIGNING:+"$SIGNING"}
    if [[ -n $MOUNTED ]]; then umount "$WORK/small"; fi
    if [[ $failed != 0 ]]; then tail -n 15 "$WORK"/*.log | cut -c1-300 >&2; fi
    if [[ -n $KEEP || $failed != 0 ]]; then say "kept: $WORK"; else rm -rf "$WORK"; fi
}
trap finish EXIT

read -r RPC P2P ABCI METRICS SIGN < <(free_port 5)
NODE=127.0.0.1:$RPC
d() { local home=$1; shift; "$SYNERGYD" --home "$WORK/$home" "$@"; }
height() { rpc "$NODE" status 'int(r["sync_info"]["latest_block_height"])'; }
make() { # HOME
    d "$1" init "$1" --chain-id synergy-operator-1 --keyring-backend test >/dev/null 2>&1
    "$LOADER" accounts --accounts 40 --coins 1000000000000000000000 |
        python3 -c 'import json,sys; print(json.dumps([{"address": a, "coins": [{"denom": "asnrg", "amount": c}]} for a, c in map(str.split, sys.stdin)]))' >"$WORK/accounts.json"
    d "$1" genesis bulk-add-genesis-account "$WORK/accounts.json" 2>/dev/null
    python3 - "$WORK/$1/config/genesis.json" <<'PY'
import json, sys
genesis = json.load(open(sys.argv[1]))
genesis["consensus_params"]["evidence"]["max_age_num_blocks"] = "5"
json.dump(genesis, open(sys.argv[1], "w"), indent=2)
PY
    d "$1" config set app address "tcp://127.0.0.1:$ABCI" >/dev/null
    d "$1" config set app telemetry.address "127.0.0.1:$METRICS" >/dev/null
    d "$1" config set client node "tcp://$NODE" >/dev/null
    toml_set "$WORK/$1/config/config.toml" rpc.laddr="\"tcp://$NODE\"" p2p.laddr="\"tcp://127.0.0.1:$P2P\"" consensus.timeout_commit='"300ms"'
}
start() { # HOME
    "$SYNERGYD" --home "$WORK/$1" start --with-comet >>"$WORK/$1.log" 2>&1 &
    PID=$!
}
ended() { # waits for the node, and sets CODE
    CODE=0
    wait "$PID" || CODE=$?
    PID=
}
# refused CODE WORD HOME COMMAND…: it must end with that code and say that word.
refused() {
    local wanted=$1 word=$2 home=$3 code=0
    shift 3
    timeout 300 "$SYNERGYD" --home "$WORK/$home" "$@" >"$WORK/refused" 2>&1 || code=$?
    [[ $code == "$wanted" ]] || { tail -5 "$WORK/refused" >&2; die "exit code $code of $*, expected $wanted"; }
    grep -q "^Error: $word: " "$WORK/refused" || { tail -5 "$WORK/refused" >&2; die "no word $word from $*"; }
    say "ok: $code $(grep "^Error: $word: " "$WORK/refused" | cut -c 8-150)"
}

say "1. SIGTERM under load"
make one
start one
wait_height "$NODE" 2 900
"$LOADER" --node "$NODE" soak --accounts 40 --rate 100 --fee 200000000000000 --gas 200000 >"$WORK/load.log" 2>&1 &
LOAD=$!
wait_height "$NODE" 12 60
BEFORE=$(height)
ASKED=$(date +%s%N)
kill "$PID"
ended
expect "exit code, $((($(date +%s%N) - ASKED) / 1000000)) ms after SIGTERM" "$CODE" 0
grep -q "stopped" "$WORK/one.log" || die "it did not say that it stopped"
kill "$LOAD"; wait "$LOAD" || true
LOAD=
start one
wait_height "$NODE" $((BEFORE + 3)) 60
say "ok: it goes on after height $BEFORE"

say "2. what a node refuses"
refused 10 home-in-use one start
refused 10 home-in-use one prune
refused 10 home-in-use one rollback
refused 10 home-in-use one export
refused 10 home-in-use one comet unsafe-reset-all --yes

say "3. a bundle"
d one debug bundle --file "$WORK/bundle.tar.gz" --log "$WORK/one.log"
mkdir "$WORK/bundle"
tar -C "$WORK/bundle" -xzf "$WORK/bundle.tar.gz"
grep -q latest_block_height "$WORK/bundle/synergyd-debug/rpc/status.json" || die "no status in the bundle"
grep -q synergy_height "$WORK/bundle/synergyd-debug/metrics/synergyd.txt" || die "no metrics in the bundle"
for key in priv_validator_key node_key; do
    SECRET=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["priv_key"]["value"])' "$WORK/one/config/$key.json")
    if grep -rqF "$SECRET" "$WORK/bundle"; then die "$key is in the bundle"; fi
done
say "ok: $(tar -tzf "$WORK/bundle.tar.gz" | wc -l) files, no key"
kill "$PID"
ended
expect "exit code" "$CODE" 0

say "4. disk, chain, state"
if [[ $(id -u) == 0 ]]; then
    mkdir "$WORK/small"
    mount -t tmpfs -o size=100m tmpfs "$WORK/small"
    MOUNTED=1
    cp -r "$WORK/one/config" "$WORK/small/"
    refused 11 disk-full small start --with-comet
else
    d one config set app minimum-free-disk 1000000000 >/dev/null
    refused 11 disk-full one start --with-comet
    d one config set app minimum-free-disk 256 >/dev/null
fi
sed -i 's/"synergy-operator-1"/"synergy-operator-2"/' "$WORK/one/config/genesis.json"
refused 12 wrong-chain one start --with-comet
sed -i 's/"synergy-operator-2"/"synergy-operator-1"/' "$WORK/one/config/genesis.json"
make two
start two
wait_height "$NODE" 4 60
kill "$PID"
ended
cp -r "$WORK/one/data" "$WORK/one-data"
rm -rf "$WORK/one/data/application.db"
cp -r "$WORK/two/data/application.db" "$WORK/one/data/"
refused 13 app-hash one start --with-comet
rm -rf "$WORK/one/data"
mv "$WORK/one-data" "$WORK/one/data"

say "5. prune, rollback, export"
HEIGHT=$(d one export | python3 -c 'import json,sys; print(int(json.load(sys.stdin)["initial_height"]) - 1)')
expect "pruned" "$(d one prune custom --pruning-keep-recent 5 | sed -E 's/^[0-9]+ rows/N rows/')" "N rows removed; heights $((HEIGHT - 4)) to $HEIGHT can be read"
d one rollback 2>&1 | tail -1 >&2
expect "height after rollback" "$(d one export | python3 -c 'import json,sys; print(int(json.load(sys.stdin)["initial_height"]) - 1)')" $((HEIGHT - 1))
expect "cometbft" "$(d one comet version | cut -d' ' -f1)" "$COMET_VERSION"

say "6. a remote signer"
mkdir -p "$WORK/signer"
mv "$WORK/one/config/priv_validator_key.json" "$WORK/one/data/priv_validator_state.json" "$WORK/signer/"
d one config set app min-retain-blocks 10 >/dev/null
toml_set "$WORK/one/config/config.toml" priv_validator_laddr="\"tcp://127.0.0.1:$SIGN\""
start one
# It tries for a second only, so the node must listen: state 0A, without a connection of ours.
for ((i = 0; i < 600; i++)); do
    grep -qi ":$(printf %04X "$SIGN") [0-9A-F]*:0000 0A" /proc/net/tcp && break || sleep 0.1
done
"$SIGNER" -addr "tcp://127.0.0.1:$SIGN" -chain-id synergy-operator-1 -priv-key "$WORK/signer/priv_validator_key.json" \
    -priv-state "$WORK/signer/priv_validator_state.json" >>"$WORK/signer.log" 2>&1 &
SIGNING=$!
wait_height "$NODE" $((HEIGHT + 15)) 120
FIRST=$(rpc "$NODE" status 'int(r["sync_info"]["earliest_block_height"])')
((FIRST > 1 && $(height) - FIRST >= 10)) || die "CometBFT keeps blocks from $FIRST on, at height $(height)"
say "ok: of $(height) blocks CometBFT keeps those from $FIRST on"
# CometBFT makes a new key where it finds none, and signs nothing with it.
SIGNED=$(rpc "$NODE" validators 'r["validators"][0]["address"]')
expect "the validator is that of the signer's key" "$(grep -c "$SIGNED" "$WORK/signer/priv_validator_key.json")" 1
expect "and not that of the node's" "$(grep -c "$SIGNED" "$WORK/one/config/priv_validator_key.json" || true)" 0
kill "$PID"
ended
expect "exit code" "$CODE" 0
say "operator's commands work"

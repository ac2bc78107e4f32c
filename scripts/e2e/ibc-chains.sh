# What the scripts about IBC share, to be sourced: synergyd and wasmd under one CometBFT
# each, known to stock Hermes, and their tools. The caller has sourced lib.sh and set KEEP
# and WASMD_VERSION.
need cargo go python3
SYNERGYD_COMETBFT=$("$ROOT/scripts/install-comet.sh" "cometbft@$COMET_VERSION")
export SYNERGYD_COMETBFT
HERMES=$("$ROOT/scripts/install-hermes.sh")
WASMD=$("$ROOT/scripts/install-wasmd.sh" "$WASMD_VERSION")
SYNERGYD=$(synergyd_binary)

WORK=$(mktemp -d)
RELAYER='' NODE='' PEER=''
# What else the caller has started.
OTHERS=''
finish() {
    local failed=$?
    # shellcheck disable=SC2086
    stop $RELAYER $OTHERS $NODE $PEER
    if [[ $failed != 0 ]]; then tail -n 25 "$WORK"/*.log >&2; fi
    if [[ -n $KEEP || $failed != 0 ]]; then say "kept: $WORK"; else rm -rf "$WORK"; fi
}
trap finish EXIT

OURS=synergy-ibc-1 THEIRS=peer-1
d() { "$SYNERGYD" --home "$WORK/ours" "$@"; }
q() { d query "$@" -o json; }
# dtx KEY ARGUMENT…: a transaction of a key here, until it is in a block.
dtx() { d tx "${@:2}" --from "$1" --yes --wait -o json >/dev/null; }
w() { "$WASMD" --home "$WORK/theirs" "$@"; }
wq() { w query "$@" --node "tcp://127.0.0.1:$PEER_RPC" -o json; }
h() { "$HERMES" --config "$WORK/hermes.toml" --json "$@" 2>>"$WORK/hermes-cli.log"; }
# result EXPRESSION: of the last line that Hermes prints.
result() { tail -n 1 | pick "(lambda r: $1)(r['result'])"; }
# eventually WHAT WANTED SECONDS COMMAND…: until the command prints what is wanted.
eventually() {
    local what=$1 wanted=$2 end=$((SECONDS + $3)) got
    shift 3
    while got=$("$@" 2>&1); [[ $got != "$wanted" ]]; do
        ((SECONDS < end)) || die "$what: $got, expected $wanted"
        sleep 1
    done
    say "ok: $what: $got"
}
BALANCE='next((c["amount"] for c in r["balances"] if c["denom"] == "%s"), "0")'
# ours, theirs ACCOUNT DENOM: a balance.
# shellcheck disable=SC2059
ours() { q bank balances "$1" | pick "$(printf "$BALANCE" "$2")"; }
# shellcheck disable=SC2059
theirs() { wq bank balances "$1" | pick "$(printf "$BALANCE" "$2")"; }

# prepare HOME CHAIN RPC P2P ABCI METRICS GRPC: its validator, and addresses of this machine.
prepare() {
    local own=$WORK/$1
    "$SYNERGYD" --home "$own" genesis gentx validator 1000snrg >/dev/null
    "$SYNERGYD" --home "$own" genesis collect-gentxs >/dev/null
    toml_set "$own/config/config.toml" rpc.laddr="\"tcp://127.0.0.1:$3\"" \
        p2p.laddr="\"tcp://127.0.0.1:$4\"" consensus.timeout_commit='"1s"'
    "$SYNERGYD" --home "$own" config set app address "tcp://127.0.0.1:$5" >/dev/null
    "$SYNERGYD" --home "$own" config set app telemetry.address "127.0.0.1:$6" >/dev/null
    "$SYNERGYD" --home "$own" config set app grpc.enable true >/dev/null
    "$SYNERGYD" --home "$own" config set app grpc.address "127.0.0.1:$7" >/dev/null
    "$SYNERGYD" --home "$own" config set client node "tcp://127.0.0.1:$3" >/dev/null
    "$SYNERGYD" --home "$own" config set client chain-id "$2" >/dev/null
}
start_ours() {
    "$SYNERGYD" --home "$WORK/ours" start --with-comet >>"$WORK/ours.log" 2>&1 &
    NODE=$!
}
start_theirs() {
    "$WASMD" --home "$WORK/theirs" start >>"$WORK/theirs.log" 2>&1 &
    PEER=$!
}
started() { cat "$WORK"/hermes.log 2>/dev/null | grep -c "Hermes has started" || true; }
# Hermes sees no event of before it has subscribed, so this waits until it has.
start_relayer() {
    local before tries
    before=$(started)
    "$HERMES" --config "$WORK/hermes.toml" start >>"$WORK/hermes.log" 2>&1 &
    RELAYER=$!
    for ((tries = 0; tries < 300; tries++)); do
        (($(started) > before)) && return
        sleep 0.2
    done
    die "Hermes does not start"
}
stop_relayer() { stop "$RELAYER"; RELAYER=; }

say "1. two chains"
read -r RPC P2P ABCI METRICS GRPC PEER_RPC PEER_P2P PEER_GRPC PEER_PPROF < <(free_port 9)
d init ibc --chain-id $OURS --keyring-backend test --no-validator >/dev/null
for name in validator relayer alice; do
    d keys add $name -o json >"$WORK/$name.json" 2>/dev/null
    d genesis add-genesis-account $name 100000snrg >/dev/null
done
prepare ours $OURS "$RPC" "$P2P" "$ABCI" "$METRICS" "$GRPC"
python3 - "$WORK/ours/config/genesis.json" <<'PY'
import json, sys
path = sys.argv[1]
genesis = json.load(open(path))
genesis["app_state"]["gov"]["params"].update(voting_period="8s", expedited_voting_period="4s")
json.dump(genesis, open(path, "w"), indent=2)
PY
start_ours

w init peer --chain-id $THEIRS --default-denom stake >/dev/null 2>&1
for name in validator bob; do
    w keys add $name --keyring-backend test --output json >"$WORK/peer-$name.json" 2>/dev/null
    w genesis add-genesis-account $name 1000000000000stake --keyring-backend test
done
# Its relayer has the key of ours, under the prefix of its addresses.
pick 'r["mnemonic"]' <"$WORK/relayer.json" >"$WORK/mnemonic"
w keys add relayer --recover --keyring-backend test <"$WORK/mnemonic" >/dev/null 2>&1
w genesis add-genesis-account relayer 1000000000000stake --keyring-backend test
w genesis gentx validator 1000000000stake --chain-id $THEIRS --keyring-backend test >/dev/null 2>&1
w genesis collect-gentxs >/dev/null 2>&1
toml_set "$WORK/theirs/config/config.toml" rpc.laddr="\"tcp://127.0.0.1:$PEER_RPC\"" \
    p2p.laddr="\"tcp://127.0.0.1:$PEER_P2P\"" rpc.pprof_laddr="\"localhost:$PEER_PPROF\"" \
    consensus.timeout_commit='"1s"'
toml_set "$WORK/theirs/config/app.toml" minimum-gas-prices='"0stake"' api.enable=false \
    grpc.enable=true grpc.address="\"127.0.0.1:$PEER_GRPC\""
start_theirs
wait_height "127.0.0.1:$RPC" 2 900
wait_height "127.0.0.1:$PEER_RPC" 2 120

python3 - "$ROOT/docs/hermes.toml" "$WORK/hermes.toml" <<PY
import sys
text = open(sys.argv[1]).read()
for old, new in {
    "synergy-1": "$OURS", "127.0.0.1:26657": "127.0.0.1:$RPC", "127.0.0.1:9090": "127.0.0.1:$GRPC",
    "peer-chain-1": "$THEIRS", "127.0.0.1:36657": "127.0.0.1:$PEER_RPC", "127.0.0.1:39090": "127.0.0.1:$PEER_GRPC",
    "cosmos'": "wasm'", "uatom": "stake",
}.items():
    assert old in text, old
    text = text.replace(old, new)
open(sys.argv[2], "w").write(text)
PY
export HOME=$WORK
h config validate | result 'r' >/dev/null
for chain in $OURS $THEIRS; do
    h keys add --chain $chain --key-name relayer --mnemonic-file "$WORK/mnemonic" >/dev/null
done
ALICE=$(d keys show alice -a)
BOB=$(w keys show bob -a --keyring-backend test)
STAKE_HERE=ibc/$(printf transfer/channel-0/stake | sha256sum | cut -c1-64 | tr a-f A-F)

# The first channel of each, for coins.
open_transfer_channel() {
    h create channel --a-chain $OURS --b-chain $THEIRS --a-port transfer --b-port transfer \
        --new-client-connection --yes >"$WORK/create.json" || die "no channel: $(tail -n 3 "$WORK/create.json")"
}

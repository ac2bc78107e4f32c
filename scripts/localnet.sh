#!/usr/bin/env bash
# A one-validator chain on this machine with the README's demo run on it.
#
#   scripts/localnet.sh [--home DIR] [--free-ports] [--no-demo] [--stop-after]
#   scripts/localnet.sh stop [--home DIR]
#
# Installs CometBFT into .tools, builds synergyd, starts both in .localnet on the
# usual ports (26657 RPC, 26658 ABCI, 1317 REST, 9090 gRPC, 26680 metrics, 4500 faucet),
# runs the demo and leaves the chain running. Started again, it goes on with the chain that is there.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"

HOME_DIR=$ROOT/.localnet COMMAND=start FREE_PORTS= DEMO=1 STOP_AFTER=
while (($#)); do
    case $1 in
        start | stop) COMMAND=$1 ;;
        --home) HOME_DIR=$2; shift ;;
        --free-ports) FREE_PORTS=1 ;;
        --no-demo) DEMO= ;;
        --stop-after) STOP_AFTER=1 ;;
        *) die "unknown argument $1; see the head of $0" ;;
    esac
    shift
done
PIDS=$HOME_DIR/pids LOG=$HOME_DIR/synergyd.log

stop_chain() {
    [[ -f $PIDS ]] || return 0
    # shellcheck disable=SC2046
    stop $(tac "$PIDS")
    rm -f "$PIDS"
}

if [[ $COMMAND == stop ]]; then
    stop_chain
    exit
fi

need cargo go cc python3
export SYNERGYD_CACHE=${SYNERGYD_CACHE:-$TOOLS/cache}
export SYNERGYD_HOME=$HOME_DIR
SYNERGYD_COMETBFT=$(scripts/install-comet.sh)
export SYNERGYD_COMETBFT
say "building synergyd (the first time takes some minutes)"
SYNERGYD=$(synergyd_binary)
export SYNERGYD

if [[ ! -f $HOME_DIR/config/genesis.json ]]; then
    "$SYNERGYD" init localnet --chain-id synergy-local-1 --keyring-backend test --no-validator >/dev/null
    # The phrases are in these files.
    for name in faucet validator; do (umask 077 && "$SYNERGYD" keys add "$name" -o json >"$HOME_DIR/$name.json"); done
    "$SYNERGYD" genesis add-genesis-account faucet 1000000000snrg >/dev/null
    "$SYNERGYD" genesis add-genesis-account validator 1000snrg >/dev/null
    "$SYNERGYD" genesis gentx validator 100snrg >/dev/null
    "$SYNERGYD" genesis collect-gentxs >/dev/null
    RPC=26657 P2P=26656 ABCI=26658 METRICS=26680 FAUCET=4500 REST=1317 GRPC=9090
    [[ -n $FREE_PORTS ]] && read -r RPC P2P ABCI METRICS FAUCET REST GRPC < <(free_port 7)
    toml_set "$HOME_DIR/config/config.toml" proxy_app="\"tcp://127.0.0.1:$ABCI\"" \
        rpc.laddr="\"tcp://127.0.0.1:$RPC\"" p2p.laddr="\"tcp://127.0.0.1:$P2P\""
    "$SYNERGYD" config set app address "tcp://127.0.0.1:$ABCI" >/dev/null
    "$SYNERGYD" config set app telemetry.address "127.0.0.1:$METRICS" >/dev/null
    "$SYNERGYD" config set app api.enable true >/dev/null
    "$SYNERGYD" config set app api.address "tcp://localhost:$REST" >/dev/null
    "$SYNERGYD" config set app api.enabled-unsafe-cors true >/dev/null
    "$SYNERGYD" config set app grpc.enable true >/dev/null
    "$SYNERGYD" config set app grpc.address "localhost:$GRPC" >/dev/null
    "$SYNERGYD" config set client node "tcp://127.0.0.1:$RPC" >/dev/null
    "$SYNERGYD" config set client chain-id synergy-local-1 >/dev/null
    printf '%s %s %s %s %s\n' "$RPC" "$METRICS" "$FAUCET" "$REST" "$GRPC" >"$HOME_DIR/ports"
fi
read -r RPC METRICS FAUCET REST GRPC <"$HOME_DIR/ports"

if [[ -f $PIDS ]] && kill -0 "$(head -1 "$PIDS")" 2>/dev/null; then
    say "the chain is running already"
else
    nohup "$SYNERGYD" start --with-comet >>"$LOG" 2>&1 &
    echo $! >"$PIDS"
    say "starting (the AI runtime is compiled for this machine the first time)"
    wait_height "127.0.0.1:$RPC" 2 900 || { tail -20 "$LOG" >&2; stop_chain; die "the chain did not start: see $LOG"; }
    nohup "$SYNERGYD" faucet --from faucet --listen "127.0.0.1:$FAUCET" >>"$HOME_DIR/faucet.log" 2>&1 &
    echo $! >>"$PIDS"
fi

if [[ -n $DEMO ]]; then
    scripts/demo.sh "127.0.0.1:$FAUCET" || { tail -20 "$LOG" >&2; die "the demo failed; the chain is still up: $0 stop"; }
fi
if [[ -n $STOP_AFTER ]]; then
    stop_chain
    exit
fi
cat <<TEXT

The chain runs. RPC http://127.0.0.1:$RPC, REST with a page to try it http://localhost:$REST,
gRPC localhost:$GRPC, metrics http://127.0.0.1:$METRICS/metrics, log $LOG
  export SYNERGYD_HOME=$HOME_DIR
  $SYNERGYD status
  $SYNERGYD query bank balances faucet
Faucet: curl -d '{"address": "synergy1…"}' http://127.0.0.1:$FAUCET/credit
Stop it with: ./scripts/localnet.sh stop
TEXT

#!/usr/bin/env bash
# localnet.sh as a person runs it the first time: a new home, an empty HOME, its
# own ports; the demo is checked and everything stopped.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
WORK=$(mktemp -d)
trap '"$ROOT/scripts/localnet.sh" stop --home "$WORK/chain"; rm -rf "$WORK"' EXIT
# The package clients keep their caches where they are; the daemon gets nothing.
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export GOPATH=${GOPATH:-$(go env GOPATH)} GOCACHE=${GOCACHE:-$(go env GOCACHE)}
mkdir "$WORK/home"
HOME=$WORK/home "$ROOT/scripts/localnet.sh" --home "$WORK/chain" --free-ports --stop-after

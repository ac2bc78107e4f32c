#!/usr/bin/env bash
# Fetches wasmd's and wasmvm's ready contracts (Apache-2.0) from their pinned Go
# modules into .tools/wasm/wasmd, ibc (wasmd's too) and wasmvm, for tests and benchmarks.
# Does nothing when they are there. Nothing of it is ever committed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DEST=$TOOLS/wasm

# copy NAME FILE…: the files go to DEST/NAME at once.
copy() {
    local name=$1 new
    shift
    new=$(mktemp -d "$DEST/.$name.XXXXXX")
    cp -L "$@" "$new/"
    chmod u+w "$new"/*
    rm -rf "${DEST:?}/$name"
    mv "$new" "$DEST/$name"
}

[[ -d $DEST/wasmd && -d $DEST/ibc && -d $DEST/wasmvm ]] && exit 0
need go python3
go_env
mkdir -p "$DEST"
wasmd=$(go_module github.com/CosmWasm/wasmd@v0.61.14 "h1:SUWM32AC/i1RiAedvJdCxR74YLzqZlwUD+9TRHCEUB4=")
wasmvm=$(go_module github.com/CosmWasm/wasmvm/v3@v3.0.7 "h1:jNndgpVJ1EFAY61oy6GhmZCSCWbd+rp1LlkTftHPW+A=")
copy wasmd "$wasmd"/x/wasm/keeper/testdata/*.wasm*
copy ibc "$wasmd"/tests/integration/testdata/ibc_reflect_send.wasm \
    "$wasmd"/tests/e2e/testdata/{ibc_callbacks.wasm,cw20_ics20.wasm.gz}
copy wasmvm "$wasmvm"/testdata/*.wasm*
say "contracts of wasmd and wasmvm are in $DEST"

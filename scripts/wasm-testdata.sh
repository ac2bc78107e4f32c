#!/usr/bin/env bash
# Fetches wasmd's and wasmvm's ready contracts (Apache-2.0) from their pinned Go
# modules into .tools/wasm/wasmd and .tools/wasm/wasmvm, for tests and benchmarks.
# Does nothing when they are there. Nothing of it is ever committed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DEST=$TOOLS/wasm

# copy MODULE SUBFOLDER NAME: its .wasm and .wasm.gzip files go to DEST/NAME at once.
copy() {
    local new
    new=$(mktemp -d "$DEST/.$3.XXXXXX")
    cp -L "$1/$2"/*.wasm* "$new/"
    chmod u+w "$new"/*
    rm -rf "${DEST:?}/$3"
    mv "$new" "$DEST/$3"
}

[[ -d $DEST/wasmd && -d $DEST/wasmvm ]] && exit 0
need go python3
go_env
mkdir -p "$DEST"
wasmd=$(go_module github.com/CosmWasm/wasmd@v0.61.14 "h1:SUWM32AC/i1RiAedvJdCxR74YLzqZlwUD+9TRHCEUB4=")
wasmvm=$(go_module github.com/CosmWasm/wasmvm/v3@v3.0.7 "h1:jNndgpVJ1EFAY61oy6GhmZCSCWbd+rp1LlkTftHPW+A=")
copy "$wasmd" x/wasm/keeper/testdata wasmd
copy "$wasmvm" testdata wasmvm
say "contracts of wasmd and wasmvm are in $DEST"

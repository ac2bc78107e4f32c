#!/usr/bin/env bash
# Fetches wasmd's and wasmvm's ready contracts (Apache-2.0) from their pinned Go
# modules into .tools/wasm/wasmd and .tools/wasm/wasmvm, for tests and benchmarks.
# Does nothing when they are there. Nothing of it is ever committed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DEST=$TOOLS/wasm

# module PATH@VERSION SUM: prints the module's folder; another content is refused.
module() {
    local answer
    answer=$(go mod download -json "$1") || die "cannot fetch $1: $answer"
    python3 - "$1" "$2" "$answer" <<'PY'
import json, sys
name, want, answer = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
if answer["Sum"] != want:
    sys.exit(f"{name} has the sum {answer['Sum']}, not {want}")
print(answer["Dir"])
PY
}

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
wasmd=$(module github.com/CosmWasm/wasmd@v0.61.14 "h1:SUWM32AC/i1RiAedvJdCxR74YLzqZlwUD+9TRHCEUB4=")
wasmvm=$(module github.com/CosmWasm/wasmvm/v3@v3.0.7 "h1:jNndgpVJ1EFAY61oy6GhmZCSCWbd+rp1LlkTftHPW+A=")
copy "$wasmd" x/wasm/keeper/testdata wasmd
copy "$wasmvm" testdata wasmvm
say "contracts of wasmd and wasmvm are in $DEST"

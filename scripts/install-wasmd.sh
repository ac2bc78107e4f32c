#!/usr/bin/env bash
# Builds wasmd, a real ibc-go chain, from its pinned Go module into .tools/bin and prints
# the program's path. What is there already is only checked.
#
#   scripts/install-wasmd.sh [VERSION]
#
# VERSION is 0.61.14 (Cosmos SDK 0.53.6, ibc-go 10.5.0, wasmvm 3.0.7), or 0.54.9
# (SDK 0.50.15, ibc-go 8.8.0, wasmvm 2.2.8). About 6 CPU-minutes.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

MODULE=github.com/CosmWasm/wasmd
VERSION=${1:-0.61.14}
# The hash of the module as the checksum database has it.
case $VERSION in
    0.61.14) sum=h1:SUWM32AC/i1RiAedvJdCxR74YLzqZlwUD+9TRHCEUB4= ;;
    0.54.9) sum=h1:rca0ee3o6rLaoTt07Z4bKq6toYl/5nWHWEdO1tUmSqo= ;;
    *) die "unknown wasmd $VERSION: 0.61.14 or 0.54.9" ;;
esac

need go python3
go_env
target=$TOOLS/bin/wasmd-$VERSION
is_version() { [[ $("$1" version 2>/dev/null) == "$VERSION" ]]; }

mkdir -p "$TOOLS/bin"
# One build at a time, whoever asks.
exec 8>"$TOOLS/bin/.wasmd.lock"
flock 8
if ! is_version "$target"; then
    say "building wasmd $VERSION"
    folder=$(go_module "$MODULE@v$VERSION" "$sum")
    scratch=$(mktemp -d "$TOOLS/bin/.wasmd.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    cp -r "$folder/." "$scratch"
    chmod -R u+w "$scratch"
    cd "$scratch"
    # Older ones do not compile with Go 1.26.
    go get github.com/bytedance/sonic@v1.15.5
    sdk=github.com/cosmos/cosmos-sdk/version
    go build -tags netgo -o "$scratch/built" \
        -ldflags "-X $sdk.Name=wasm -X $sdk.AppName=wasmd -X $sdk.Version=$VERSION" ./cmd/wasmd
    is_version "$scratch/built" || die "go built something else than wasmd $VERSION"
    mv -f "$scratch/built" "$target"
fi
printf '%s\n' "$target"

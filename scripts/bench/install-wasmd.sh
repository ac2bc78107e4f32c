#!/usr/bin/env bash
# Builds wasmd, the reference chain of CosmWasm, from its pinned Go module into
# .tools/bin/wasmd-VERSION and prints the path. What is there already is only checked.
# About six minutes of a core. Needs Go and a C compiler.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

MODULE=github.com/CosmWasm/wasmd
VERSION=0.61.14
SUM="h1:SUWM32AC/i1RiAedvJdCxR74YLzqZlwUD+9TRHCEUB4="

need go cc python3
go_env
TARGET=$TOOLS/bin/wasmd-$VERSION
# The library of the contract engine is found in the module cache by the program's rpath.
if ! [[ -x $TARGET && $("$TARGET" version 2>/dev/null) == "$VERSION" ]]; then
    say "building wasmd $VERSION"
    answer=$(go mod download -json "$MODULE@v$VERSION") || die "cannot fetch $MODULE@v$VERSION: $answer"
    folder=$(python3 - "$SUM" "$answer" <<'PY'
import json, sys
want, answer = sys.argv[1], json.loads(sys.argv[2])
if answer["Sum"] != want:
    sys.exit(f"the module has the sum {answer['Sum']}, not {want}")
print(answer["Dir"])
PY
    )
    mkdir -p "$TOOLS/bin"
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    cp -R "$folder" "$scratch/wasmd"
    chmod -R u+w "$scratch/wasmd"
    cd "$scratch/wasmd"
    # The pinned one does not compile with Go 1.26.
    go get github.com/bytedance/sonic@v1.15.5 2>&1 | tail -3 >&2
    names=github.com/cosmos/cosmos-sdk/version
    CGO_ENABLED=1 go build -tags netgo \
        -ldflags "-X $names.Name=wasm -X $names.AppName=wasmd -X $names.Version=$VERSION" -o "$scratch/wasmd.bin" ./cmd/wasmd
    [[ $("$scratch/wasmd.bin" version) == "$VERSION" ]] || die "what was built is not wasmd $VERSION"
    mv -f "$scratch/wasmd.bin" "$TARGET"
fi
printf '%s\n' "$TARGET"

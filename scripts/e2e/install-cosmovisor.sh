#!/usr/bin/env bash
# Builds stock cosmovisor from its pinned Go module into .tools/bin and prints its path.
# What is there already is kept.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

VERSION=1.5.0
SUM="h1:C/Nhf1e292ERI0JIY1YgtOYi+cMjnua8ir+HV51/Hwo="
target=$TOOLS/bin/cosmovisor-$VERSION
if [[ ! -x $target ]]; then
    need go python3
    go_env
    say "building cosmovisor $VERSION"
    module=$(go_module "cosmossdk.io/tools/cosmovisor@v$VERSION" "$SUM")
    mkdir -p "$TOOLS/bin"
    # In the module itself, so that its own go.sum pins the rest.
    (cd "$module" && CGO_ENABLED=0 go build -o "$target.new" ./cmd/cosmovisor)
    mv "$target.new" "$target"
fi
printf '%s\n' "$target"

#!/usr/bin/env bash
# Builds the relayer Hermes from the package registry into .tools/bin and prints the
# program's path. What is there already is only checked.
#
#   scripts/install-hermes.sh
#
# 1.10.5 is the newest that builds from the registry alone. About 15 CPU-minutes.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

VERSION=1.10.5

need cargo
target=$TOOLS/bin/hermes-$VERSION
is_version() { [[ $("$1" version 2>/dev/null) == *" $VERSION"* ]]; }

mkdir -p "$TOOLS/bin"
# One build at a time, whoever asks.
exec 8>"$TOOLS/bin/.hermes.lock"
flock 8
if ! is_version "$target"; then
    say "building hermes $VERSION"
    scratch=$(mktemp -d "$TOOLS/.hermes.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    # Outside the project: its toolchain file and lints are not Hermes's.
    (cd "$scratch" && CARGO_TARGET_DIR=$scratch/target \
        cargo install ibc-relayer-cli --version "$VERSION" --locked --bin hermes --root "$scratch/root" >&2)
    is_version "$scratch/root/bin/hermes" || die "cargo installed something else than hermes $VERSION"
    mv -f "$scratch/root/bin/hermes" "$target"
fi
printf '%s\n' "$target"

#!/usr/bin/env bash
# Fuzzes every decoder for a while with libFuzzer.
#
#   scripts/fuzz.sh [SECONDS_EACH=10] [TARGET…]
#
# Only the crates of this project are instrumented (a compiler wrapper adds the
# coverage pass), so dependencies are those of the ordinary build. Inputs that
# found something new are kept in .tools/fuzz/TARGET and used again; a crash
# leaves its input there and ends the script.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
need cargo c++

SECONDS_EACH=${1:-10}
shift || true
TARGETS=("$@")
if ((${#TARGETS[@]} == 0)); then
    mapfile -t TARGETS < <(cd fuzz/src/bin && ls -- *.rs | sed 's/\.rs$//')
fi

mkdir -p "$TOOLS"
WRAPPER=$TOOLS/coverage-rustc
cat >"$WRAPPER" <<'RUSTC'
#!/bin/sh
exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
RUSTC
chmod +x "$WRAPPER"
BINS=()
for target in "${TARGETS[@]}"; do BINS+=(--bin "fuzz-$target"); done
# The whole workspace's features, as scripts/test.sh builds with.
RUSTC_WORKSPACE_WRAPPER=$WRAPPER cargo build --quiet --release --locked --workspace "${BINS[@]}"
BINARIES=${CARGO_TARGET_DIR:-$ROOT/target}/release

for target in "${TARGETS[@]}"; do
    corpus=$TOOLS/fuzz/$target
    mkdir -p "$corpus"
    say "fuzzing $target for $SECONDS_EACH s"
    "$BINARIES/fuzz-$target" -max_total_time="$SECONDS_EACH" -max_len=8192 -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$corpus/crash-" -print_final_stats=1 "$corpus" 2>&1 |
        grep -E '^(==|SUMMARY|stat::number_of_executed_units|.*panicked)' || true
    if compgen -G "$corpus/crash-*" >/dev/null; then die "$target: see $corpus/crash-*"; fi
done

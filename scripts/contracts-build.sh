#!/usr/bin/env bash
# Builds every contract of contracts/ and checks it as the chain does when it is stored.
#
#   scripts/contracts-build.sh [--debian]
#
# The result is .tools/contracts/NAME.wasm: the samples, and cw20_base and cw721_base
# as published. The compiler is rustup's if it can install the wasm target and the
# standard library's source, else (or with --debian) Debian's second one; see
# wasm-rust.sh. The standard library is built too: the ready one uses operators that
# contracts may not have.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$ROOT/scripts/wasm-rust.sh"
cd "$ROOT"
need cargo

case ${1-} in
    '' | --debian) ;;
    *) die "unknown argument $1; see the head of $0" ;;
esac

OUT=$TOOLS/contracts
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$ROOT/target}

rustup_has_wasm() {
    command -v rustup >/dev/null && rustup --quiet target add wasm32-unknown-unknown 2>/dev/null &&
        rustup --quiet component add rust-src 2>/dev/null
}

if [[ ${1-} == --debian ]] || ! rustup_has_wasm; then
    say "contracts are built with Debian's rustc-web"
    need apt-get dpkg
    wasm_rust_download "$TOOLS/wasm-rust"
    wasm_rust_unpack "$TOOLS/wasm-rust"
    wasm_rust_compiler "$TOOLS/wasm-rust" "$TOOLS/wasm-rust/rustc"
    export RUSTC=$TOOLS/wasm-rust/rustc
fi

FLAGS=(
    # WebAssembly 1.0 with mutable globals: what the contract engine takes.
    -Ctarget-cpu=mvp
    -Ctarget-feature=+mutable-globals
    # The chain's functions are imports. Compilers from 1.96 on want to be told.
    -Clink-arg=--allow-undefined
    "--remap-path-prefix=$ROOT=/synergy"
    "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=/registry"
)
build() {
    local IFS=$'\x1f'
    CARGO_ENCODED_RUSTFLAGS="${FLAGS[*]}" RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0 \
        CARGO_TARGET_DIR=$CARGO_TARGET_DIR/contracts \
        cargo build --manifest-path contracts/Cargo.toml --profile contract --locked "$@" --lib \
        -Zbuild-std=std,panic_abort --target wasm32-unknown-unknown >&2
}
# Features of cosmwasm-std are what a chain must be able to do, so that one with IBC is
# asked for by the contract that needs it alone.
build --workspace --exclude remote-infer
build --package remote-infer

mkdir -p "$OUT"
BUILT=$CARGO_TARGET_DIR/contracts/wasm32-unknown-unknown/contract
for name in sentiment_gate fraud_scorer verdict_escrow online_learner remote_infer; do
    cp "$BUILT/$name.wasm" "$OUT/$name.wasm"
done
cp "$BUILT/published_cw20.wasm" "$OUT/cw20_base.wasm"
cp "$BUILT/published_cw721.wasm" "$OUT/cw721_base.wasm"

cargo build --quiet --release --locked --workspace --example check_contract
"$CARGO_TARGET_DIR/release/examples/check_contract" "$OUT"/*.wasm

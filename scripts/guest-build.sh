#!/usr/bin/env bash
# Builds the inference guest: tract to wasm, sealed, compressed.
#
#   scripts/guest-build.sh            build, and compare with the committed artefact
#   scripts/guest-build.sh --update   build, and replace artefact and lock file
#
# Needs an x86-64 Debian or Ubuntu with apt, dpkg, zstd and rustup's toolchain of
# rust-toolchain.toml. The wasm target's compiler comes from Debian's rustc-web
# packages, unpacked under .tools (nothing is installed); the standard library is
# rebuilt from their source without bulk memory. All of it is recorded in
# inference/guest.lock.toml.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
source "$root/scripts/wasm-rust.sh"
guest=$root/inference/guest
lock=$root/inference/guest.lock.toml
artefact=$root/inference/guest.wasm.zst
tools=$root/.tools/wasm-rust
target=${CARGO_TARGET_DIR:-$root/inference/guest/target}

update=
case ${1-} in
    '') ;;
    --update) update=1 ;;
    *) echo "usage: $0 [--update]" >&2; exit 2 ;;
esac

say() { printf '%s\n' "$*" >&2; }

fetch_toolchain() {
    wasm_rust_download "$tools"
    for file in "$tools"/packages/*.deb; do
        if [[ -z $update ]] && ! grep -q "$(sha256sum "$file" | cut -d' ' -f1)" "$lock"; then
            say "${file##*/} is not the package recorded in inference/guest.lock.toml:"
            say "install that version, or run with --update to record this one (a new guest, a new profile)"
            exit 1
        fi
    done
    wasm_rust_unpack "$tools"
    # Beside the target, since it names this checkout's paths.
    mkdir -p "$target"
    wasm_rust_compiler "$tools" "$target/rustc-guest" \
        "--remap-path-prefix=$tools/prefix/usr/lib/rustlib/src/rust=/rust" \
        "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=/registry" \
        "--remap-path-prefix=$guest=/guest" \
        "--remap-path-prefix=$target=/target"
}

build_guest() {
    local flags=(
        # Rust's defaults for wasm without bulk memory, reference types and
        # multi-value, and with SIMD.
        -Ctarget-cpu=mvp
        -Ctarget-feature=+mutable-globals,+sign-ext,+nontrapping-fptoint,+simd128
        --cfg 'getrandom_backend="unsupported"'
        -Clink-arg=--export=__wasm_call_ctors
        # The stack lies at the bottom of memory: running out of it traps.
        -Clink-arg=-zstack-size=1048576
        -Clink-arg=--max-memory=1073741824
        -Clink-arg=--strip-all
    )
    local IFS=$'\x1f'
    cd "$guest"
    CARGO_ENCODED_RUSTFLAGS="${flags[*]}" RUSTC="$target/rustc-guest" RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$target" \
        cargo build --release --locked -Zbuild-std=std,panic_abort --target wasm32-unknown-unknown >&2
}

seal_guest() {
    cd "$guest/seal"
    CARGO_TARGET_DIR="$target/seal" cargo run --release --locked --quiet -- \
        "$target/wasm32-unknown-unknown/release/synergy_inference_guest.wasm" "$target/guest.wasm" >&2
}

write_lock() {
    {
        echo '# What inference/guest.wasm.zst was built from. Written by scripts/guest-build.sh --update.'
        echo "sha256 = \"$hash\"  # of the unpacked wasm"
        echo 'rebuild = "scripts/guest-build.sh"'
        echo
        echo '[toolchain]'
        echo "rustc = \"$("$target/rustc-guest" --version)\""
        echo "cargo = \"$(cd "$root" && cargo --version)\""
        echo "linker = \"$(sha256sum "$(wasm_rust_linker)" | cut -d' ' -f1)\"  # SHA-256 of rust-lld"
        echo
        echo '# Debian packages and the SHA-256 of each file.'
        echo '[packages]'
        (cd "$tools/packages" && for file in *.deb; do
            echo "\"$(dpkg-deb -W --showformat='${Package} ${Version}' "$file")\" = \"$(sha256sum "$file" | cut -d' ' -f1)\""
        done)
    } >"$lock"
}

fetch_toolchain
build_guest
seal_guest
hash=$(sha256sum "$target/guest.wasm" | cut -d' ' -f1)
if [[ -n $update ]]; then
    zstd -19 -q -f "$target/guest.wasm" -o "$artefact"
    write_lock
    echo "built    $hash"
    exit 0
fi
committed=$(zstd -dcq "$artefact" | sha256sum | cut -d' ' -f1)
echo "built     $hash"
echo "committed $committed"
[[ $hash == "$committed" ]] || { say "the build differs from the committed artefact"; exit 1; }

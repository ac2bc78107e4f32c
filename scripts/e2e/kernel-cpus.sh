#!/usr/bin/env bash
# Runs the tests of the inference kernel (inference/src/kernel/) on CPUs that this
# machine may lack, and fails if one differs from the definition.
#
#   scripts/e2e/kernel-cpus.sh
#
#   host      all versions that this CPU has
#   nehalem   an x86-64 without AVX and FMA (qemu): the portable version
#   max       an x86-64 with AVX2 and FMA, without AVX-512 (qemu)
#   aarch64   a Cortex-A72 (qemu): NEON and the portable version
#
# The module stands alone, so each is one call of rustc. For aarch64 the standard
# library comes from Debian's arm64 package of the compiler that builds the guest
# (scripts/wasm-rust.sh), and the linker from Debian's cross packages; everything is
# unpacked under .tools. qemu is taken from PATH or unpacked too.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
source "$root/scripts/wasm-rust.sh"
tools=$root/.tools/cpus
wasm=$root/.tools/wasm-rust
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$tools"
cd "$root"

qemu() {
    local name=qemu-$1
    if command -v "$name-static" || command -v "$name"; then return; fi
    if [[ ! -x $tools/qemu/usr/bin/$name-static ]]; then
        (cd "$tools" && apt-get download qemu-user-static >/dev/null && dpkg -x qemu-user-static_*.deb qemu)
    fi
    echo "$tools/qemu/usr/bin/$name-static"
}

# Debian's arm64 standard library and cross linker, below $tools/arm64-build.
arm_toolchain() (
    arm=$tools/arm64-build
    [[ -e $arm/ready ]] && return
    mkdir -p "$arm/lists/partial" "$arm/cache/archives/partial"
    cd "$arm"
    options=(-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o "Dir::State::lists=$arm/lists" -o "Dir::Cache=$arm/cache")
    apt-get "${options[@]}" update >/dev/null
    apt-get "${options[@]}" download libstd-rust-web-dev >/dev/null
    apt-get download {gcc-12,cpp-12,binutils}-aarch64-linux-gnu gcc-12-aarch64-linux-gnu-base \
        libc6-arm64-cross libc6-dev-arm64-cross libgcc-12-dev-arm64-cross libgcc-s1-arm64-cross >/dev/null
    for file in *.deb; do dpkg -x "$file" root; done
    mkdir -p sysroot/lib
    ln -sfn "$arm/root/usr/lib/rustlib" sysroot/lib/rustlib
    cat >linker <<SCRIPT
#!/bin/sh
export LD_LIBRARY_PATH=$arm/root/usr/lib/x86_64-linux-gnu PATH=$arm/root/usr/bin:\$PATH
exec aarch64-linux-gnu-gcc-12 --sysroot=$arm/root -static -B$arm/root/usr/lib/gcc-cross/aarch64-linux-gnu/12 \\
    -B$arm/root/usr/aarch64-linux-gnu/bin -B$arm/root/usr/aarch64-linux-gnu/lib -L$arm/root/usr/aarch64-linux-gnu/lib "\$@"
SCRIPT
    chmod +x linker
    touch ready
)

cat >"$work/kernel.rs" <<SOURCE
#![allow(dead_code)]
#[path = "$root/inference/src/kernel/mod.rs"]
mod kernel;
SOURCE
flags=(--edition 2024 --test -Copt-level=3 -Coverflow-checks=yes "$work/kernel.rs")

# record NAME COMMAND…
status=0
record() {
    local name=$1
    shift
    if "$@" --nocapture --test-threads 1 >"$work/log" 2>&1; then
        printf '%-8s %s, %s\n' "$name" "$(grep -o 'versions: .*' "$work/log")" "$(grep -o '[0-9]* passed; [0-9]* failed' "$work/log")"
    else
        tail -20 "$work/log" >&2
        printf '%-8s FAILED\n' "$name"
        status=1
    fi
}

rustc -Awarnings "${flags[@]}" -o "$work/x86"
record host "$work/x86"
record nehalem "$(qemu x86_64)" -cpu Nehalem "$work/x86"
record max "$(qemu x86_64)" -cpu max "$work/x86"

wasm_rust_download "$wasm"
wasm_rust_unpack "$wasm"
arm_toolchain
LD_LIBRARY_PATH=$wasm/prefix/usr/lib/x86_64-linux-gnu "$wasm/prefix/usr/bin/rustc" -Awarnings "${flags[@]}" \
    --sysroot "$tools/arm64-build/sysroot" --target aarch64-unknown-linux-gnu -Ctarget-feature=+crt-static \
    -Clinker="$tools/arm64-build/linker" -Clinker-flavor=gcc -o "$work/arm"
record aarch64 "$(qemu aarch64)" -cpu cortex-a72 "$work/arm"
exit "$status"

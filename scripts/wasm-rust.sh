# Sourced: Debian's Rust compiler for wasm32-unknown-unknown, with the source of its
# standard library, unpacked below a folder (nothing is installed). For machines where
# rustup has no such target, and for what must be built by one recorded compiler.
# Needs an x86-64 Debian or Ubuntu with apt and dpkg, and rustup for the linker.

WASM_RUST_PACKAGES=(libllvm22 libstd-rust-web-1.96 libstd-rust-web-dev rust-web-src rustc-web)

# wasm_rust_download DIR: the packages, into DIR/packages.
wasm_rust_download() (
    mkdir -p "$1/packages"
    cd "$1/packages"
    for package in "${WASM_RUST_PACKAGES[@]}"; do
        compgen -G "${package}_*.deb" >/dev/null || apt-get download "$package" >/dev/null
    done
)

# wasm_rust_unpack DIR: the packages, into DIR/prefix.
wasm_rust_unpack() (
    cd "$1/packages"
    for file in *.deb; do
        [[ -e $1/prefix/.$file ]] || { dpkg -x "$file" "$1/prefix"; touch "$1/prefix/.$file"; }
    done
)

# wasm_rust_linker: path of the rust-lld of rust-toolchain.toml.
WASM_RUST_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
wasm_rust_linker() { echo "$(cd "$WASM_RUST_ROOT" && rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld"; }

# wasm_rust_compiler DIR FILE [FLAG…]: writes a RUSTC for cargo that compiles with DIR
# and gives the wasm target the flags too. Flags that name paths belong here: cargo
# hashes RUSTFLAGS into symbol names.
wasm_rust_compiler() {
    local dir=$1 file=$2
    shift 2
    cat >"$file" <<SCRIPT
#!/bin/sh
case " \$* " in
    *" wasm32-unknown-unknown "*) set -- "\$@" -Clinker=$(wasm_rust_linker) $* ;;
esac
LD_LIBRARY_PATH=$dir/prefix/usr/lib/x86_64-linux-gnu exec $dir/prefix/usr/bin/rustc --sysroot $dir/prefix/usr "\$@"
SCRIPT
    chmod +x "$file"
}

#!/usr/bin/env bash
# Everything that must hold before a change lands: format, lints, generated code,
# unit, chain and golden tests, short fuzzing, and the demo on a real CometBFT.
# Installs what it needs into .tools and uses the machine's Rust, Go and C compiler.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"

step() { printf '\n==> [%(%H:%M:%S)T] %s\n' -1 "$*"; }

need cargo go cc python3
export CARGO_TERM_COLOR=never
# Code of the AI runtime's guest compiled for this machine is kept with the tools.
export SYNERGYD_CACHE=${SYNERGYD_CACHE:-$TOOLS/cache}

step "format"
cargo fmt --all -- --check
for manifest in proto/gen abci/gen benches/native-tract inference/guest inference/guest/seal; do
    cargo fmt --manifest-path "$manifest/Cargo.toml" -- --check
done
cargo fmt --all --manifest-path contracts/Cargo.toml -- --check

step "generated code is what its .proto files give"
cargo run --quiet --locked --manifest-path proto/gen/Cargo.toml -- --check
cargo run --quiet --locked --manifest-path abci/gen/Cargo.toml -- --check

# One feature set for everything, so that no dependency is compiled twice.
step "build"
cargo build --release --locked --workspace --bins --tests --examples
SYNERGYD=${CARGO_TARGET_DIR:-$ROOT/target}/release/synergyd
LOADER=${CARGO_TARGET_DIR:-$ROOT/target}/release/synergy-loader
export SYNERGYD LOADER

step "contracts that the tests run"
scripts/wasm-testdata.sh
scripts/contracts-build.sh

step "unit, chain and golden tests"
cargo test --release --locked --workspace

step "the contracts' own tests, and their lints"
# A workspace of its own; beside it lies what contracts-build.sh has compiled.
contracts() { CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$ROOT/target}/contracts cargo "$@"; }
contracts test --release --locked --manifest-path contracts/Cargo.toml --workspace
contracts clippy --release --locked --manifest-path contracts/Cargo.toml --workspace --all-targets -- -D warnings

step "lints, warnings denied"
cargo clippy --release --locked --workspace --all-targets -- -D warnings

step "short fuzzing of every decoder"
scripts/fuzz.sh

step "the demo on a real CometBFT, from an empty home"
scripts/e2e/demo.sh

step "gRPC, REST and the page on a real CometBFT"
scripts/e2e/api.sh

step "the explorer in Chromium, watch in a terminal, the faucet's limits"
scripts/e2e/explorer.sh

step "the index of transactions after kills under load, CometBFT's off"
scripts/e2e/indexer.sh --rounds 2

step "client suites on a real CometBFT; docs/compatibility.md is what they were answered"
scripts/e2e/clients.sh --check

step "the JavaScript SDK: vectors, a real CometBFT, a page in Chromium"
scripts/e2e/sdk-js.sh

step "contracts through CosmJS on a real CometBFT"
scripts/e2e/contracts.sh

step "a node joins by state sync on a real CometBFT"
scripts/e2e/statesync.sh

step "governance on a real CometBFT"
scripts/e2e/governance.sh

step "escrows on a real CometBFT: a model's verdict, a contract, the due-queue"
scripts/e2e/escrow.sh

step "two kills of each process under load"
scripts/e2e/crash.sh --rounds 2 --fail-points 1

step "all checks passed"

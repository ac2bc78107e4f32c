# What `just` does is what the scripts do; nothing needs it.

# Format, lints, unit and chain tests, end-to-end tests: what CI runs.
test:
    ./scripts/test.sh

# Quick look at what you are editing.
check:
    cargo fmt --all -- --check
    cargo clippy --release --workspace --all-targets --locked -- -D warnings

# A one-validator chain with the demo run on it.
localnet:
    ./scripts/localnet.sh

# The long runs: crash matrix, other processors, throughput.
e2e:
    ./scripts/e2e/all.sh

# CosmJS, Python and grpcurl against a chain; writes docs/compatibility.md.
clients:
    ./scripts/e2e/clients.sh

# Micro benchmarks; `scripts/bench/tps.sh` measures whole chains.
bench:
    cargo bench -p synergy-benches

# Generated code from the .proto files.
proto:
    cargo run --manifest-path proto/gen/Cargo.toml
    cargo run --manifest-path abci/gen/Cargo.toml

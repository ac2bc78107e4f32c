# A node: synergyd and stock CometBFT, as a user without rights.
#
#   docker build --target build .      compiles both, from public Rust and Go images
#   docker build --target prebuilt .   copies prebuilt/synergyd and prebuilt/cometbft
#
# BASE_IMAGE is any Debian of the age of the one that synergyd was built on. The old
# builder makes every stage above its target, so what needs no compiler comes first.
ARG BASE_IMAGE=debian:bookworm-slim
ARG RUST_IMAGE=rust:1.95-bookworm
ARG GO_IMAGE=golang:1.26-bookworm

FROM ${BASE_IMAGE} AS base
# The folders are here so that volumes put on them belong to the user.
RUN useradd --uid 10000 --create-home --shell /usr/sbin/nologin synergy \
    && install -d -o synergy -g synergy /home/synergy/.synergyd /home/synergy/cache \
        /testnet /testnet/node0 /testnet/node1 /testnet/node2 /testnet/node3 /testnet/full0
ENV SYNERGYD_CACHE=/home/synergy/cache SYNERGYD_COMETBFT=/usr/local/bin/cometbft
USER synergy
WORKDIR /home/synergy
# P2P, RPC, REST, gRPC, metrics of CometBFT and of synergyd.
EXPOSE 26656 26657 1317 9090 26660 26680
VOLUME ["/home/synergy/.synergyd", "/home/synergy/cache"]
STOPSIGNAL SIGTERM
# The first start compiles the AI runtime for this machine.
HEALTHCHECK --interval=10s --timeout=5s --start-period=300s --retries=3 CMD ["synergyd", "status"]
ENTRYPOINT ["synergyd"]
CMD ["start", "--with-comet"]

FROM base AS prebuilt
COPY prebuilt/synergyd prebuilt/cometbft /usr/local/bin/

FROM ${GO_IMAGE} AS comet
ARG COMET_VERSION=0.38.25
RUN CGO_ENABLED=0 GOBIN=/out go install github.com/cometbft/cometbft/cmd/cometbft@v${COMET_VERSION}

FROM ${RUST_IMAGE} AS rust
WORKDIR /src
COPY . .
RUN cargo build --release --locked --workspace --bin synergyd

FROM base AS build
COPY --from=rust /src/target/release/synergyd /usr/local/bin/
COPY --from=comet /out/cometbft /usr/local/bin/

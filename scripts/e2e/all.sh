#!/usr/bin/env bash
# What takes too long for every change: other processors, the crash matrix, long
# fuzzing, throughput beside kvstore. Prints which step it is in and stops at the
# first failure.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
step() { printf '\n==> [%(%H:%M:%S)T] %s\n' -1 "$*"; }

step "golden inference hashes on other processors"
scripts/e2e/inference-cpus.sh
step "the demo under CometBFT 0.40.0"
COMET_VERSION=0.40.0 scripts/e2e/demo.sh
step "a model of 50 MB, and the node's memory"
scripts/e2e/big-model.sh
step "proof of stake on three nodes"
scripts/e2e/staking.sh
step "the same with ML-DSA-65 validators under CometBFT 0.40.0"
scripts/e2e/staking-pq.sh
step "founding validators, grants, an export and new chains from it"
scripts/e2e/genesis.sh
step "an upgrade by governance, and the ways back"
scripts/e2e/upgrade.sh
step "stock Hermes relays to wasmd and back"
scripts/e2e/ibc.sh
scripts/e2e/ibc-contracts.sh
step "the operator's commands, and what a node refuses"
scripts/e2e/operator.sh
step "state sync"
scripts/e2e/statesync.sh
step "four validators: killed, cut off, slowed, upgraded, damaged, restored"
scripts/e2e/testnet.sh
step "the same as containers, from nothing"
scripts/e2e/docker.sh
step "crash matrix: 20 rounds and CometBFT's fail points"
scripts/e2e/crash.sh --rounds 20 --fail-points 12
step "payloads sealed to accounts"
scripts/e2e/private-payloads.sh
step "explorer, watch and faucet"
scripts/e2e/explorer.sh
step "the index of transactions: 20 kills under load"
scripts/e2e/indexer.sh
step "throughput beside kvstore, same run"
scripts/bench/tps.sh
step "block times with and without queries, same run"
scripts/bench/api.sh
step "recovery, and five minutes of steady load on four validators"
scripts/bench/recovery.sh --minutes 5
scripts/bench/soak.sh --minutes 5
step "a minute of fuzzing for each decoder"
scripts/fuzz.sh 60
step "all long checks passed"

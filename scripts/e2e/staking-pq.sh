#!/usr/bin/env bash
# scripts/e2e/staking.sh with ML-DSA-65 validators, under CometBFT 0.40.0.
exec "$(dirname "${BASH_SOURCE[0]}")/staking.sh" --comet 0.40.0 --key ml_dsa_65 "$@"

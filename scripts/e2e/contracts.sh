#!/usr/bin/env bash
# Contracts through stock CometBFT: CosmJS uploads, instantiates, calls, asks and
# migrates ready contracts and this project's samples, with inferences (tests/js-wasm).
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
need node npm python3

WORK=$(mktemp -d)
export SYNERGYD_HOME=$WORK/chain
trap 'scripts/localnet.sh stop --home "$SYNERGYD_HOME"; rm -rf "$WORK"' EXIT
SYNERGYD=$(synergyd_binary)
export SYNERGYD

scripts/wasm-testdata.sh
# scripts/test.sh has built them already.
[[ -e $TOOLS/contracts/cw721_base.wasm ]] || scripts/contracts-build.sh
# @scure/base 2.4 refuses the limit Infinity that CosmJS 0.38 gives it: pinned.
(cd tests/js-wasm && npm ci --ignore-scripts --no-audit --no-fund --silent)
scripts/localnet.sh --home "$SYNERGYD_HOME" --free-ports --no-demo >/dev/null
read -r RPC _ <"$SYNERGYD_HOME/ports"

# publish FILE [OPTION…]: prints the model's id.
publish() {
    "$SYNERGYD" tx model publish "$@" --name "$(basename "$1" .onnx)" --from faucet --yes -o json |
        python3 -c 'import json,sys; print(json.load(sys.stdin)["model_id"])'
}
SYNERGY_SENTIMENT=$(publish contracts/models/sentiment.onnx)
SYNERGY_FRAUD=$(publish contracts/models/fraud.onnx)
SYNERGY_DIGITS=$(publish inference/testdata/skl_mlp.onnx --bind pixels:0=1)
SYNERGY_MNEMONIC=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["mnemonic"])' "$SYNERGYD_HOME/faucet.json")
SYNERGY_RPC=127.0.0.1:$RPC SYNERGY_TOOLS=$TOOLS
export SYNERGY_SENTIMENT SYNERGY_FRAUD SYNERGY_DIGITS SYNERGY_MNEMONIC SYNERGY_RPC SYNERGY_TOOLS
(cd tests/js-wasm && npm test --silent)

say "an entry of a contract, and that there is none, proven to the command line"
CONTRACT=$("$SYNERGYD" query wasm list-contract-by-code 1 | pick 'r["contracts"][0]')
state() { "$SYNERGYD" query wasm contract-state raw "$CONTRACT" "$@" --key-encoding ascii; }
FOUND=$(state config | pick 'r["data"]')
[[ -n $FOUND ]] || die "the contract has no entry config"
expect "proven entry" "$(state config --prove | pick '(r["data"], r["proof"]["verified"])')" "('$FOUND', True)"
expect "proven absence" "$(state nothing --prove | pick '(r["data"], r["proof"]["verified"])')" "('', True)"

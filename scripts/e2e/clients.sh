#!/usr/bin/env bash
# The client suites against a chain through stock CometBFT: CosmJS (tests/js), gRPC and
# REST from Python, grpcurl (tests/py).
#
#   scripts/e2e/clients.sh [--check]
#
# Writes docs/compatibility.md from what the suites were answered; with --check it fails
# when the committed page says something else. Installs what it needs into .tools and
# tests/js/node_modules.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
need node npm python3 go
go_env
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

say "installing the clients"
for package in sdk/js tests/js; do (cd "$package" && npm ci --ignore-scripts --no-audit --no-fund --silent); done
VECTORS=tests/testdata/cosmjs.json
cp "$VECTORS" "$WORK/"
(cd tests/js && npm run vectors --silent)
cmp "$VECTORS" "$WORK/cosmjs.json" || die "$VECTORS was not what tests/js/src/vectors.ts writes: commit the new one"
[[ -x $TOOLS/py/bin/python ]] || python3 -m venv "$TOOLS/py"
"$TOOLS/py/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/py/requirements.txt
export SYNERGY_GRPCURL=$TOOLS/bin/grpcurl
[[ -x $SYNERGY_GRPCURL ]] || GOBIN=$TOOLS/bin go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3

export SYNERGYD_HOME=$WORK/chain
trap 'scripts/localnet.sh stop --home "$SYNERGYD_HOME"; rm -rf "$WORK"' EXIT
SYNERGYD=$(synergyd_binary)
export SYNERGYD
# Few heights are kept, so that the suites see the end of the window.
export SYNERGYD_PRUNING=custom SYNERGYD_PRUNING_KEEP_RECENT=30
scripts/localnet.sh --home "$SYNERGYD_HOME" --free-ports --no-demo >/dev/null
read -r RPC _ FAUCET REST GRPC <"$SYNERGYD_HOME/ports"
export SYNERGY_RPC=127.0.0.1:$RPC SYNERGY_REST=127.0.0.1:$REST
export SYNERGY_GRPC=127.0.0.1:$GRPC SYNERGY_FAUCET=127.0.0.1:$FAUCET
export SYNERGY_REPORT=$WORK/report SYNERGYD_KEYRING_BACKEND=test
mkdir "$SYNERGY_REPORT"

# credit ADDRESS: coins from the faucet, in a block before this returns.
credit() {
    python3 - "$SYNERGY_FAUCET" "$1" <<'PY'
import json, sys, urllib.request
body = json.dumps({"address": sys.argv[2]}).encode()
urllib.request.urlopen(f"http://{sys.argv[1]}/credit", data=body, timeout=60).read()
PY
}

say "one account of every key type, each with a transaction"
ACCOUNTS=()
for type in $("$SYNERGYD" keys list-key-types -o text); do
    "$SYNERGYD" keys add "user-$type" --key-type "$type" --no-backup >/dev/null
    address=$("$SYNERGYD" keys show "user-$type" -a)
    credit "$address"
    "$SYNERGYD" tx bank send "user-$type" "$address" 1asnrg --yes --wait >/dev/null 2>&1
    ACCOUNTS+=("$type=$address")
done
SYNERGY_ACCOUNTS=$(IFS=,; printf '%s' "${ACCOUNTS[*]}")
export SYNERGY_ACCOUNTS

say "CosmJS"
(cd tests/js && npm test --silent) || { tail -20 "$SYNERGYD_HOME/synergyd.log" >&2; die "the CosmJS suite failed"; }
say "Python: REST, gRPC, grpcurl"
(cd tests/py && "$TOOLS/py/bin/python" -B -m unittest -q)

"$TOOLS/py/bin/python" tests/py/compatibility.py "$SYNERGY_REPORT" docs/compatibility.md "$@"
say "docs/compatibility.md is up to date"

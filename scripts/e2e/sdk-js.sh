#!/usr/bin/env bash
# The JavaScript SDK: vectors in Node, then a chain, then a page in headless Chromium
# that makes an ML-DSA account, publishes a model and runs a signed inference.
#
#   scripts/e2e/sdk-js.sh [--vectors]
#
# With --vectors the first part alone, which needs no chain. Installs the packages of
# sdk/js; CHROMIUM names the browser (root on Debian gets it installed).
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
need node npm

step() { printf -- '--- %s\n' "$*" >&2; }

step "the package: install, types, vectors"
(cd sdk/js && npm ci --ignore-scripts --no-audit --no-fund --silent && npm run build --silent && npm test --silent)
[[ ${1:-} == --vectors ]] && exit

find_chromium() { command -v chromium chromium-browser google-chrome | head -1 || true; }
CHROMIUM=${CHROMIUM:-$(find_chromium)}
if [[ -z $CHROMIUM && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    { apt-get update && apt-get install --yes --no-install-recommends chromium; } >/dev/null 2>&1 || true
    CHROMIUM=$(find_chromium)
fi
[[ -n $CHROMIUM ]] || die "no Chromium here: install it, or name one in CHROMIUM"
export CHROMIUM

SYNERGYD=$(synergyd_binary)
export SYNERGYD
step "the command line signs the same bytes"
(cd sdk/js && npm run test:cli --silent)

WORK=$(mktemp -d)
SERVER=
finish() {
    [[ -z $SERVER ]] || kill "$SERVER" 2>/dev/null || true
    scripts/localnet.sh stop --home "$WORK/chain"
    rm -rf "$WORK"
}
trap finish EXIT
export SYNERGYD_HOME=$WORK/chain SYNERGYD_KEYRING_BACKEND=test
scripts/localnet.sh --home "$WORK/chain" --free-ports --no-demo >/dev/null
read -r _ _ FAUCET REST _ <"$WORK/chain/ports"
export SYNERGY_REST=http://127.0.0.1:$REST SYNERGY_FAUCET=http://127.0.0.1:$FAUCET

step "Node on a chain: every scheme, a model, sealed payloads"
(cd sdk/js && npm run test:chain --silent) || { tail -20 "$WORK/chain/synergyd.log" >&2; die "the suite failed"; }

step "the README's page in Chromium"
PORT=$(free_port)
mkdir "$WORK/page"
cp sdk/js/example/index.html "$WORK/page/"
(cd sdk/js && node_modules/.bin/esbuild example/main.ts --bundle --loader:.onnx=binary --outfile="$WORK/page/main.js" --log-level=warning)
python3 -m http.server "$PORT" --bind 127.0.0.1 --directory "$WORK/page" >/dev/null 2>&1 &
SERVER=$!
for _ in {1..100}; do
    python3 -c "import socket; socket.create_connection(('127.0.0.1', $PORT), 1)" 2>/dev/null && break
    sleep 0.2
done
EXPECTED_OUTPUTS="0, 0, 3, 0.25" sdk/js/node_modules/.bin/tsx sdk/js/test/browser.ts \
    "http://127.0.0.1:$PORT/" "$SYNERGY_REST" "$SYNERGY_FAUCET" >"$WORK/page.json"
RECORD=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["record"])' "$WORK/page.json")
ADDRESS=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["address"])' "$WORK/page.json")

step "the page's record, proven to the command line; its key is ML-DSA-65's"
"$SYNERGYD" query aivm record "$RECORD" --prove -o json >"$WORK/record.json"
python3 - "$WORK/record.json" "$ADDRESS" <<'PY'
import json, sys
answer = json.load(open(sys.argv[1]))
assert answer["proof"]["verified"] is True and answer["record"]["sender"] == sys.argv[2], answer
PY
[[ $("$SYNERGYD" query auth public-key "$ADDRESS" -o json) == *MlDsa65PubKey* ]] || die "the page's account has another key"
step "no phrase of the chain's accounts is in a log, a process list or a readable file"
python3 - "$WORK/chain" <<'PY'
import glob, json, os, sys
home = sys.argv[1]
phrases = [json.load(open(f))["mnemonic"] for f in glob.glob(home + "/*.json") if "mnemonic" in open(f).read()]
assert len(phrases) == 2, phrases
for folder, _, files in os.walk(home):
    for path in (os.path.join(folder, name) for name in files):
        mode = os.stat(path).st_mode & 0o777
        text = open(path, "rb").read()
        secret = any(p.encode() in text for p in phrases) or b'"priv_key"' in text
        assert not secret or mode & 0o077 == 0, f"{path} has mode {mode:o}"
        assert not (secret and path.endswith(".log")), path
for path in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        line = open(path, "rb").read().replace(b"\0", b" ")
    except OSError:
        continue
    assert not any(p.encode() in line for p in phrases), path
PY
step "the JavaScript SDK passed"

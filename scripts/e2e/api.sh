#!/usr/bin/env bash
# gRPC, REST and the page of a real node, with the clients that people use.
#
#   scripts/e2e/api.sh [--keep]
#
# Starts a localnet with its own ports, sends coins, and then calls the node with
# grpcurl (both versions of reflection), with plain HTTP for every REST family, and
# opens the page in headless Chromium if there is one (CHROMIUM names it; root on Debian
# gets it installed).
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"

KEEP=
[[ ${1:-} == --keep ]] && KEEP=1
need cargo go python3
go_env
GRPCURL=${GRPCURL:-$TOOLS/bin/grpcurl}
[[ -x $GRPCURL ]] || GOBIN=$TOOLS/bin go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3
find_chromium() { command -v chromium chromium-browser google-chrome | head -1 || true; }
CHROMIUM=${CHROMIUM:-$(find_chromium)}
if [[ -z $CHROMIUM && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    { apt-get update && apt-get install --yes --no-install-recommends chromium; } >/dev/null 2>&1 || true
    CHROMIUM=$(find_chromium)
fi

WORK=$(mktemp -d)
finish() {
    scripts/localnet.sh stop --home "$WORK/chain"
    [[ -n $KEEP ]] && say "kept: $WORK" || rm -rf "$WORK"
}
trap finish EXIT
SYNERGYD=$(synergyd_binary)
export SYNERGYD SYNERGYD_HOME=$WORK/chain
scripts/localnet.sh --home "$WORK/chain" --free-ports --no-demo >/dev/null
read -r RPC _ _ REST GRPC <"$WORK/chain/ports"

step() { printf -- '--- %s\n' "$*" >&2; }
expect() { [[ $2 == *"$3"* ]] || die "$1: expected $3 in: $2"; }

step "a send, to have something to look at"
"$SYNERGYD" keys add alice -o json >/dev/null
FAUCET=$("$SYNERGYD" keys show faucet -a) ALICE=$("$SYNERGYD" keys show alice -a)
"$SYNERGYD" tx bank send faucet "$ALICE" 5snrg --yes --wait -o json >"$WORK/send.json"
read -r HASH HEIGHT < <(python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); print(r["txhash"], r["height"])' "$WORK/send.json")

step "grpcurl: list, describe and call, with reflection v1 and v1alpha"
call() { "$GRPCURL" -plaintext "$@"; }
LIST=$(call "localhost:$GRPC" list)
for service in cosmos.bank.v1beta1.Query cosmos.tx.v1beta1.Service synergy.aivm.v1.Query; do
    expect "list" "$LIST" "$service"
    expect "describe $service" "$(call "localhost:$GRPC" describe "$service")" "is a service"
done
expect "balance" "$(call -d "{\"address\":\"$ALICE\",\"denom\":\"asnrg\"}" "localhost:$GRPC" cosmos.bank.v1beta1.Query/Balance)" 5000000000000000000
expect "account (Any)" "$(call -d "{\"address\":\"$FAUCET\"}" "localhost:$GRPC" cosmos.auth.v1beta1.Query/Account)" cosmos.crypto.secp256k1.PubKey
expect "tx" "$(call -d "{\"hash\":\"$HASH\"}" "localhost:$GRPC" cosmos.tx.v1beta1.Service/GetTx)" "$HASH"
OLD=$(call -v -H "x-cosmos-block-height: $((HEIGHT - 1))" -d "{\"address\":\"$ALICE\",\"denom\":\"asnrg\"}" "localhost:$GRPC" cosmos.bank.v1beta1.Query/Balance)
expect "height in" "$OLD" '"amount": "0"'
expect "height out" "$OLD" "x-cosmos-block-height: $((HEIGHT - 1))"
expect "nothing there" "$(call -d "{\"address\":\"${ALICE%?}\"}" "localhost:$GRPC" cosmos.auth.v1beta1.Query/Account 2>&1 || true)" InvalidArgument
# grpcurl takes v1 first; the older service is asked by hand.
V1ALPHA=$(call -d '{"list_services":""}' "localhost:$GRPC" grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo)
expect "reflection v1alpha" "$V1ALPHA" cosmos.bank.v1beta1.Query

step "REST: each family"
python3 - "http://localhost:$REST" "$FAUCET" "$ALICE" "$HASH" "$HEIGHT" "$WORK/send.json" <<'PY'
import json, sys, urllib.error, urllib.parse, urllib.request
base, faucet, alice, tx, height, send = sys.argv[1:]

def ask(path, body=None, headers={}):
    request = urllib.request.Request(base + path, None if body is None else json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), error.headers

def get(path, status=200, **want):
    code, body, _ = ask(path)
    assert code == status, (path, code, body)
    for key, value in want.items():
        assert body[key] == value, (path, key, body[key], value)
    return body

assert get(f"/cosmos/auth/v1beta1/accounts/{faucet}")["account"]["sequence"] == "1"
get(f"/cosmos/auth/v1beta1/accounts/{alice[:-1]}", 400, code=3)
assert get(f"/cosmos/bank/v1beta1/balances/{alice}")["balances"][0]["amount"] == "5000000000000000000"
assert get(f"/cosmos/bank/v1beta1/spendable_balances/{alice}")["pagination"]["next_key"] is None
get("/cosmos/bank/v1beta1/supply/by_denom?denom=asnrg")
get("/cosmos/bank/v1beta1/params")
info = get("/cosmos/base/tendermint/v1beta1/node_info")
assert info["default_node_info"]["network"] == "synergy-local-1" and info["default_node_info"]["version"].startswith("0.38.")
block = get(f"/cosmos/base/tendermint/v1beta1/blocks/{height}")
assert block["sdk_block"]["header"]["proposer_address"].startswith("synergyvalcons1"), block["sdk_block"]["header"]
assert len(block["block"]["data"]["txs"]) == 1
get("/cosmos/base/tendermint/v1beta1/blocks/latest")
get("/cosmos/base/tendermint/v1beta1/blocks/99999999", 400, code=3)
for at in ("latest", height):
    sets = get(f"/cosmos/base/tendermint/v1beta1/validatorsets/{at}")
    assert sets["validators"][0]["pub_key"]["@type"] == "/cosmos.crypto.ed25519.PubKey"
get("/cosmos/base/tendermint/v1beta1/syncing", syncing=False)
get("/cosmos/base/node/v1beta1/config")
get("/cosmos/base/node/v1beta1/status")
found = get(f"/cosmos/tx/v1beta1/txs/{tx}")
assert found["tx_response"]["code"] == 0 and found["tx_response"]["height"] == height
assert found["tx"]["body"]["messages"][0]["@type"] == "/cosmos.bank.v1beta1.MsgSend"
get(f"/cosmos/tx/v1beta1/txs/{'0' * 64}", 404, code=5)
search = urllib.parse.urlencode({"query": f"message.sender='{faucet}'", "limit": 5, "order_by": "ORDER_BY_DESC"})
assert get(f"/cosmos/tx/v1beta1/txs?{search}")["total"] == "1"
assert len(get(f"/cosmos/tx/v1beta1/txs/block/{height}")["txs"]) == 1
for path in ("/synergy/feemarket/v1/base_fee", "/synergy/aivm/v1/params", "/synergy/modelregistry/v1/models"):
    get(path)
get(f"/synergy/auth/v1/public_keys/{faucet}")
get("/cosmos/group/v1/groups", 501, code=12)

_, old, headers = ask(f"/cosmos/bank/v1beta1/balances/{alice}", headers={"x-cosmos-block-height": str(int(height) - 1)})
assert old["balances"] == [] and headers["Grpc-Metadata-X-Cosmos-Block-Height"] == str(int(height) - 1)

# The transaction once more: CometBFT knows it, and its sequence is used up.
encoded = ask("/cosmos/tx/v1beta1/encode", {"tx": found["tx"]})[1]["tx_bytes"]
status, answer, _ = ask("/cosmos/tx/v1beta1/txs", {"tx_bytes": encoded, "mode": "BROADCAST_MODE_SYNC"})
assert status == 200 and answer["tx_response"]["code"] in (19, 32), answer
status, answer, _ = ask("/cosmos/tx/v1beta1/simulate", {"tx_bytes": encoded})
assert status == 500 and "account sequence mismatch, expected 1, got 0" in answer["message"], answer
print("REST answers as it must", file=sys.stderr)
PY

if [[ -n $CHROMIUM ]]; then
    step "the page in Chromium"
    browse() { # URL: the document after its scripts have run
        "$CHROMIUM" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync \
            --disable-background-networking --disable-component-update --user-data-dir="$(mktemp -d -p "$WORK")" \
            --virtual-time-budget=15000 --dump-dom "$1" 2>/dev/null
    }
    PAGE=$(browse "http://localhost:$REST/swagger/")
    expect "the list of methods" "$PAGE" "/cosmos/bank/v1beta1/balances/{address}"
    expect "packages" "$PAGE" "<h2>synergy.aivm.v1.Query</h2>"
    CALLED=$(browse "http://localhost:$REST/swagger/#/cosmos/bank/v1beta1/balances/{address}?address=$ALICE")
    expect "a call that the page made" "$CALLED" '"amount": "5000000000000000000"'
    expect "its status" "$CALLED" "HTTP 200, height"
else
    say "no Chromium here: the page was not looked at"
fi

step "SIGTERM: both servers and the node end"
scripts/localnet.sh stop --home "$WORK/chain"
grep -q "stopped" "$WORK/chain/synergyd.log" || die "the node did not end by itself"
if python3 -c "import socket; socket.create_connection(('localhost', $REST), 1)" 2>/dev/null; then die "REST is still there"; fi
step "gRPC, REST and the page passed"

#!/usr/bin/env bash
# Escrow through stock CometBFT, from the command line: one released by a model's
# verdict (Magika says that a file is shell), one that a contract makes and releases,
# and one that the due-queue refunds.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
need python3

WORK=$(mktemp -d)
export SYNERGYD_HOME=$WORK/chain
trap 'scripts/localnet.sh stop --home "$SYNERGYD_HOME"; rm -rf "$WORK"' EXIT
SYNERGYD=$(synergyd_binary)
export SYNERGYD

scripts/wasm-testdata.sh
scripts/localnet.sh --home "$SYNERGYD_HOME" --free-ports --no-demo >/dev/null

tx() { "$SYNERGYD" tx "$@" --yes --wait -o json; }
q() { "$SYNERGYD" query "$@" -o json; }
balance() { q bank balance "$1" asnrg | pick 'r["balance"]["amount"]'; }
# ended ID: phase, outcome, and what the payee and the payer got.
ended() { q escrow escrow "$1" | pick '" ".join(r["escrow"][k] for k in ("phase", "outcome", "paid", "returned"))'; }
refused() { local what=$1; shift; if "$@" >"$WORK/refused" 2>&1; then die "$what was accepted"; fi; say "ok: $what: $(tail -1 "$WORK/refused")"; }

"$SYNERGYD" keys add bob -o json >/dev/null
BOB=$("$SYNERGYD" keys show bob -a)
tx bank send faucet "$BOB" 10snrg >/dev/null

say "--- released by a model's verdict"
MODEL=$(tx model publish inference/testdata/magika.onnx --name magika --bind unk__214=1 --from faucet | pick 'r["model_id"]')
OUTPUT=$(q model show "$MODEL" | pick 'r["model"]["outputs"][0]["name"]')
SHELL_LABEL=$(python3 -c 'import json; print(json.load(open("inference/testdata/magika_labels.json")).index("shell"))')
python3 scripts/magika.py input scripts/localnet.sh "$WORK/script.bin"
python3 scripts/magika.py input README.md "$WORK/readme.bin"
input() { printf 'bytes=@%s:i32:1x2048' "$WORK/$1.bin"; }
VERDICT=$(tx escrow create "$BOB" 2snrg --expires 1h --model "$MODEL" --input "$(input script)" \
    --output-name "$OUTPUT" --element "$SHELL_LABEL" --is gt --threshold 0.5 --from faucet |
    pick 'r["msg_responses"][0]["escrow_id"]')
refused "a release with other inputs" tx escrow release "$VERDICT" --input "$(input readme)" --from bob
refused "a release without inputs" tx escrow release "$VERDICT" --from bob
tx escrow release "$VERDICT" --input "$(input script)" --from bob >/dev/null
expect "the escrow of the verdict" "$(ended "$VERDICT")" "PHASE_CLOSED OUTCOME_RELEASE 2000000000000000000 0"

say "--- made and released by a contract"
CODE=$(tx wasm store "$TOOLS/wasm/wasmd/reflect_2_0.wasm" --from faucet --gas 400000000 | pick 'r["msg_responses"][0]["code_id"]')
CONTRACT=$(tx wasm instantiate "$CODE" '{}' --label reflect --no-admin --amount 5snrg --from faucet | pick 'r["msg_responses"][0]["address"]')
# reflect MESSAGE-NAME JSON: has the contract send a message of this module.
reflect() {
    python3 - "$CONTRACT" "$1" "$2" >"$WORK/tx.json" <<'PY'
import json, sys
sender, name, fields = sys.argv[1:]
body = {"messages": [{"@type": f"/synergy.escrow.v1.{name}", **json.loads(fields)}]}
auth = {"signer_infos": [], "fee": {"amount": [], "gas_limit": "0", "payer": "", "granter": ""}}
print(json.dumps({"body": body, "auth_info": auth, "signatures": []}))
PY
    "$SYNERGYD" tx encode "$WORK/tx.json" >"$WORK/tx.b64"
    python3 - "$WORK/tx.b64" >"$WORK/reflect.json" <<'PY'
import base64, json, sys

def parts(data):
    """The length-delimited fields of a protobuf message, by number."""
    found, at = {}, 0
    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    while at < len(data):
        key = varint()
        size = varint()
        if key & 7 == 2:
            found[key >> 3] = data[at:at + size]
            at += size
    return found

body = parts(base64.b64decode(open(sys.argv[1]).read()))[1]
message = parts(parts(body)[1])
value = {"type_url": message[1].decode(), "value": base64.b64encode(message[2]).decode()}
print(json.dumps({"reflect_msg": {"msgs": [{"any": value}]}}))
PY
    tx wasm execute "$CONTRACT" "$(cat "$WORK/reflect.json")" --from faucet
}
EXPIRES=$(($(date +%s) + 3600))
BEFORE=$(balance "$BOB")
reflect MsgCreate "{\"payer\": \"$CONTRACT\", \"payee\": \"$BOB\", \"amount\": {\"denom\": \"asnrg\", \"amount\": \"700\"}, \"expires\": \"$EXPIRES\", \"default_outcome\": \"OUTCOME_REFUND\"}" >/dev/null
BY_CONTRACT=$(q escrow list --party "$CONTRACT" | pick 'r["escrows"][0]["id"]')
expect "the contract's escrow" "$(ended "$BY_CONTRACT")" "PHASE_OPEN OUTCOME_UNSPECIFIED 0 0"
reflect MsgRelease "{\"sender\": \"$CONTRACT\", \"escrow_id\": \"$BY_CONTRACT\"}" >/dev/null
expect "the contract's escrow" "$(ended "$BY_CONTRACT")" "PHASE_CLOSED OUTCOME_RELEASE 700 0"
expect "what Bob has got" "$(($(balance "$BOB") - BEFORE))" 700

say "--- expired, and refunded by the queue"
TIMED=$(tx escrow create "$BOB" 1snrg --expires 8s --from faucet | pick 'r["msg_responses"][0]["escrow_id"]')
refused "an advance before the deadline" tx escrow advance "$TIMED" --from bob
END=$((SECONDS + 60))
until [[ $(ended "$TIMED") == PHASE_CLOSED* ]]; do
    ((SECONDS < END)) || die "escrow $TIMED is $(ended "$TIMED") a minute after it was due"
    sleep 0.5
done
expect "the timed escrow" "$(ended "$TIMED")" "PHASE_CLOSED OUTCOME_REFUND 0 1000000000000000000"

"$SYNERGYD" query escrow list --party bob -o text >"$WORK/table"
cat "$WORK/table" >&2
expect "lines of the table" "$(wc -l <"$WORK/table")" 4
say "--- escrows passed"

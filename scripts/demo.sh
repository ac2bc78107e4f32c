#!/usr/bin/env bash
# The README's demo on a running chain, each result checked.
#
#   SYNERGYD=… SYNERGYD_HOME=… scripts/demo.sh FAUCET_ADDRESS
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
FAUCET=$1
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

show() { printf '\n$ synergyd %s\n' "$*" >&2; "$SYNERGYD" "$@"; }
# field FILE EXPRESSION: a Python expression of the JSON document r.
field() { python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"; }
# credit ADDRESS: asks the faucet; prints its answer, fails when it refuses.
credit() {
    python3 - "http://$FAUCET/credit" "$1" <<'PY'
import json, sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], json.dumps({"address": sys.argv[2]}).encode(), timeout=30).read().decode())
except urllib.error.HTTPError as error:
    sys.exit(print(error.read().decode()) or 1)
PY
}
expect() { [[ $2 == "$3" ]] || die "$1: expected $3, got $2"; }

say; say "--- two accounts: one secp256k1, one ML-DSA-65 (made again if they are there)"
for name in alice bob; do "$SYNERGYD" keys delete "$name" --yes 2>/dev/null || true; done
show keys add alice -o json >"$WORK/alice.json"
show keys add bob --key-type ml-dsa-65 -o json >"$WORK/bob.json"
ALICE=$("$SYNERGYD" keys show alice -a) BOB=$("$SYNERGYD" keys show bob -a)
say "alice $ALICE (secp256k1), bob $BOB (ML-DSA-65)"
for address in "$ALICE" "$BOB"; do
    credit "$address" >"$WORK/credit.json" || die "the faucet refused: $(cat "$WORK/credit.json")"
    show query wait-tx "$(field "$WORK/credit.json" 'r["txhash"]')" -o json >/dev/null
done

say; say "--- a send from each"
show tx bank send alice "$BOB" 2snrg --yes --wait -o json >"$WORK/send.json"
expect "alice's send" "$(field "$WORK/send.json" 'r["code"]')" 0
show tx bank send bob "$ALICE" 1snrg --yes --wait -o json >"$WORK/send.json"
expect "bob's send" "$(field "$WORK/send.json" 'r["code"]')" 0

say; say "--- a real model: Magika, which tells what kind of file some bytes are"
show tx model publish inference/testdata/magika.onnx --name magika --bind unk__214=1 --from alice --yes -o json >"$WORK/model.json"
MODEL=$(field "$WORK/model.json" 'r["model_id"]')
say "model $MODEL"

say; say "--- inference in a transaction: what is this script?"
python3 scripts/magika.py input scripts/localnet.sh "$WORK/input.bin"
show tx aivm infer "$MODEL" --input "bytes=@$WORK/input.bin:i32:1x2048" --from bob --yes --wait -o json >"$WORK/tx.json"
expect "the inference" "$(field "$WORK/tx.json" 'r["code"]')" 0
RECORD=$(field "$WORK/tx.json" '[a["value"] for e in r["events"] if e["type"] == "infer" for a in e["attributes"] if a["key"] == "record_id"][0]')

say; say "--- the result, with a proof against the block header"
show query aivm record "$RECORD" --prove -o json >"$WORK/record.json"
python3 scripts/magika.py label "$WORK/record.json"

say; say "--- the same inference as a query: same bytes, same gas"
show query aivm infer "$MODEL" --input "bytes=@$WORK/input.bin:i32:1x2048" -o json >"$WORK/query.json"
for what in output_hash gas; do
    expect "$what of the query" "$(field "$WORK/query.json" "r['$what']")" "$(field "$WORK/record.json" "r['record']['$what']")"
done
say "output hash $(field "$WORK/query.json" 'r["output_hash"]'), gas $(field "$WORK/query.json" 'r["gas"]'): the same"
say; say "--- the demo passed"

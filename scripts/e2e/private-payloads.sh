#!/usr/bin/env bash
# Private payloads through stock CometBFT, from the command line: keys of two accounts on the
# chain, proven and used to seal; only the right account opens; a key can be taken back.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
need python3

WORK=$(mktemp -d)
export SYNERGYD_HOME=$WORK/chain
trap 'scripts/localnet.sh stop --home "$SYNERGYD_HOME"; rm -rf "$WORK"' EXIT
SYNERGYD=$(synergyd_binary)
export SYNERGYD

scripts/localnet.sh --home "$SYNERGYD_HOME" --free-ports --no-demo >/dev/null

tx() { "$SYNERGYD" tx "$@" --yes --wait -o json >/dev/null; }
expect() { [[ $2 == "$3" ]] || die "$1: $2, expected $3"; say "ok: $1"; }
# refused WHAT TEXT COMMAND...: the command fails and says TEXT.
refused() {
    local what=$1 text=$2
    shift 2
    if "$@" >"$WORK/refused" 2>&1; then die "$what was accepted"; fi
    grep -q -- "$text" "$WORK/refused" || die "$what: $(cat "$WORK/refused")"
    say "ok: $what: $(tail -1 "$WORK/refused")"
}

"$SYNERGYD" keys add bob -o json >/dev/null
"$SYNERGYD" keys add carol --key-type ml-dsa-65 -o json >/dev/null
for name in bob carol; do tx bank send faucet "$("$SYNERGYD" keys show $name -a)" 10snrg; done

refused "sealing before a key is published" "no KEM key" "$SYNERGYD" seal bob README.md
tx auth publish-kem-key --from bob
tx auth publish-kem-key --from carol
for name in bob carol; do
    FOUND=$("$SYNERGYD" query auth kem-key $name --prove -o json | python3 -c '
import base64, json, sys
print(base64.b64decode(json.load(sys.stdin)["kem_key"]).hex())')
    expect "the key of $name on the chain, proven, is that of the keyring" "$FOUND" "$("$SYNERGYD" keys show $name --kem-key)"
done

head -c 300000 /dev/urandom >"$WORK/payload"
"$SYNERGYD" seal bob "$WORK/payload" --output-document "$WORK/for-bob"
"$SYNERGYD" open "$WORK/for-bob" --from bob --output-document "$WORK/opened"
cmp "$WORK/payload" "$WORK/opened"
say "ok: bob opened $(stat -c %s "$WORK/for-bob") bytes"
refused "opening what is for another" "is sealed to KEM key" "$SYNERGYD" open "$WORK/for-bob" --from carol --output-document "$WORK/stolen"
[[ ! -e $WORK/stolen ]] || die "a refused payload was written"

python3 - "$WORK/for-bob" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[-100] ^= 1
open(sys.argv[1] + ".changed", "wb").write(data)
PY
refused "opening what was changed" "was changed or cut short" "$SYNERGYD" open "$WORK/for-bob.changed" --from bob --output-document "$WORK/changed"
[[ ! -e $WORK/changed ]] || die "a changed payload was written"

echo "meet at nine" | "$SYNERGYD" seal "$("$SYNERGYD" keys show carol -a)" --armor >"$WORK/text"
expect "text through a post-quantum account" "$("$SYNERGYD" open "$WORK/text" --from carol)" "meet at nine"

tx auth publish-kem-key --remove --from bob
refused "sealing after the key was taken back" "no KEM key" "$SYNERGYD" seal bob README.md

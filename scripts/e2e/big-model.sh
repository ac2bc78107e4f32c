#!/usr/bin/env bash
# A model of 50 MB through stock CometBFT: uploaded in chunks with a break in the middle,
# sealed, run, and run again after a restart, from its image on disk and without it. States
# the node's memory high-water mark and fails above a bound.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"
need python3
# The model file, its upload in blocks, the guest's memory while it compiles, and caches.
BOUND_MB=${BOUND_MB:-1000}

WORK=$(mktemp -d)
export SYNERGYD_HOME=$WORK/chain
trap 'scripts/localnet.sh stop --home "$SYNERGYD_HOME"; rm -rf "$WORK"' EXIT
SYNERGYD=$(synergyd_binary)
export SYNERGYD

q() { "$SYNERGYD" query "$@" -o json; }
start() { scripts/localnet.sh --home "$SYNERGYD_HOME" --free-ports --no-demo >/dev/null; }
# memory WHAT: the most that the node had resident since it was started, in MB.
memory() {
    local pid kb
    pid=$(head -1 "$SYNERGYD_HOME/pids")
    kb=$(awk '/VmHWM/ {print $2}' "/proc/$pid/status")
    say "memory high-water mark, $1: $((kb / 1000)) MB"
    ((kb / 1000 <= BOUND_MB)) || die "that is above $BOUND_MB MB"
}
# result: hash and gas of an inference in a transaction, on input from a blob.
result() {
    "$SYNERGYD" tx aivm infer "$MODEL" --input "x=blob:$BLOB" --from faucet --gas auto --yes --wait -o json |
        pick '" ".join(a["value"] for e in r["events"] if e["type"] == "infer" for a in e["attributes"] if a["key"] in ("output_hash", "gas"))'
}

python3 scripts/e2e/big-model.py "$WORK/big.onnx" "$WORK/x.bin"
start
say "a model of $(stat -c %s "$WORK/big.onnx") bytes"
"$SYNERGYD" model inspect "$WORK/big.onnx" >&2

say "--- upload, cut off and gone on with"
PUBLISH=("$SYNERGYD" tx model publish "$WORK/big.onnx" --name big --license MIT --from faucet --yes -o json)
"${PUBLISH[@]}" >"$WORK/cut.json" 2>"$WORK/cut.log" &
CUT=$!
for ((i = 0; i < 600; i++)); do
    grep -q 'uploading [1-9]' "$WORK/cut.log" && break
    kill -0 "$CUT" 2>/dev/null || break
    sleep 0.2
done
kill "$CUT" || die "the upload ended before it was cut off: $(tail -1 "$WORK/cut.log")"
wait "$CUT" || true
OWNER=$("$SYNERGYD" keys show faucet -a)
say "cut off after $(q model by "$OWNER" | pick 'r["models"][0]["uploaded"]') bytes: $(tail -1 "$WORK/cut.log")"
STARTED=$SECONDS
"${PUBLISH[@]}" >"$WORK/model.json"
MODEL=$(pick 'r["model_id"]' <"$WORK/model.json")
say "uploaded the rest and sealed in $((SECONDS - STARTED)) s"
expect "the status" "$(q model show "$MODEL" | pick 'r["model"]["status"]')" STATUS_ACTIVE
memory "upload and seal"

say "--- inference, on an input by its hash"
BLOB=$("$SYNERGYD" tx aivm upload-blob "$WORK/x.bin" --from faucet --yes -o text)
FIRST=$(result)
say "output hash and gas: $FIRST"
"$SYNERGYD" model run "$WORK/big.onnx" --input "x=@$WORK/x.bin:f32:1x2048" -o json >"$WORK/local.json"
expect "output hash and gas of a run on this machine" "$(pick 'r["gas"] + " " + r["output_hash"]' <"$WORK/local.json")" \
    "$(awk '{print $2, $1}' <<<"$FIRST")"
memory "inference"

say "--- restart with the image on disk"
for ((i = 0; i < 100; i++)); do compgen -G "$SYNERGYD_HOME/data/images/*.image" >/dev/null && break; sleep 0.2; done
ls "$SYNERGYD_HOME"/data/images/*.image >/dev/null || die "no image was kept"
scripts/localnet.sh stop --home "$SYNERGYD_HOME"
start
expect "output hash and gas" "$(result)" "$FIRST"
memory "after a restart"

say "--- restart without it"
scripts/localnet.sh stop --home "$SYNERGYD_HOME"
rm -rf "$SYNERGYD_HOME/data/images"
start
expect "output hash and gas" "$(result)" "$FIRST"
memory "after a restart without images"

say "--- download, every chunk proven"
"$SYNERGYD" query model download "$MODEL" "$WORK/copy"
cmp "$WORK/big.onnx" "$WORK/copy/model.onnx"
say "the big model passed"

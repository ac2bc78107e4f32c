#!/usr/bin/env bash
# Runs the ONNX backend node tests and our own cases through the inference runtime and
# writes docs/onnx-coverage.md. Fails if a result is wrong, if an operator that tract
# has is neither admitted nor refused with a reason, or if an admitted one has no test.
#
#   scripts/onnx-coverage.sh           write the page
#   scripts/onnx-coverage.sh --check   fail if the page would be another one
#
# Python packages are kept in .tools/onnx.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
need cargo python3
[[ $# -eq 0 || ( $# -eq 1 && $1 == --check ) ]] || die "usage: $0 [--check]"

PYTHON=$TOOLS/onnx/bin/python
if ! "$PYTHON" -c 'import onnx, onnxruntime' 2>/dev/null; then
    python3 -m venv "$TOOLS/onnx"
    # Newer releases of onnx do not carry the test data.
    "$PYTHON" -m pip --quiet install onnx==1.20.1 onnxruntime==1.32.0 numpy==2.4.6
fi

cargo build --release --quiet --locked --workspace --example cases
CASES=${CARGO_TARGET_DIR:-$ROOT/target}/release/examples/cases
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
say "preparing the cases"
"$PYTHON" scripts/onnx_coverage.py prepare "$WORK"
"$CASES" --operators >"$WORK/operators.json"
say "running them"
"$CASES" "${SYNERGYD_CACHE:-$TOOLS/cache}" "$WORK" >"$WORK/results.jsonl"
"$PYTHON" scripts/onnx_coverage.py report "$WORK" docs/onnx-coverage.md "$@"

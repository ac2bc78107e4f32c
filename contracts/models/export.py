"""Export shared by the training scripts."""

import hashlib
import sys
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

HERE = Path(__file__).parent


def quantize(model, step=1 / 256):
    """Rounds the weights, so that the last bits of another machine's linear algebra
    do not show in the file."""
    model.coefs_ = [np.round(w / step) * step for w in model.coefs_]
    model.intercepts_ = [np.round(b / step) * step for b in model.intercepts_]


def export(model, name, features):
    """Writes NAME.onnx and its line of SHA256SUMS; with --check compares instead."""
    onnx = to_onnx(
        model,
        initial_types=[("features", FloatTensorType([1, features]))],
        options={"zipmap": False},
        target_opset={"": 17, "ai.onnx.ml": 3},
    ).SerializeToString()
    path, sums = HERE / f"{name}.onnx", HERE / "SHA256SUMS"
    if "--check" in sys.argv:
        sys.exit(None if path.read_bytes() == onnx else f"{path.name} is not what this machine trains")
    path.write_bytes(onnx)
    lines = dict(reversed(line.split("  ")) for line in sums.read_text().splitlines()) if sums.exists() else {}
    lines[path.name] = hashlib.sha256(onnx).hexdigest()
    sums.write_text("".join(f"{digest}  {file}\n" for file, digest in sorted(lines.items())))

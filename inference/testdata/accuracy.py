#!/usr/bin/env python3
"""Writes accuracy.json: onnxruntime's outputs on four inputs of each golden model.

Needs onnxruntime 1.32.0 and numpy 2.4.6 (scripts/onnx-coverage.sh installs them into
.tools/onnx). Input k of a model has element i = (7919 i + 13 + 104729 k) mod modulus
/ scale, as `Model::inputs_with` in tests/models/mod.rs makes it.
"""

import json
from pathlib import Path

import numpy
import onnxruntime

HERE = Path(__file__).parent
DTYPES = {"i32": numpy.int32, "f32": numpy.float32}
NAMES = {numpy.dtype("float32"): "f32", numpy.dtype("int64"): "i64"}
options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL


def tensor(name, array):
    data = [float(str(value)) if array.dtype.kind == "f" else int(value) for value in array.ravel()]
    return {"name": name, "dtype": NAMES[array.dtype], "shape": list(array.shape), "data": data}


results = {}
for model in json.loads((HERE / "models.json").read_text()):
    session = onnxruntime.InferenceSession(HERE / model["file"], options, ["CPUExecutionProvider"])
    port, dtype = model["input"], DTYPES[model["input"]["dtype"]]
    index = numpy.arange(numpy.prod(port["shape"]), dtype=numpy.int64)
    results[model["file"]] = []
    for seed in range(4):
        elements = ((7919 * index + 13 + 104729 * seed) % model["modulus"]).astype(dtype) / dtype(model["scale"])
        outputs = session.run(model["outputs"], {port["name"]: elements.astype(dtype).reshape(port["shape"])})
        results[model["file"]].append([tensor(*pair) for pair in zip(model["outputs"], outputs)])
lines = [f"{json.dumps(file)}: [\n" + ",\n".join(json.dumps(one) for one in runs) + "\n]" for file, runs in results.items()]
(HERE / "accuracy.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")

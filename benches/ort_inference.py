#!/usr/bin/env python3
"""Times onnxruntime on the golden models, and compares its values with ours.

    cargo bench -p synergy-benches --bench inference
    benches/ort_inference.py [GOLDEN]

Prints onnxruntime's median on one thread beside criterion's median of the run
before (from target/criterion) and the ratio. With GOLDEN, the built
inference/examples/golden, it also compares the outputs within 1e-4. Installs
onnxruntime and numpy into .tools/ort on first use.
"""

import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".tools" / "ort"


def in_venv() -> None:
    """Runs this script again under a Python that has onnxruntime."""
    python = VENV / "bin" / "python"
    if Path(sys.prefix).resolve() == VENV.resolve():
        return
    if not (VENV / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([python, "-m", "pip", "-q", "install", "onnxruntime", "numpy"], check=True)
        (VENV / "installed").touch()
    os.execv(python, [python, *sys.argv])


in_venv()

import numpy  # noqa: E402
import onnxruntime  # noqa: E402


def inputs(model: dict) -> dict:
    """Element i is (7919 i + 13) mod modulus / scale."""
    port = model["input"]
    index = numpy.arange(numpy.prod(port["shape"]), dtype=numpy.int64)
    values = (7919 * index + 13) % model["modulus"]
    dtype = {"i32": numpy.int32, "f32": numpy.float32}[port["dtype"]]
    return {port["name"]: (values.astype(dtype) / dtype(model["scale"])).astype(dtype).reshape(port["shape"])}


def median_ms(session, feed: dict) -> float:
    for _ in range(5):
        session.run(None, feed)
    times = []
    for _ in range(50):
        start = time.perf_counter()
        session.run(None, feed)
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2] * 1e3


def ours_ms(file: str) -> float | None:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    path = target / "criterion" / file / "run" / "new" / "estimates.json"
    return json.loads(path.read_text())["median"]["point_estimate"] / 1e6 if path.exists() else None


def decode_outputs(data: bytes) -> list:
    """The canonical list of named tensors; see inference/src/tensor.rs."""
    dtypes = {1: numpy.float32, 7: numpy.int64}
    (count,), at, arrays = struct.unpack_from("<I", data), 4, []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        at += 2 + length
        (size,) = struct.unpack_from("<I", data, at)
        tensor, at = data[at + 4 : at + 4 + size], at + 4 + size
        rank = tensor[1]
        shape = struct.unpack_from(f"<{rank}Q", tensor, 2)
        arrays.append(numpy.frombuffer(tensor[2 + 8 * rank :], dtypes[tensor[0]]).reshape(shape))
    return arrays


def main() -> None:
    testdata = ROOT / "inference" / "testdata"
    values = {}
    if len(sys.argv) > 1:
        command = [sys.argv[1], VENV.parent / "cache", testdata, "--outputs"]
        for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
            file, outputs = line.split()
            values[file] = decode_outputs(bytes.fromhex(outputs))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    print(f"onnxruntime {onnxruntime.__version__}, 1 thread, medians")
    for model in json.loads((testdata / "models.json").read_text()):
        session = onnxruntime.InferenceSession(testdata / model["file"], options, ["CPUExecutionProvider"])
        feed = inputs(model)
        theirs, ours = median_ms(session, feed), ours_ms(model["file"])
        line = f"{model['file']:<20} onnxruntime {theirs:8.3f} ms"
        if ours is not None:
            line += f"   synergy {ours:8.3f} ms   ratio {ours / theirs:5.2f}"
        if model["file"] in values:
            expected = session.run(model["outputs"], feed)
            for ours_value, value in zip(values[model["file"]], expected, strict=True):
                numpy.testing.assert_allclose(ours_value, value, atol=1e-4, rtol=1e-4)
            worst = max(
                float(numpy.abs(a.astype(float) - b).max()) for a, b in zip(values[model["file"]], expected)
            )
            line += f"   largest difference {worst:.1e}"
        print(line)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Times our inference beside onnxruntime and plain tract, and compares the values.

    cargo build --release --workspace --examples
    benches/ort_inference.py [ROUNDS]

Runs the golden models and two larger ones (benches/inference_models.py) in turn
in all three programs, each on one thread, and prints the least CPU time of a run, so
that other load on the machine counts little; then compares all outputs of the
golden models within their tolerance. Installs onnxruntime, numpy and onnx into .tools/ort on
first use.
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
EXAMPLES = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "examples"
CACHE = Path(os.environ.get("SYNERGYD_CACHE", VENV.parent / "cache"))
GOLDEN = ROOT / "inference" / "testdata"
LARGE = VENV.parent / "inference-models"


def in_venv() -> None:
    """Runs this script again under a Python that has onnxruntime."""
    python = VENV / "bin" / "python"
    if Path(sys.prefix).resolve() == VENV.resolve():
        return
    if not (VENV / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        (VENV / "installed").touch()
    command = [python, "-m", "pip", "-q", "install", "onnxruntime", "numpy", "onnx==1.20.1"]
    subprocess.run(command, check=True)
    os.execv(python, [python, *sys.argv])


in_venv()

import numpy  # noqa: E402
import onnxruntime  # noqa: E402

import inference_models  # noqa: E402


def inputs(model: dict) -> dict:
    """Element i is (7919 i + 13) mod modulus / scale."""
    port = model["input"]
    index = numpy.arange(numpy.prod(port["shape"]), dtype=numpy.int64)
    values = (7919 * index + 13) % model["modulus"]
    dtype = {"i32": numpy.int32, "f32": numpy.float32}[port["dtype"]]
    return {port["name"]: (values.astype(dtype) / dtype(model["scale"])).astype(dtype).reshape(port["shape"])}


def session(folder: Path, model: dict) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(folder / model["file"], options, ["CPUExecutionProvider"])


def least_micros(runner: onnxruntime.InferenceSession, feed: dict, runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.thread_time_ns()
        runner.run(None, feed)
        times.append(time.thread_time_ns() - start)
    return min(times) / 1e3


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


def compare(folder: Path, models: list) -> None:
    command = [EXAMPLES / "golden", CACHE, folder, "--outputs"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    for model, line in zip(models, lines, strict=True):
        ours = decode_outputs(bytes.fromhex(line.split()[1]))
        theirs = session(folder, model).run(model["outputs"], inputs(model))
        worst = 0.0
        for one, other in zip(ours, theirs, strict=True):
            numpy.testing.assert_allclose(one, other, atol=model["tolerance"], rtol=model["tolerance"])
            worst = max(worst, float(numpy.abs(one.astype(float) - other).max()))
        print(f"{model['file']:<20} largest difference {worst:.1e}")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    inference_models.make(LARGE)
    folders = {folder: json.loads((folder / "models.json").read_text()) for folder in (GOLDEN, LARGE)}
    ours = subprocess.Popen(
        [EXAMPLES / "time", CACHE, *folders], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    target = EXAMPLES.parent.parent / "native-tract"
    manifest = ROOT / "benches" / "native-tract" / "Cargo.toml"
    build = ["cargo", "build", "--release", "--locked", "--manifest-path", manifest, "--target-dir", target]
    subprocess.run(build, check=True)
    native = subprocess.Popen(
        [target / "release" / "native-tract", *folders], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def ask(program: subprocess.Popen, model: dict, runs: int) -> list[float]:
        program.stdin.write(f"{model['file']} {runs}\n")
        program.stdin.flush()
        return [float(word) for word in program.stdout.readline().split()]

    print(f"onnxruntime {onnxruntime.__version__}; one thread, least CPU time of {rounds} rounds in turn")
    for folder, models in folders.items():
        for model in models:
            runner, feed = session(folder, model), inputs(model)
            runs = 2 if folder == LARGE else 10
            least_micros(runner, feed, runs)
            turns = [
                (least_micros(runner, feed, runs), ask(ours, model, runs), ask(native, model, runs)[0])
                for _ in range(rounds)
            ]
            theirs, (load_gas, load, gas, _) = min(turn[0] for turn in turns), turns[0][1]
            time_ours, time_tract = min(turn[1][3] for turn in turns), min(turn[2] for turn in turns)
            print(
                f"{model['file']:<20} onnxruntime {theirs / 1e3:8.3f} ms   synergy {time_ours / 1e3:8.3f} ms"
                f"   ratio {time_ours / theirs:6.2f}   tract {time_tract / 1e3:8.3f} ms   {gas / time_ours:6.0f} gas/µs"
                f"   load {load / 1e3:8.1f} ms {load_gas / load:6.0f} gas/µs"
            )
    for program in (ours, native):
        program.stdin.close()
        program.wait()
    for folder, models in folders.items():
        compare(folder, models)


if __name__ == "__main__":
    main()

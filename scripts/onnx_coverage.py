#!/usr/bin/env python3
"""Prepares and judges the ONNX backend node tests; scripts/onnx-coverage.sh calls it.

    onnx_coverage.py prepare DIR            writes the cases for inference/examples/cases.rs
    onnx_coverage.py report DIR PAGE        reads DIR/results.jsonl, writes the page
    onnx_coverage.py report DIR PAGE --check    fails if the page is another one

A case is NAME.onnx and NAME.in, the inputs in the encoding of inference/src/tensor.rs. Each
test gives up to three: as it is, with all inputs but the first made constants (`+const`),
and with all of them (`+all`). The runner tries them in this order until one loads.
"""

import json
import re
import struct
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests

import onnx_cases

ROOT = Path(__file__).resolve().parent.parent

# Element types of the runtime, by their ONNX number.
DTYPES = {
    1: numpy.float32,
    2: numpy.uint8,
    3: numpy.int8,
    4: numpy.uint16,
    5: numpy.int16,
    6: numpy.int32,
    7: numpy.int64,
    9: numpy.bool_,
    10: numpy.float16,
    11: numpy.float64,
    12: numpy.uint32,
    13: numpy.uint64,
}
NUMBERS = {numpy.dtype(dtype): number for number, dtype in DTYPES.items()}
VARIANTS = ("", "+const", "+all")


class Case:
    """A model, its inputs by name, and what must come out."""

    def __init__(self, name, model, inputs, outputs, rtol=1e-3, atol=1e-7):
        self.name, self.model, self.inputs, self.outputs = name, model, inputs, outputs
        self.rtol, self.atol = rtol, atol

    def operators(self):
        return sorted({full_name(node) for node in self.model.graph.node})


def full_name(node):
    return node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"


def read_value(path, type_proto):
    """A tensor of the test data, or None if the runtime has no such type."""
    if type_proto.WhichOneof("value") != "tensor_type":
        return None
    tensor = onnx.TensorProto.FromString(path.read_bytes())
    return numpy_helper.to_array(tensor) if tensor.data_type in DTYPES else None


def node_tests():
    for test in load_model_tests(kind="node"):
        folder = Path(test.model_dir)
        model = onnx.load(folder / "model.onnx")
        data = folder / "test_data_set_0"
        given = [port for port in model.graph.input if port.name not in {t.name for t in model.graph.initializer}]
        inputs = {p.name: read_value(data / f"input_{i}.pb", p.type) for i, p in enumerate(given)}
        outputs = [read_value(data / f"output_{i}.pb", p.type) for i, p in enumerate(model.graph.output)]
        yield Case(test.name.removeprefix("test_"), model, inputs, outputs, test.rtol, test.atol)


def all_cases():
    yield from node_tests()
    for name, model, inputs, outputs, rtol, atol in onnx_cases.cases():
        yield Case(name, model, inputs, outputs, rtol, atol)


def encode(array):
    array = numpy.asarray(array)
    number = NUMBERS[array.dtype]
    data = numpy.ascontiguousarray(array).copy()
    if array.dtype.kind == "f":
        data = numpy.where(numpy.isnan(data), numpy.array(numpy.nan, array.dtype), data).astype(array.dtype)
    return struct.pack(f"<BB{array.ndim}Q", number, array.ndim, *array.shape) + data.tobytes()


def encode_list(tensors):
    out = struct.pack("<I", len(tensors))
    for name, array in tensors:
        tensor = encode(array)
        out += struct.pack("<H", len(name.encode())) + name.encode() + struct.pack("<I", len(tensor)) + tensor
    return out


def decode_list(data):
    (count,), at, arrays = struct.unpack_from("<I", data), 4, []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        at += 2 + length
        (size,) = struct.unpack_from("<I", data, at)
        tensor, at = data[at + 4 : at + 4 + size], at + 4 + size
        shape = struct.unpack_from(f"<{tensor[1]}Q", tensor, 2)
        arrays.append(numpy.frombuffer(tensor[2 + 8 * tensor[1] :], DTYPES[tensor[0]]).reshape(shape))
    return arrays


def with_constants(case, kept):
    """The model with the inputs after the first `kept` as initialisers."""
    model = onnx.ModelProto.FromString(case.model.SerializeToString())
    constants = set(list(case.inputs)[kept:])
    for name in constants:
        model.graph.initializer.append(numpy_helper.from_array(case.inputs[name], name))
    ports = [port for port in model.graph.input if port.name not in constants]
    del model.graph.input[:]
    model.graph.input.extend(ports)
    return model


def prepare(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for case in all_cases():
        representable = all(value is not None for value in case.inputs.values())
        inputs = list(case.inputs.items()) if representable else []
        (folder / f"{case.name}.onnx").write_bytes(case.model.SerializeToString())
        (folder / f"{case.name}.in").write_bytes(encode_list(inputs))
        if representable and len(inputs) > 1:
            (folder / f"{case.name}+const.onnx").write_bytes(with_constants(case, 1).SerializeToString())
            (folder / f"{case.name}+const.in").write_bytes(encode_list(inputs[:1]))
        if representable and inputs:
            (folder / f"{case.name}+all.onnx").write_bytes(with_constants(case, 0).SerializeToString())
            (folder / f"{case.name}+all.in").write_bytes(encode_list([]))


def difference(case, found):
    """How the outputs differ from the expected ones, or None."""
    if len(found) != len(case.outputs):
        return f"{len(found)} outputs for {len(case.outputs)}"
    for index, (got, want) in enumerate(zip(found, case.outputs)):
        if want is None:
            return f"output {index} has a type that the runtime lacks"
        if got.dtype != want.dtype:
            return f"output {index} is {got.dtype}, not {want.dtype}"
        if got.shape != want.shape:
            return f"output {index} has shape {got.shape}, not {want.shape}"
        close = numpy.array_equal(got, want)
        if not close and want.dtype.kind == "f":
            with numpy.errstate(invalid="ignore"):
                close = numpy.allclose(got, want, rtol=case.rtol, atol=case.atol, equal_nan=True)
        if not close:
            return f"output {index} differs"
    return None


# Tests with another tolerance than theirs, and why.
TOLERANCES = {
    "gru_seq_length": (1e-3, 1e-5, "values near 0 are differences of numbers near 1; off by 1e-6, eight units in the last place of 1"),
}

# What a refusal's code means; see docs/inference.md.
CODES = {
    4: "operator set",
    5: "operator",
    7: "element type",
    8: "shape",
    9: "an axis of length 0",
    11: "graph",
    12: "feature",
    14: "attribute",
    20: "not compiled",
    21: "not compiled",
    30: "not run",
    31: "not run",
}


def tract_operators():
    """The operators that the locked tract-onnx registers, from its source."""
    manifest = ROOT / "inference" / "guest" / "Cargo.toml"
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--manifest-path", manifest]
    packages = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["packages"]
    package = next(package for package in packages if package["name"] == "tract-onnx")
    source = Path(package["manifest_path"]).parent / "src"
    text = "\n".join(path.read_text() for path in source.rglob("*.rs"))
    return package["version"], sorted(set(re.findall(r'reg\.insert\(\s*"(\w+)"', text)))


def judge(case, tries, folder):
    """(verdict, note): pass, constants, unsupported or mismatch."""
    last = tries[-1]
    if "outputs" not in last:
        first = tries[0]
        return "unsupported", f"{CODES.get(first['code'], 'code')} ({first['code']}): {shorten(first['message'])}"
    found = decode_list((folder / f"{last['case']}.out").read_bytes())
    passed = "pass" if last["case"] == case.name else "constants"
    wrong = difference(case, found)
    if wrong is None:
        return passed, None
    if case.name in TOLERANCES:
        case.rtol, case.atol, reason = TOLERANCES[case.name]
        if difference(case, found) is None:
            return passed, f"absolute tolerance {case.atol}: {reason}"
    theirs = onnx_cases.answer(case.model, case.inputs)
    if theirs is not None:
        case.outputs = theirs
        if difference(case, found) is None:
            return passed, "onnxruntime agrees with the runtime; the test's data are other"
    return "mismatch", wrong


def shorten(message):
    message = re.sub(r"/\S*/(\w[\w.-]*-[\d.]+)/", r"\1/", " ".join(message.split()))
    message = message.split(", at node #")[0].replace("|", "\\|").replace("`", "'")
    return message if len(message) < 220 else message[:217] + "…"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def report(folder, page, check):
    results = {line["name"]: line["tries"] for line in map(json.loads, (folder / "results.jsonl").read_text().splitlines())}
    table_of = json.loads((folder / "operators.json").read_text())
    admitted = {full(row) for row in table_of if row["refused"] is None}
    reasons = {full(row): row["refused"] for row in table_of if row["refused"] is not None}
    counts, notes, unsupported, mismatches = defaultdict(Counter), [], [], []
    totals = {"node": Counter(), "own": Counter()}
    for case in all_cases():
        verdict, note = judge(case, results[case.name], folder)
        totals["own" if case.name.startswith("own_") else "node"][verdict] += 1
        for operator in case.operators():
            counts[operator][verdict] += 1
        if verdict == "mismatch":
            mismatches.append((case.name, ", ".join(case.operators()), note))
        elif verdict == "unsupported":
            if set(case.operators()) <= admitted:
                unsupported.append((case.name, note))
        elif note:
            notes.append((case.name, note))
    version, tract = tract_operators()
    names = {name.rpartition(".")[2] for name in admitted | set(reasons)}
    undecided = [name for name in tract if name not in names]
    untested = sorted(name for name in admitted if not counts[name]["pass"] + counts[name]["constants"])
    text = PAGE.format(
        onnx=onnx.__version__,
        onnxruntime=onnxruntime.__version__,
        tract=version,
        count=len(tract),
        totals=table(
            ["", "pass", "pass with constant inputs", "unsupported", "mismatch"],
            [[title, *(totals[key][verdict] for verdict in VERDICTS)] for key, title in (("node", "backend node tests"), ("own", "own cases"))],
        ),
        mismatches=table(["case", "operators", "how"], sorted(mismatches)) if mismatches else "None.",
        notes=table(["case", "why it counts as passed"], sorted(notes)),
        admitted=table(
            ["operator", "pass", "constants", "unsupported"],
            [[name, *(counts[name][verdict] for verdict in VERDICTS[:3])] for name in sorted(admitted)],
        ),
        refused=table(["operator", "reason"], [[name, reason] for name, reason in sorted(reasons.items())]),
        unsupported=table(["case", "refused for"], sorted(unsupported)),
    )
    print(*(f"{key}: {dict(total)}" for key, total in totals.items()), sep="\n")
    failures = [f"mismatch: {' '.join(row)}" for row in mismatches]
    failures += [f"tract's {name} is neither admitted nor refused with a reason" for name in undecided]
    failures += [f"{name} is admitted and no case passes" for name in untested]
    if check and page.read_text() != text:
        failures.append(f"{page} is out of date: run scripts/onnx-coverage.sh")
    if not check:
        page.write_text(text)
    sys.exit("\n".join(failures) or 0)


def full(row):
    return f"{row['domain']}.{row['name']}" if row["domain"] else row["name"]


VERDICTS = ("pass", "constants", "unsupported", "mismatch")

PAGE = """# ONNX operator coverage

Written by `scripts/onnx-coverage.sh`; `--check` fails if the page is out of date or anything mismatches.

Each case runs through the inference runtime as a model on the chain would: admission, the wasm guest, the
canonical encodings. The cases are the backend node tests of the PyPI package `onnx` {onnx}, and our own
(`scripts/onnx_cases.py`), whose answers are onnxruntime {onnxruntime}'s: the operators of `ai.onnx.ml`, element types,
recurrent layers and quantised chains.

{totals}

*Pass*: type and shape equal; integers and booleans exactly, floats within the test's own tolerance (relative
1e-3, absolute 1e-7 unless it says otherwise). *With constant inputs*: the runtime needs shapes, axes and the like
as constants of the model, as exporters write them; the test gives them as inputs, so they were made constants.
*Unsupported*: refused with a code, never a wrong result.

## Mismatches

{mismatches}

## Judged otherwise than by the test's data

{notes}

## Admitted operators

tract-onnx {tract} registers {count} operators. Each is in this table or in the next one. A case counts for every
operator in it.

{admitted}

## Refused operators

By admission, code 5, with this reason. Any other name is refused too.

{refused}

## Unsupported cases of admitted operators

{unsupported}
"""


def main():
    match sys.argv[1:]:
        case ["prepare", folder]:
            prepare(Path(folder))
        case ["report", folder, page, *check] if check in ([], ["--check"]):
            report(Path(folder), Path(page), bool(check))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()

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
import struct
import sys
from collections import defaultdict
from pathlib import Path

import numpy
import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests

import onnx_cases

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

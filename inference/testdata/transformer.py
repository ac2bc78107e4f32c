#!/usr/bin/env python3
"""Makes a small transformer encoder with fixed pseudo-random weights.

Two layers of four heads over 32 tokens, then a mean and a linear classifier: the
operators of an exported BERT, small enough to commit. Writes transformer.onnx
beside itself; the committed file is the reference.
"""

from pathlib import Path

import numpy
from onnx import TensorProto, checker, helper, numpy_helper

TOKENS, VOCABULARY, WIDTH, HEADS, INNER, CLASSES = 32, 256, 64, 4, 128, 8
random = numpy.random.Generator(numpy.random.PCG64(7))
nodes, weights = [], []


def weight(name, *shape, scale=None):
    scale = scale or 1 / numpy.sqrt(shape[0])
    values = (random.standard_normal(shape) * scale).astype(numpy.float32)
    weights.append(numpy_helper.from_array(values, name))
    return name


def constant(name, values, dtype):
    weights.append(numpy_helper.from_array(numpy.array(values, dtype), name))
    return name


def node(operator, inputs, output, **attributes):
    nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
    return output


def linear(x, name, inner, outer):
    product = node("MatMul", [x, weight(f"{name}.weight", inner, outer)], f"{name}.product")
    return node("Add", [product, weight(f"{name}.bias", outer, scale=0.1)], name)


def norm(x, name):
    scale = constant(f"{name}.scale", numpy.ones(WIDTH), numpy.float32)
    return node("LayerNormalization", [x, scale, weight(f"{name}.bias", WIDTH, scale=0.1)], name, axis=-1, epsilon=1e-5)


def heads(x, name):
    split = node("Reshape", [x, "heads"], f"{name}.split")
    return node("Transpose", [split], f"{name}.heads", perm=[0, 2, 1, 3])


constant("heads", [1, TOKENS, HEADS, WIDTH // HEADS], numpy.int64)
constant("whole", [1, TOKENS, WIDTH], numpy.int64)
constant("scale", 1 / numpy.sqrt(WIDTH / HEADS), numpy.float32)
constant("axes", [1], numpy.int64)

embedded = node("Gather", [weight("vocabulary", VOCABULARY, WIDTH, scale=1), "tokens"], "embedded")
x = norm(node("Add", [embedded, weight("positions", TOKENS, WIDTH, scale=1)], "placed"), "first")
for layer in ("one", "two"):
    query, key, value = (heads(linear(x, f"{layer}.{part}", WIDTH, WIDTH), f"{layer}.{part}") for part in "qkv")
    turned = node("Transpose", [key], f"{layer}.turned", perm=[0, 1, 3, 2])
    scores = node("Mul", [node("MatMul", [query, turned], f"{layer}.scores"), "scale"], f"{layer}.scaled")
    mixed = node("MatMul", [node("Softmax", [scores], f"{layer}.softmax", axis=-1), value], f"{layer}.mixed")
    joined = node("Reshape", [node("Transpose", [mixed], f"{layer}.back", perm=[0, 2, 1, 3]), "whole"], f"{layer}.joined")
    x = norm(node("Add", [x, linear(joined, f"{layer}.out", WIDTH, WIDTH)], f"{layer}.sum"), f"{layer}.norm")
    inner = node("Gelu", [linear(x, f"{layer}.up", WIDTH, INNER)], f"{layer}.gelu")
    x = norm(node("Add", [x, linear(inner, f"{layer}.down", INNER, WIDTH)], f"{layer}.sum2"), f"{layer}.norm2")
pooled = node("ReduceMean", [x, "axes"], "pooled", keepdims=0)
node("Softmax", [linear(pooled, "logits", WIDTH, CLASSES)], "probabilities", axis=-1)

graph = helper.make_graph(
    nodes,
    "transformer",
    [helper.make_tensor_value_info("tokens", TensorProto.INT32, [1, TOKENS])],
    [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, CLASSES])],
    weights,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
checker.check_model(model)
Path(__file__).with_name("transformer.onnx").write_bytes(model.SerializeToString())

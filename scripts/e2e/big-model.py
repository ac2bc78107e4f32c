"""Writes a multi-layer perceptron of about 50 MB in ONNX, and an input for it, without
any package: big-model.py MODEL INPUT."""

import hashlib
import struct
import sys

WIDTH, LAYERS = 2048, 3


def varint(n):
    out = bytearray()
    while True:
        n, low = n >> 7, n & 127
        out.append(low | (128 if n else 0))
        if not n:
            return bytes(out)


def number(field, n):
    return varint(field << 3) + varint(n)


def text(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


def value(name, *shape):
    dims = b"".join(text(1, number(1, n)) for n in shape)
    return text(1, name) + text(2, text(1, number(1, 1) + text(2, dims)))


def tensor(name, raw, *shape):
    return b"".join(number(1, n) for n in shape) + number(2, 1) + text(8, name) + text(9, raw)


def node(operator, inputs, output):
    return b"".join(text(1, i) for i in inputs) + text(2, output) + text(4, operator)


# Weights from -1/32 to 1/32, exact in float32, from a stream that is the same everywhere.
FLOATS = [struct.pack("<f", (b - 127.5) / 4080) for b in range(256)]


def weights(layer):
    stream = hashlib.shake_256(b"layer %d" % layer).digest(WIDTH * WIDTH)
    return b"".join(map(FLOATS.__getitem__, stream))


nodes, constants, last = [], [], "x"
for layer in range(LAYERS):
    constants.append(tensor(f"w{layer}", weights(layer), WIDTH, WIDTH))
    nodes.append(node("MatMul", [last, f"w{layer}"], f"h{layer}"))
    nodes.append(node("Relu", [f"h{layer}"], f"r{layer}"))
    last = f"r{layer}"
graph = b"".join(text(1, n) for n in nodes) + text(2, "big") + b"".join(text(5, c) for c in constants)
graph += text(11, value("x", 1, WIDTH)) + text(12, value(last, 1, WIDTH))
with open(sys.argv[1], "wb") as file:
    file.write(number(1, 8) + text(7, graph) + text(8, text(1, "") + number(2, 17)))
with open(sys.argv[2], "wb") as file:
    file.write(b"".join(struct.pack("<f", (i % 17 - 8) / 8) for i in range(WIDTH)))

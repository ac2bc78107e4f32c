"""Makes the models of the inference benchmark that are too large to commit.

Weights are pseudo-random with a fixed seed: speed does not depend on them.

* mobilenet_v2.onnx: MobileNetV2 1.0 at 224 x 224 (Sandler et al. 2018, table 2),
  batch normalisation folded into the convolutions; 300 M multiply-adds.
* encoder.onnx: 6 encoder layers of width 384 with 12 heads (the size of
  MiniLM-L6) on 64 tokens; 690 M multiply-adds.
"""

import json
from pathlib import Path

import numpy
from onnx import TensorProto, helper, numpy_helper, save


class Graph:
    def __init__(self, seed: int) -> None:
        self.random = numpy.random.default_rng(seed)
        self.nodes, self.constants = [], []

    def constant(self, array) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def weights(self, *shape: int, fan_in: int) -> str:
        scale = (2 / fan_in) ** 0.5
        return self.constant((self.random.standard_normal(shape) * scale).astype(numpy.float32))

    def scalar(self, value: float) -> str:
        return self.constant(numpy.array(value, numpy.float32))

    def shape(self, *dims: int) -> str:
        return self.constant(numpy.array(dims, numpy.int64))

    def node(self, operator: str, *inputs: str, **attributes) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def save(self, path: Path, shape: list, output: str) -> None:
        self.nodes[-1].output[0] = "y"
        assert output == f"v{len(self.nodes) - 1}"
        graph = helper.make_graph(
            self.nodes,
            path.stem,
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
            self.constants,
        )
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def mobilenet_v2(path: Path) -> list:
    graph = Graph(1)

    def conv(x, inputs, outputs, kernel, stride=1, group=1, clip=True):
        w = graph.weights(outputs, inputs // group, kernel, kernel, fan_in=inputs // group * kernel**2)
        b = graph.constant((graph.random.standard_normal(outputs) * 0.1).astype(numpy.float32))
        pads = [kernel // 2] * 4
        x = graph.node("Conv", x, w, b, strides=[stride] * 2, group=group, pads=pads, kernel_shape=[kernel] * 2)
        return graph.node("Clip", x, graph.scalar(0), graph.scalar(6)) if clip else x

    x, channels = conv("x", 3, 32, 3, 2), 32
    table = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for expansion, outputs, repeats, first_stride in table:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            wide, before = channels * expansion, x
            if expansion > 1:
                x = conv(x, channels, wide, 1)
            x = conv(x, wide, wide, 3, stride, wide)
            x = conv(x, wide, outputs, 1, clip=False)
            if stride == 1 and channels == outputs:
                x = graph.node("Add", before, x)
            channels = outputs
    x = conv(x, channels, 1280, 1)
    x = graph.node("Flatten", graph.node("GlobalAveragePool", x))
    x = graph.node("Gemm", x, graph.weights(1280, 1000, fan_in=1280), graph.constant(numpy.zeros(1000, numpy.float32)))
    graph.save(path, [1, 3, 224, 224], graph.node("Softmax", x))
    return [1, 3, 224, 224]


def encoder(path: Path) -> list:
    graph = Graph(2)
    layers, tokens, width, heads, inner = 6, 64, 384, 12, 1536

    def linear(x, inputs, outputs):
        x = graph.node("MatMul", x, graph.weights(inputs, outputs, fan_in=inputs))
        return graph.node("Add", x, graph.constant(numpy.zeros(outputs, numpy.float32)))

    def normalise(x):
        centred = graph.node("Sub", x, graph.node("ReduceMean", x, axes=[-1]))
        variance = graph.node("ReduceMean", graph.node("Mul", centred, centred), axes=[-1])
        deviation = graph.node("Sqrt", graph.node("Add", variance, graph.scalar(1e-5)))
        scale = graph.constant(numpy.ones(width, numpy.float32))
        x = graph.node("Mul", graph.node("Div", centred, deviation), scale)
        return graph.node("Add", x, graph.constant(numpy.zeros(width, numpy.float32)))

    def split(x, permutation):
        x = graph.node("Reshape", x, graph.shape(1, tokens, heads, width // heads))
        return graph.node("Transpose", x, perm=permutation)

    x = "x"
    for _ in range(layers):
        query, key, value = (linear(x, width, width) for _ in range(3))
        scores = graph.node("MatMul", split(query, [0, 2, 1, 3]), split(key, [0, 2, 3, 1]))
        scores = graph.node("Softmax", graph.node("Mul", scores, graph.scalar((width // heads) ** -0.5)), axis=-1)
        mixed = graph.node("Transpose", graph.node("MatMul", scores, split(value, [0, 2, 1, 3])), perm=[0, 2, 1, 3])
        mixed = graph.node("Reshape", mixed, graph.shape(1, tokens, width))
        x = normalise(graph.node("Add", x, linear(mixed, width, width)))
        h = linear(x, width, inner)
        erf = graph.node("Erf", graph.node("Mul", h, graph.scalar(0.5**0.5)))
        h = graph.node("Mul", graph.node("Mul", h, graph.scalar(0.5)), graph.node("Add", erf, graph.scalar(1)))
        x = normalise(graph.node("Add", x, linear(h, inner, width)))
    graph.save(path, [1, tokens, width], x)
    return [1, tokens, width]


def make(folder: Path) -> None:
    """Writes the models and a models.json beside them, unless they are there."""
    if (folder / "models.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    models = []
    for build in (mobilenet_v2, encoder):
        shape = build(folder / f"{build.__name__}.onnx")
        port = {"name": "x", "dtype": "f32", "shape": shape}
        model = {"file": f"{build.__name__}.onnx", "bind": {}, "input": port, "modulus": 256, "scale": 256}
        models.append(model | {"outputs": ["y"], "tolerance": 1e-4})
    (folder / "models.json").write_text(json.dumps(models))

"""Writes the test models. `pip install onnx==1.23.2 && python3 make.py`.

linear.onnx  y = relu(x · w + b), x of [batch, 4]: gas does not depend on x.
pick.onnx    y = table[index]: an index out of range fails while it runs.
cos.onnx     y = cos(x): admitted as a model whose gas may depend on x.
"""

import onnx
from onnx import TensorProto, helper


def save(name, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    with open(f"{name}.onnx", "wb") as file:
        file.write(model.SerializeToString(deterministic=True))


def value(name, dtype, shape):
    return helper.make_tensor_value_info(name, dtype, shape)


FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64

weights = [((7 * i) % 11 - 5) / 8 for i in range(16)]
save(
    "linear",
    [
        helper.make_node("MatMul", ["x", "w"], ["xw"]),
        helper.make_node("Add", ["xw", "b"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["y"]),
    ],
    [value("x", FLOAT, ["batch", 4])],
    [value("y", FLOAT, ["batch", 4])],
    [
        helper.make_tensor("w", FLOAT, [4, 4], weights),
        helper.make_tensor("b", FLOAT, [4], [0.5, -0.25, 0.125, 1.0]),
    ],
)
save(
    "pick",
    [helper.make_node("Gather", ["table", "index"], ["y"])],
    [value("index", INT64, [1])],
    [value("y", FLOAT, [1])],
    [helper.make_tensor("table", FLOAT, [4], [1.0, 2.0, 3.0, 4.0])],
)
save(
    "cos",
    [helper.make_node("Cos", ["x"], ["y"])],
    [value("x", FLOAT, [4])],
    [value("y", FLOAT, [4])],
)

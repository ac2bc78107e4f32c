"""Cases that the ONNX backend node tests lack, with onnxruntime's answers.

They cover what those tests leave out: the operators of `ai.onnx.ml`, element types,
attributes of recurrent layers, and quantised chains.
"""

import numpy
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OPSETS = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
ML = "ai.onnx.ml"


def tensor_type(array):
    return helper.np_dtype_to_tensor_dtype(numpy.asarray(array).dtype)


def model(nodes, inputs, outputs, constants=(), opset=18):
    graph = helper.make_graph(
        nodes,
        "case",
        [helper.make_tensor_value_info(name, tensor_type(value), value.shape) for name, value in inputs.items()],
        [helper.make_value_info(name, helper.TypeProto()) for name in outputs],
        [numpy_helper.from_array(numpy.asarray(value), name) for name, value in dict(constants).items()],
    )
    imports = [helper.make_opsetid("", opset), helper.make_opsetid(ML, 3)]
    return helper.make_model(graph, opset_imports=imports, ir_version=9)


def answer(built, inputs):
    """onnxruntime's outputs, unoptimised; None if it lacks the operator for these types."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(built.SerializeToString(), options, ["CPUExecutionProvider"])
    except Exception as error:
        if "NOT_IMPLEMENTED" in str(error) or "type" in str(error).lower():
            return None
        raise
    return session.run(None, inputs)


def case(name, nodes, inputs, outputs=("y",), constants=(), rtol=1e-3, atol=1e-6, opset=18):
    built = model(nodes, inputs, outputs, constants, opset)
    expected = answer(built, inputs)
    if expected is not None:
        for port, value in zip(built.graph.output, expected):
            port.type.CopyFrom(helper.make_tensor_type_proto(tensor_type(value), value.shape))
        yield f"own_{name}", built, inputs, expected, rtol, atol


def node(operator, inputs, outputs=("y",), domain="", **attributes):
    return helper.make_node(operator, list(inputs), list(outputs), domain=domain, **attributes)


def floats(*shape, seed=1, scale=1.0):
    return (numpy.random.Generator(numpy.random.PCG64(seed)).standard_normal(shape) * scale).astype(numpy.float32)


def quantised():
    """What lies between dequantise and quantise must not become a table of its elements."""
    between = {
        "softmax": [node("Softmax", ["d"], ["m"], axis=-1)],
        "log_softmax": [node("LogSoftmax", ["d"], ["m"], axis=-1)],
        "cumsum": [node("CumSum", ["d", "axis"], ["m"])],
        "relu": [node("Relu", ["d"], ["m"])],
        "tanh_softmax": [node("Tanh", ["d"], ["t"]), node("Softmax", ["t"], ["m"], axis=0)],
        "layer_norm": [node("LayerNormalization", ["d", "gain"], ["m"], axis=-1)],
    }
    numbers = {"u8": (numpy.uint8, 3), "i8": (numpy.int8, -2), "u16": (numpy.uint16, 300), "i16": (numpy.int16, -200)}
    pairs = [("u8", "u8"), ("i8", "i8"), ("u8", "i8"), ("i8", "u8"), ("u16", "i16")]
    for name, middle in between.items():
        for first, second in pairs:
            constants = {"axis": numpy.array(1), "gain": numpy.ones(4, numpy.float32)}
            for side, kind in (("a", first), ("b", second)):
                dtype, zero = numbers[kind]
                constants |= {f"{side}s": numpy.float32(0.013 if side == "a" else 0.0078), f"{side}z": dtype(zero)}
            nodes = [
                node("QuantizeLinear", ["x", "as", "az"], ["q"]),
                node("DequantizeLinear", ["q", "as", "az"], ["d"]),
                *middle,
                node("QuantizeLinear", ["m", "bs", "bz"], ["r"]),
                node("DequantizeLinear", ["r", "bs", "bz"], ["y"]),
            ]
            # A step of the second scale may fall either way where the float is near a tie.
            yield from case(f"qdq_{name}_{first}_{second}", nodes, {"x": floats(3, 4)}, constants=constants, atol=0.0079, opset=21)
    scale = {"s": numpy.array([0.01, 0.02, 0.03], numpy.float32), "z": numpy.array([1, 2, 3], numpy.uint8)}
    for axis in (0, 1, -1):
        shape = [5, 5, 5]
        shape[axis] = 3
        nodes = [node("QuantizeLinear", ["x", "s", "z"], ["q"], axis=axis), node("DequantizeLinear", ["q", "s", "z"], axis=axis)]
        yield from case(f"qdq_axis_{axis}", nodes, {"x": floats(*shape)}, constants=scale)
    ties = numpy.arange(-64, 64, dtype=numpy.float32) * 0.05
    yield from case("quantize_ties", [node("QuantizeLinear", ["x", "s", "z"])], {"x": ties}, constants={"s": numpy.float32(0.1), "z": numpy.int8(0)})


def machine_learning():
    labels = [3, 5, 9]
    for post in ("NONE", "SOFTMAX", "LOGISTIC"):
        weights = floats(12, seed=3)
        linear = node(
            "LinearClassifier", ["x"], ["label", "y"], ML, coefficients=weights.tolist(), intercepts=[0.1, -0.2, 0.3],
            classlabels_ints=labels, multi_class=1, post_transform=post,
        )
        yield from case(f"linear_classifier_{post.lower()}", [linear], {"x": floats(6, 4)}, ["label", "y"])
        binary = node(
            "LinearClassifier", ["x"], ["label", "y"], ML, coefficients=(-weights[:4]).tolist() + weights[:4].tolist(),
            intercepts=[-0.1, 0.1], classlabels_ints=[0, 1], multi_class=1, post_transform=post,
        )
        yield from case(f"linear_classifier_binary_{post.lower()}", [binary], {"x": floats(6, 4)}, ["label", "y"])
        yield from case(f"tree_{post.lower()}", [tree(labels, post)], {"x": floats(16, 3)}, ["label", "y"])
    yield from case("tree_gte", [tree(labels, "NONE", ["BRANCH_GTE"])], {"x": floats(16, 3)}, ["label", "y"])
    regressor = node("LinearRegressor", ["x"], ["y"], ML, coefficients=floats(8, seed=4).tolist(), intercepts=[1.0, 2.0], targets=2)
    yield from case("linear_regressor", [regressor], {"x": floats(6, 4)})
    for norm in ("MAX", "L1", "L2"):
        yield from case(f"normalizer_{norm.lower()}", [node("Normalizer", ["x"], domain=ML, norm=norm)], {"x": floats(6, 4)})
    extract = node("ArrayFeatureExtractor", ["x", "i"], domain=ML)
    yield from case("array_feature_extractor", [extract], {"x": floats(3, 5)}, constants={"i": numpy.array([[0, 4, 2]])})


def tree(labels, post, modes=("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT", "BRANCH_NEQ")):
    """Trees of depth two, each with another comparison."""
    rows = {key: [] for key in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")}
    leaves = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}
    values = floats(100, seed=5).tolist()
    for number, mode in enumerate(modes):
        for index in range(7):
            leaf = index > 2
            row = (number, index, (number + index) % 3, 0.0 if leaf else values.pop(), "LEAF" if leaf else mode)
            row += (0, 0) if leaf else (2 * index + 1, 2 * index + 2)
            for key, value in zip(rows, row):
                rows[key].append(value)
            for class_id in range(len(labels)) if leaf else ():
                for key, value in zip(leaves, (number, index, class_id, abs(values.pop()) if values else 0.5)):
                    leaves[key].append(value)
    attributes = {f"nodes_{key}": value for key, value in rows.items()} | {f"class_{key}": value for key, value in leaves.items()}
    return node("TreeEnsembleClassifier", ["x"], ["label", "y"], ML, classlabels_int64s=labels, post_transform=post, **attributes)


def recurrent():
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}
    for operator, count in gates.items():
        for direction, sides in (("forward", 1), ("reverse", 1), ("bidirectional", 2)):
            constants = {
                "w": floats(sides, count * 4, 3, seed=6, scale=0.5),
                "r": floats(sides, count * 4, 4, seed=7, scale=0.5),
                "b": floats(sides, 2 * count * 4, seed=8, scale=0.5),
                "h": floats(sides, 2, 4, seed=9),
                "c": floats(sides, 2, 4, seed=10),
            }
            inputs, outputs = ["x", "w", "r", "b", "", "h"], ["y", "y_h"]
            if operator == "LSTM":
                inputs, outputs = [*inputs, "c"], [*outputs, "y_c"]
            else:
                del constants["c"]
            extra = {"linear_before_reset": 1} if operator == "GRU" and direction == "reverse" else {}
            layer = node(operator, inputs, outputs, direction=direction, hidden_size=4, **extra)
            yield from case(f"{operator.lower()}_{direction}", [layer], {"x": floats(5, 2, 3)}, outputs, constants, atol=1e-5)


def types():
    """Every element type through arithmetic, comparison, movement and reduction."""
    binary = {"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "max": "Max", "min": "Min", "pow": "Pow"}
    compare = {"equal": "Equal", "greater": "Greater", "less_or_equal": "LessOrEqual"}
    for dtype in "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 ?".split():
        dtype = numpy.dtype(dtype)
        raw = numpy.array([[7, 3, 1, 12], [5, 9, 2, 6], [8, 4, 10, 11]])
        signs = numpy.array([[1, -1, 1, -1], [1, 1, -1, 1], [-1, 1, 1, -1]]) if dtype.kind in "fi" else 1
        x = (raw * signs % 2 == 0) if dtype.kind == "b" else (raw * signs).astype(dtype)
        w = numpy.roll(x, 1, axis=1).copy()
        small = (numpy.abs(raw) % 3).astype(dtype)
        inputs = {"x": x, "w": w}
        for name, operator in (binary | compare).items():
            given = {"x": x, "w": small} if operator == "Pow" else inputs
            yield from case(f"{name}_{dtype}", [node(operator, ["x", "w"])], given, rtol=2e-3)
        for operator, fmod in (("Mod", 1 if dtype.kind == "f" else 0),):
            yield from case(f"mod_{dtype}", [node(operator, ["x", "w"], fmod=fmod)], inputs, rtol=2e-3)
        if dtype.kind in "iu":
            for operator in ("BitwiseAnd", "BitwiseOr", "BitwiseXor"):
                yield from case(f"{operator.lower()}_{dtype}", [node(operator, ["x", "w"])], inputs)
            yield from case(f"mod_fmod_{dtype}", [node("Mod", ["x", "w"], fmod=1)], inputs)
        for operator in ("Neg", "Abs", "Sign", "Relu", "Identity", "Not", "BitwiseNot"):
            yield from case(f"{operator.lower()}_{dtype}", [node(operator, ["x"])], {"x": x})
        for operator in ("ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceMean", "ReduceL1", "ReduceL2", "ReduceSumSquare"):
            yield from case(
                f"{operator.lower()}_{dtype}", [node(operator, ["x", "axes"], keepdims=0)], {"x": small if "Prod" in operator else x},
                constants={"axes": numpy.array([1])}, rtol=2e-3,
            )
        for operator in ("ArgMax", "ArgMin"):
            yield from case(f"{operator.lower()}_{dtype}", [node(operator, ["x"], axis=1)], {"x": x})
        moves = {
            "transpose": ([node("Transpose", ["x"])], {}),
            "concat": ([node("Concat", ["x", "x"], axis=1)], {}),
            "slice": ([node("Slice", ["x", "a", "b", "c", "d"])], {"a": [3], "b": [-9], "c": [1], "d": [-2]}),
            "gather": ([node("Gather", ["x", "a"], axis=1)], {"a": [-1, 0, 2]}),
            "expand": ([node("Expand", ["x", "a"])], {"a": [2, 3, 4]}),
            "tile": ([node("Tile", ["x", "a"])], {"a": [2, 1]}),
            "pad": ([node("Pad", ["x", "a"])], {"a": [1, 0, 0, 2]}),
            "where": ([node("Equal", ["x", "x"], ["m"]), node("Where", ["m", "x", "x"])], {}),
            "topk": ([node("TopK", ["x", "a"], ["y", "i"], axis=1)], {"a": [2]}),
            "cumsum": ([node("CumSum", ["x", "a"])], {"a": 1}),
            "scatter": ([node("ScatterElements", ["x", "a", "x"], axis=1)], {"a": [[3, 2, 1, 0]] * 3}),
            "trilu": ([node("Trilu", ["x"])], {}),
            "matmul": ([node("Transpose", ["x"], ["t"]), node("MatMul", ["x", "t"])], {}),
        }
        for name, (nodes, constants) in moves.items():
            outputs = ["y", "i"] if name == "topk" else ["y"]
            constants = {key: numpy.array(value, numpy.int64) for key, value in constants.items()}
            yield from case(f"{name}_{dtype}", nodes, {"x": x}, outputs, constants, rtol=2e-3)
        for other in "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 ?".split():
            positive = numpy.abs(x) if dtype.kind != "b" else x
            cast = node("Cast", ["x"], to=helper.np_dtype_to_tensor_dtype(numpy.dtype(other)))
            yield from case(f"cast_{dtype}_{numpy.dtype(other)}", [cast], {"x": positive})


def others():
    for p in (1, 2, 3):
        yield from case(f"global_lp_pool_{p}", [node("GlobalLpPool", ["x"], p=p)], {"x": floats(2, 3, 4, 5)})
    yield from case("lp_normalization_zero", [node("LpNormalization", ["x"], axis=-1)], {"x": numpy.zeros((2, 3), numpy.float32)})
    for axis in (0, 1, -1):
        yield from case(f"hardmax_{axis}", [node("Hardmax", ["x"], axis=axis)], {"x": floats(3, 4)})
    for equation in ("ij,jk->ik", "bij,bjk->bik", "ij->ji", "ij->", "i,j->ij", "bhid,bhjd->bhij"):
        terms = equation.split("->")[0].split(",")
        sizes = dict(i=3, j=4, k=5, b=2, h=2, d=3)
        inputs = {f"x{n}": floats(*[sizes[c] for c in term], seed=n) for n, term in enumerate(terms)}
        yield from case(f"einsum_{equation}".replace(",", "_").replace("->", "_to_"), [node("Einsum", inputs, equation=equation)], inputs)
    for channels, groups, strides, dilations in ((4, 4, 1, 1), (4, 2, 2, 1), (4, 1, 1, 2), (4, 4, 2, 2)):
        constants = {"w": floats(4, channels // groups, 3, 3, seed=11)}
        layer = node("Conv", ["x", "w"], group=groups, strides=[strides] * 2, dilations=[dilations] * 2, pads=[1, 2, 0, 1])
        yield from case(f"conv_{groups}_{strides}_{dilations}", [layer], {"x": floats(1, channels, 9, 9)}, constants=constants, atol=1e-5)
        turned = node("ConvTranspose", ["x", "w"], group=groups, strides=[strides] * 2, output_padding=[strides - 1] * 2)
        constants = {"w": floats(4, 4 // groups, 3, 3, seed=12)}
        yield from case(f"conv_transpose_{groups}_{strides}_{dilations}", [turned], {"x": floats(1, channels, 5, 5)}, constants=constants, atol=1e-5)


def cases():
    for group in (quantised, machine_learning, recurrent, types, others):
        yield from group()

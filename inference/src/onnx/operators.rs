//! The admission table: which operators run, and which refusals have a reason
//! worth telling.

/// Whether an operator's gas can depend on its input values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// The same gas whatever the values, in single precision and integers; half
    /// and double precision go through scalar functions that branch.
    Fixed,
    /// Values choose branches: sorting, searching, scalar math functions.
    Variable,
}

use Cost::{Fixed, Variable};

/// Admitted operators of the default domain, sorted by name.
pub(crate) const OPERATORS: &[(&str, Cost)] = &[
    ("Abs", Fixed),
    ("Acos", Variable),
    ("Acosh", Variable),
    ("Add", Fixed),
    ("And", Fixed),
    ("ArgMax", Fixed),
    ("ArgMin", Fixed),
    ("Asin", Variable),
    ("Asinh", Variable),
    ("Atan", Variable),
    ("Atanh", Variable),
    ("AveragePool", Fixed),
    ("BatchNormalization", Fixed),
    ("BitShift", Fixed),
    ("BitwiseAnd", Fixed),
    ("BitwiseNot", Fixed),
    ("BitwiseOr", Fixed),
    ("BitwiseXor", Fixed),
    ("Cast", Fixed),
    ("CastLike", Fixed),
    ("Ceil", Fixed),
    ("Celu", Fixed),
    ("Clip", Fixed),
    ("Concat", Fixed),
    ("Constant", Fixed),
    ("ConstantOfShape", Fixed),
    ("Conv", Fixed),
    ("ConvInteger", Fixed),
    ("ConvTranspose", Fixed),
    ("Cos", Variable),
    ("Cosh", Variable),
    ("CumSum", Fixed),
    ("DepthToSpace", Fixed),
    ("DequantizeLinear", Fixed),
    ("Div", Fixed),
    ("Dropout", Fixed),
    ("DynamicQuantizeLinear", Variable),
    ("Elu", Fixed),
    ("Equal", Fixed),
    ("Erf", Fixed),
    ("Exp", Fixed),
    ("Expand", Fixed),
    ("EyeLike", Fixed),
    ("Flatten", Fixed),
    ("Floor", Fixed),
    ("GRU", Fixed),
    ("Gather", Fixed),
    ("GatherElements", Fixed),
    ("GatherND", Fixed),
    ("Gelu", Fixed),
    ("Gemm", Fixed),
    ("GlobalAveragePool", Fixed),
    ("GlobalMaxPool", Fixed),
    ("Greater", Fixed),
    ("GreaterOrEqual", Fixed),
    ("GroupNormalization", Fixed),
    ("HardSigmoid", Fixed),
    ("HardSwish", Fixed),
    ("Identity", Fixed),
    ("InstanceNormalization", Fixed),
    ("IsInf", Fixed),
    ("IsNaN", Fixed),
    ("LRN", Variable),
    ("LSTM", Fixed),
    ("LayerNormalization", Fixed),
    ("LeakyRelu", Fixed),
    ("Less", Fixed),
    ("LessOrEqual", Fixed),
    ("Log", Fixed),
    ("LogSoftmax", Fixed),
    ("LpNormalization", Variable),
    ("MatMul", Fixed),
    ("MatMulInteger", Fixed),
    ("Max", Fixed),
    ("MaxPool", Fixed),
    ("Mean", Fixed),
    ("MeanVarianceNormalization", Fixed),
    ("Min", Fixed),
    ("Mish", Fixed),
    ("Mod", Variable),
    ("Mul", Fixed),
    ("Neg", Fixed),
    ("Not", Fixed),
    ("OneHot", Fixed),
    ("Or", Fixed),
    ("PRelu", Fixed),
    ("Pad", Fixed),
    ("Pow", Variable),
    ("QLinearConv", Variable),
    ("QLinearMatMul", Variable),
    ("QuantizeLinear", Variable),
    ("RNN", Fixed),
    ("Range", Fixed),
    ("Reciprocal", Fixed),
    ("ReduceL1", Fixed),
    ("ReduceL2", Fixed),
    ("ReduceLogSum", Fixed),
    ("ReduceLogSumExp", Fixed),
    ("ReduceMax", Fixed),
    ("ReduceMean", Fixed),
    ("ReduceMin", Fixed),
    ("ReduceProd", Fixed),
    ("ReduceSum", Fixed),
    ("ReduceSumSquare", Fixed),
    ("Relu", Fixed),
    ("Reshape", Fixed),
    ("Resize", Fixed),
    ("Round", Fixed),
    ("ScatterElements", Fixed),
    ("ScatterND", Fixed),
    ("Selu", Fixed),
    ("Shape", Fixed),
    ("Shrink", Fixed),
    ("Sigmoid", Fixed),
    ("Sign", Fixed),
    ("Sin", Variable),
    ("Sinh", Variable),
    ("Size", Fixed),
    ("Slice", Fixed),
    ("Softmax", Fixed),
    ("Softplus", Fixed),
    ("Softsign", Fixed),
    ("SpaceToDepth", Fixed),
    ("Split", Fixed),
    ("Sqrt", Fixed),
    ("Squeeze", Fixed),
    ("Sub", Fixed),
    ("Sum", Fixed),
    ("Tan", Variable),
    ("Tanh", Fixed),
    ("ThresholdedRelu", Fixed),
    ("Tile", Fixed),
    ("TopK", Variable),
    ("Transpose", Fixed),
    ("Trilu", Fixed),
    ("Unsqueeze", Fixed),
    ("Where", Fixed),
    ("Xor", Fixed),
];

/// Admitted operators of the domain `ai.onnx.ml`.
pub(crate) const ML_OPERATORS: &[(&str, Cost)] = &[("ArrayFeatureExtractor", Fixed)];

/// The cost class of an operator, if it is admitted.
pub(super) fn cost(domain: &str, name: &str) -> Option<Cost> {
    let table = match domain {
        "" | "ai.onnx" => OPERATORS,
        "ai.onnx.ml" => ML_OPERATORS,
        _ => return None,
    };
    let index = table.binary_search_by_key(&name, |(name, _)| name).ok()?;
    table.get(index).map(|(_, cost)| *cost)
}

/// Why an operator that models do use is not admitted.
pub(super) fn refusal(name: &str) -> &'static str {
    match name {
        "If" | "Loop" | "Scan" | "SequenceMap" => {
            "subgraphs are not admitted yet; unroll or fold the control flow when exporting"
        }
        "RandomNormal" | "RandomNormalLike" | "RandomUniform" | "RandomUniformLike" | "Multinomial" | "Bernoulli" => {
            "randomness has no reproducible result; take the numbers as an input"
        }
        "NonZero" | "Compress" | "NonMaxSuppression" | "Unique" => {
            "its output shape depends on data; end the graph before it and do this step on the result"
        }
        "DFT" | "STFT" | "MelWeightMatrix" | "HannWindow" | "HammingWindow" | "BlackmanWindow" => {
            "signal operators are not admitted; compute the spectrum before uploading it"
        }
        "TreeEnsembleClassifier" | "TreeEnsembleRegressor" | "TreeEnsemble" => {
            "trees are not admitted yet; a neural or linear model is"
        }
        "ZipMap" => "export with options={\"zipmap\": False}",
        "QLinearAdd" | "QLinearMul" | "QLinearGlobalAveragePool" => "export the quantised model in QDQ form",
        _ => "see the table of admitted operators, and export with another operator set",
    }
}

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

use super::is_default;
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
    ("Einsum", Fixed),
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
    ("GridSample", Variable),
    ("GroupNormalization", Fixed),
    ("HardSigmoid", Fixed),
    ("HardSwish", Fixed),
    ("Hardmax", Variable),
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
    ("RMSNormalization", Fixed),
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
    ("RotaryEmbedding", Fixed),
    ("Round", Fixed),
    ("Scatter", Fixed),
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
pub(crate) const ML_OPERATORS: &[(&str, Cost)] = &[
    ("ArrayFeatureExtractor", Fixed),
    ("LinearClassifier", Variable),
    ("LinearRegressor", Fixed),
    ("Normalizer", Fixed),
    ("TreeEnsembleClassifier", Variable),
];

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

const SUBGRAPH: &str = "subgraphs are not admitted; unroll or fold the control flow when exporting";
const RANDOM: &str = "randomness has no reproducible result; take the numbers as an input";
const SHAPE_FROM_DATA: &str =
    "its output shape depends on data; end the graph before it and do this step on the result";
const SIGNAL: &str =
    "the runtime's Fourier transform differs from ONNX for the inverse; compute the spectrum before the call";
const WINDOW: &str = "it is a constant; let the exporter fold it";
const STRINGS: &str = "strings are not admitted; map them to numbers before the call";
const SEQUENCES: &str = "sequences and optional values are not admitted; use tensors";
const TRAINING: &str = "it is for training; export for inference";
const REMOVED: &str = "it was removed from ONNX; export with a current operator set";
const DECOMPOSE: &str = "the runtime does not have it; export with an older operator set, or decompose it";
const CONTRIB: &str = "it is defined by onnxruntime, not by ONNX; export without onnxruntime's graph optimisations";
const QDQ: &str = "export the quantised model in QDQ form";
const REGRESSION_TREES: &str = "the runtime has no regression trees; use a classifier or a neural model";

/// Operators that models do use, or that the runtime could run, and why they are
/// not admitted: domain, name, reason. Sorted by domain and name.
pub(super) const REFUSED: &[(&str, &str, &str)] = &[
    ("", "AffineGrid", DECOMPOSE),
    ("", "Attention", DECOMPOSE),
    ("", "Bernoulli", RANDOM),
    ("", "BlackmanWindow", WINDOW),
    ("", "CenterCropPad", DECOMPOSE),
    ("", "Col2Im", DECOMPOSE),
    ("", "Compress", SHAPE_FROM_DATA),
    ("", "ConcatFromSequence", SEQUENCES),
    ("", "ConstantLike", REMOVED),
    ("", "DFT", SIGNAL),
    ("", "DeformConv", DECOMPOSE),
    ("", "Det", DECOMPOSE),
    ("", "GlobalLpPool", "the runtime takes a mean where ONNX takes a sum; use ReduceL1 or ReduceL2"),
    ("", "HammingWindow", WINDOW),
    ("", "HannWindow", WINDOW),
    ("", "If", SUBGRAPH),
    ("", "ImageDecoder", "decode the image before the call"),
    ("", "Loop", SUBGRAPH),
    ("", "LpPool", DECOMPOSE),
    ("", "MaxRoiPool", DECOMPOSE),
    ("", "MaxUnpool", DECOMPOSE),
    ("", "MelWeightMatrix", WINDOW),
    ("", "Multinomial", RANDOM),
    ("", "NegativeLogLikelihoodLoss", TRAINING),
    ("", "NonMaxSuppression", SHAPE_FROM_DATA),
    ("", "NonZero", SHAPE_FROM_DATA),
    ("", "Optional", SEQUENCES),
    ("", "OptionalGetElement", SEQUENCES),
    ("", "OptionalHasElement", SEQUENCES),
    ("", "ParametricSoftplus", REMOVED),
    ("", "RandomNormal", RANDOM),
    ("", "RandomNormalLike", RANDOM),
    ("", "RandomUniform", RANDOM),
    ("", "RandomUniformLike", RANDOM),
    ("", "RegexFullMatch", STRINGS),
    ("", "ReverseSequence", DECOMPOSE),
    ("", "RoiAlign", DECOMPOSE),
    ("", "Rsqrt", "it is no operator of ONNX; use Sqrt and Reciprocal"),
    ("", "STFT", SIGNAL),
    ("", "ScaledTanh", REMOVED),
    ("", "Scan", SUBGRAPH),
    ("", "SequenceAt", SEQUENCES),
    ("", "SequenceConstruct", SEQUENCES),
    ("", "SequenceEmpty", SEQUENCES),
    ("", "SequenceErase", SEQUENCES),
    ("", "SequenceInsert", SEQUENCES),
    ("", "SequenceLength", SEQUENCES),
    ("", "SequenceMap", SUBGRAPH),
    ("", "SimplifiedLayerNormalization", CONTRIB),
    ("", "SoftmaxCrossEntropyLoss", TRAINING),
    ("", "SplitToSequence", SEQUENCES),
    ("", "StringConcat", STRINGS),
    ("", "StringNormalizer", STRINGS),
    ("", "StringSplit", STRINGS),
    ("", "Swish", "the runtime ignores its alpha; write x * Sigmoid(alpha * x)"),
    ("", "TensorScatter", DECOMPOSE),
    ("", "TfIdfVectorizer", DECOMPOSE),
    ("", "Unique", SHAPE_FROM_DATA),
    ("", "Upsample", "it is deprecated; use Resize, with operator set 10 or later"),
    ("ai.onnx.ml", "Binarizer", "use Greater and Cast"),
    ("ai.onnx.ml", "CastMap", STRINGS),
    ("ai.onnx.ml", "CategoryMapper", STRINGS),
    ("ai.onnx.ml", "DictVectorizer", STRINGS),
    ("ai.onnx.ml", "FeatureVectorizer", "use Concat"),
    ("ai.onnx.ml", "Imputer", "use IsNaN and Where"),
    ("ai.onnx.ml", "LabelEncoder", "map the labels after the call"),
    ("ai.onnx.ml", "OneHotEncoder", "use OneHot"),
    ("ai.onnx.ml", "SVMClassifier", "the runtime has no support vector machines; use a neural or linear model"),
    ("ai.onnx.ml", "SVMRegressor", "the runtime has no support vector machines; use a neural or linear model"),
    ("ai.onnx.ml", "Scaler", "use Sub and Mul"),
    ("ai.onnx.ml", "TreeEnsemble", "export the trees as TreeEnsembleClassifier"),
    ("ai.onnx.ml", "TreeEnsembleRegressor", REGRESSION_TREES),
    ("ai.onnx.ml", "ZipMap", "export with options={\"zipmap\": False}"),
    ("ai.onnx.preview.training", "Adagrad", TRAINING),
    ("ai.onnx.preview.training", "Adam", TRAINING),
    ("ai.onnx.preview.training", "Gradient", TRAINING),
    ("ai.onnx.preview.training", "Momentum", TRAINING),
    ("com.microsoft", "Attention", CONTRIB),
    ("com.microsoft", "BiasGelu", CONTRIB),
    ("com.microsoft", "FastGelu", CONTRIB),
    ("com.microsoft", "GatherBlockQuantized", CONTRIB),
    ("com.microsoft", "GroupQueryAttention", CONTRIB),
    ("com.microsoft", "MatMulNBits", CONTRIB),
    ("com.microsoft", "MultiHeadAttention", CONTRIB),
    ("com.microsoft", "QLinearAdd", QDQ),
    ("com.microsoft", "QLinearGlobalAveragePool", QDQ),
    ("com.microsoft", "QLinearMul", QDQ),
    ("com.microsoft", "QuickGelu", CONTRIB),
    ("com.microsoft", "RotaryEmbedding", CONTRIB),
    ("com.microsoft", "SkipLayerNormalization", CONTRIB),
    ("com.microsoft", "SkipSimplifiedLayerNormalization", CONTRIB),
];

/// Why an operator is not admitted.
pub(super) fn refusal(domain: &str, name: &str) -> &'static str {
    let domain = if is_default(domain) { "" } else { domain };
    match REFUSED.binary_search_by_key(&(domain, name), |(domain, name, _)| (domain, name)) {
        Ok(index) => REFUSED.get(index).map_or("", |(_, _, reason)| reason),
        Err(_) if ["", "ai.onnx.ml"].contains(&domain) => "the runtime does not know it; is its name right?",
        Err(_) => "only ONNX's own operators are; export without custom domains",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_disjoint() {
        for table in [OPERATORS, ML_OPERATORS] {
            assert!(table.is_sorted_by(|(a, _), (b, _)| a < b));
        }
        assert!(REFUSED.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
        for (domain, name, reason) in REFUSED {
            assert!(cost(domain, name).is_none(), "{domain} {name} is both admitted and refused");
            assert_eq!(refusal(domain, name), *reason);
        }
    }
}

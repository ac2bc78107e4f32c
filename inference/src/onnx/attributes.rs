//! Attributes: bounds of their values, and those that the guest does not follow.

use std::ops::RangeInclusive;

use super::wire::{Fields, once, too_many};
use super::{
    MAX_ATTRIBUTE_ELEMENTS, MAX_DIM, MAX_NAME_BYTES, MAX_TREE_ELEMENTS, feature, graph::name, operators, tensor,
};
use crate::error::{Error, code};
use crate::tensor::{DType, MAX_RANK};

const AXIS: RangeInclusive<i64> = -(MAX_RANK as i64)..=MAX_RANK as i64 - 1;
const LEAST_ONE: RangeInclusive<i64> = 1..=MAX_DIM as i64;
const NOT_NEGATIVE: RangeInclusive<i64> = 0..=MAX_DIM as i64;

/// What the integers of an attribute may be, whatever the operator. Most of what
/// lies outside makes tract divide by zero or index out of bounds.
pub(crate) const RANGES: &[(&str, RangeInclusive<i64>)] = &[
    ("axes", AXIS),
    ("axis", AXIS),
    ("batch_dims", AXIS),
    ("blocksize", LEAST_ONE),
    ("dilations", LEAST_ONE),
    ("group", LEAST_ONE),
    ("hidden_size", LEAST_ONE),
    ("kernel_shape", LEAST_ONE),
    ("num_groups", LEAST_ONE),
    ("num_outputs", LEAST_ONE),
    ("output_padding", NOT_NEGATIVE),
    ("output_shape", LEAST_ONE),
    ("pads", -(MAX_DIM as i64)..=MAX_DIM as i64),
    ("perm", 0..=MAX_RANK as i64 - 1),
    ("size", LEAST_ONE),
    ("split", NOT_NEGATIVE),
    ("strides", LEAST_ONE),
];

/// The only values of an attribute that the guest follows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Only {
    /// The attribute must be left out.
    Absent,
    /// The integer, which is what ONNX means by leaving it out.
    Int(i64),
    /// These names, over and over, in any case.
    Texts(&'static [&'static str]),
    /// One of these names.
    OneOf(&'static [&'static str]),
    /// A text with another end.
    NotEnding(&'static str),
}

use Only::{Absent, Int, NotEnding, OneOf, Texts};

/// Operators with an attribute whose default the guest does not follow.
pub(crate) const REQUIRED: &[(&str, &str)] = &[("Normalizer", "norm")];

/// Operator, attribute, and the values of it that do not change the result, or
/// that the guest does follow.
pub(crate) const ONLY: &[(&str, &str, Only)] = &[
    ("BatchNormalization", "spatial", Int(1)),
    ("BatchNormalization", "training_mode", Int(0)),
    ("Constant", "value_string", Absent),
    ("Constant", "value_strings", Absent),
    ("DequantizeLinear", "block_size", Int(0)),
    ("DequantizeLinear", "output_dtype", Int(0)),
    ("Einsum", "equation", NotEnding("->")),
    ("GRU", "activation_alpha", Absent),
    ("GRU", "activation_beta", Absent),
    ("GRU", "activations", Texts(&["sigmoid", "tanh"])),
    ("GRU", "clip", Absent),
    ("GRU", "direction", OneOf(&["forward", "bidirectional"])),
    ("LSTM", "activation_alpha", Absent),
    ("LSTM", "activation_beta", Absent),
    ("LSTM", "activations", Texts(&["sigmoid", "tanh", "tanh"])),
    ("LSTM", "clip", Absent),
    ("LSTM", "direction", OneOf(&["forward", "bidirectional"])),
    ("LSTM", "input_forget", Int(0)),
    ("LinearClassifier", "classlabels_strings", Absent),
    ("Normalizer", "norm", OneOf(&["L1", "L2"])),
    ("QuantizeLinear", "block_size", Int(0)),
    ("QuantizeLinear", "output_dtype", Int(0)),
    ("QuantizeLinear", "precision", Int(0)),
    ("RNN", "activation_alpha", Absent),
    ("RNN", "activation_beta", Absent),
    ("RNN", "activations", Texts(&["tanh"])),
    ("RNN", "clip", Absent),
    ("RNN", "direction", OneOf(&["forward", "bidirectional"])),
    ("TreeEnsembleClassifier", "base_values_as_tensor", Absent),
    ("TreeEnsembleClassifier", "class_weights_as_tensor", Absent),
    ("TreeEnsembleClassifier", "classlabels_strings", Absent),
    ("TreeEnsembleClassifier", "nodes_hitrates_as_tensor", Absent),
    ("TreeEnsembleClassifier", "nodes_values_as_tensor", Absent),
];

/// The attribute that `operator` lacks and must have.
pub(super) fn missing(operator: &str, attributes: &[Attribute<'_>]) -> Option<&'static str> {
    let needed = REQUIRED.iter().filter(|(needs, _)| *needs == operator);
    needed.map(|(_, name)| *name).find(|name| !attributes.iter().any(|attribute| attribute.name == *name))
}

/// Inputs that are sizes, indices or counts, by operator. tract counts in 32 bits
/// here and would take a larger number for a small one.
pub(crate) const SIZES: &[(&str, usize)] = &[
    ("ArrayFeatureExtractor", 1),
    ("ConstantOfShape", 0),
    ("Expand", 1),
    ("Gather", 1),
    ("GatherElements", 1),
    ("GatherND", 1),
    ("OneHot", 1),
    ("Pad", 1),
    ("Reshape", 1),
    ("Resize", 3),
    ("Scatter", 1),
    ("ScatterElements", 1),
    ("ScatterND", 1),
    ("Split", 1),
    ("Tile", 1),
    ("TopK", 1),
];

/// What the walk keeps of an attribute.
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    integer: Option<u64>,
    pub(super) integers: Vec<u64>,
    pub(super) texts: Vec<&'a [u8]>,
    text: Option<&'a [u8]>,
    constant: Option<DType>,
    /// Whether a tensor in it is [wide](tensor::Constant::wide).
    wide: bool,
}

impl<'a> Attribute<'a> {
    /// Reads an attribute of `operator` and checks its bounds.
    pub(super) fn read(bytes: &'a [u8], operator: &str) -> Result<Self, Error> {
        let limit = if is_tree(operator) { MAX_TREE_ELEMENTS } else { MAX_ATTRIBUTE_ELEMENTS };
        let (mut key, mut integer, mut text, mut constant, mut floats) = (None, None, None, None, 0);
        let (mut integers, mut texts, mut wide) = (Vec::new(), Vec::new(), false);
        for field in Fields::new(bytes) {
            let field = field?;
            match field.number {
                1 => once(&mut key, name(field.text()?)?, "an attribute's name")?,
                3 => once(&mut integer, field.varint()?, "an attribute's value")?,
                4 if field.bytes()?.len() > MAX_NAME_BYTES => return Err(too_many(MAX_NAME_BYTES)),
                4 => once(&mut text, field.bytes()?, "an attribute's value")?,
                5 => {
                    let value = tensor::read(field.bytes()?)?;
                    wide = value.wide;
                    once(&mut constant, value.dtype, "an attribute's value")?;
                }
                6 | 11 => return Err(feature("subgraphs", "unroll or fold the control flow when exporting")),
                7 => floats += field.count_fixed(4)?,
                8 => field.varints(limit, &mut integers)?,
                9 => texts.push(field.bytes()?),
                10 => return Err(feature("lists of tensors", "export with another operator set")),
                14 | 15 => return Err(feature("type attributes", "export with another operator set")),
                22 | 23 => return Err(feature("sparse tensors", "store them dense")),
                _ => {}
            }
            if floats > limit as u64 || texts.len() > limit {
                return Err(too_many(limit));
            }
        }
        let attribute = Attribute { name: key.unwrap_or(""), integer, integers, texts, text, constant, wide };
        attribute.check(operator)?;
        Ok(attribute)
    }

    /// Whether it holds a number that no size, index or count is.
    pub(super) fn wide(&self) -> bool {
        self.wide || self.numbers().any(tensor::is_wide)
    }

    fn numbers(&self) -> impl Iterator<Item = i64> {
        self.integer.iter().chain(&self.integers).map(|number| *number as i64)
    }

    fn check(&self, operator: &str) -> Result<(), Error> {
        if let Ok(index) = RANGES.binary_search_by_key(&self.name, |(name, _)| name)
            && let Some((_, range)) = RANGES.get(index)
            && let Some(number) = self.numbers().find(|number| !range.contains(number))
        {
            return Err(wrong(self.name, format!("has {number}, outside {} to {}", range.start(), range.end())));
        }
        // A permutation, so that tract does not look for the axis that is missing.
        if self.name == "perm" && (0..self.integers.len() as u64).any(|axis| !self.integers.contains(&axis)) {
            return Err(wrong(self.name, "is no permutation of the axes"));
        }
        if self.texts.iter().chain(&self.text).any(|text| text.len() > MAX_NAME_BYTES) {
            return Err(too_many(MAX_NAME_BYTES));
        }
        if self.is_type(operator) {
            // 0 stands for the type of another input.
            let number = self.integer.unwrap_or(0);
            if number != 0 {
                tensor::element_type(number, self.name)?;
            }
        }
        if let Ok(index) = ONLY.binary_search_by_key(&(operator, self.name), |(operator, name, _)| (operator, name))
            && let Some((_, _, only)) = ONLY.get(index)
            && !self.is(only)
        {
            let message = match only {
                Absent => "is not followed by the runtime; export the model without it".to_owned(),
                Int(value) => format!("must be {value}: the runtime follows no other value"),
                Texts(texts) => format!("must be {}: the runtime follows no other value", texts.join(", ")),
                OneOf(texts) => format!("must be {}: the runtime follows no other value", texts.join(" or ")),
                NotEnding(end) => format!("ends with `{end}`, which the runtime does not follow"),
            };
            return Err(wrong(self.name, message));
        }
        Ok(())
    }

    fn is(&self, only: &Only) -> bool {
        match only {
            Absent => false,
            Int(value) => self.integer.unwrap_or(0) as i64 == *value && self.integers.is_empty(),
            Texts(texts) => {
                self.text.is_none()
                    && self.texts.len().is_multiple_of(texts.len())
                    && self.texts.iter().zip(texts.iter().cycle()).all(|(a, b)| a.eq_ignore_ascii_case(b.as_bytes()))
            }
            OneOf(texts) => self.text.is_some_and(|text| texts.iter().any(|one| text == one.as_bytes())),
            NotEnding(end) => self.text.is_some_and(|text| !text.trim_ascii_end().ends_with(end.as_bytes())),
        }
    }

    fn is_type(&self, operator: &str) -> bool {
        self.name == "dtype" || (self.name == "to" && operator == "Cast")
    }

    /// Whether it brings in a type whose math branches on values.
    pub(super) fn branches(&self, operator: &str) -> bool {
        let named = self.integer.filter(|_| self.is_type(operator)).and_then(DType::from_onnx);
        named.or(self.constant).is_some_and(DType::branches)
    }
}

pub(super) fn is_tree(operator: &str) -> bool {
    operator == "TreeEnsembleClassifier" && operators::cost("ai.onnx.ml", operator).is_some()
}

pub(super) fn wrong(attribute: &str, message: impl std::fmt::Display) -> Error {
    Error::new(code::ATTRIBUTE, format!("attribute `{attribute}` {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(RANGES.is_sorted_by(|(a, _), (b, _)| a < b));
        assert!(ONLY.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
    }
}

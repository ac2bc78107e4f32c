//! Codespace `aivm`: inputs that do not fit the model. Failures of the model
//! itself are in codespace `inference`; `docs/models.md` lists both.

use synergy_kernel::Error;

fn error(code: u32, message: String) -> Error {
    Error::new("aivm", code, message)
}

pub(crate) fn missing_input(name: &str) -> Error {
    error(2, format!("input {name:?} is missing: the model's record lists its inputs"))
}

pub(crate) fn unknown_input(name: &str) -> Error {
    error(3, format!("the model has no input {name:?}, or it is given twice: the model's record lists its inputs"))
}

pub(crate) fn wrong_dtype(name: &str, expected: &str, got: &str) -> Error {
    error(4, format!("input {name:?} takes elements of type {expected}, got {got:?}"))
}

pub(crate) fn wrong_shape(name: &str, expected: &[u64], got: &[u64]) -> Error {
    error(5, format!("input {name:?} takes shape {expected:?}, got {got:?}"))
}

pub(crate) fn wrong_length(name: &str, expected: u64, got: usize) -> Error {
    error(6, format!("input {name:?} takes {expected} bytes, got {got}"))
}

pub(crate) fn not_canonical(name: &str, why: &str) -> Error {
    error(7, format!("input {name:?}: {why}"))
}

pub(crate) fn too_large(got: u64, limit: u64) -> Error {
    error(8, format!("the inputs have {got} bytes, at most {limit} are allowed"))
}

use std::{fmt, str::FromStr};

/// A token's name: `[a-zA-Z][a-zA-Z0-9/:._-]{2,127}`, the Cosmos SDK's rule.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Denom(Box<str>);

/// A text that is no denomination; holds the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenomError(pub String);

impl fmt::Display for DenomError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid denom {:?}: 3 to 128 characters, a letter first, then letters, digits or / : . _ -", self.0)
    }
}

impl std::error::Error for DenomError {}

impl Denom {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Denom {
    type Err = DenomError;

    fn from_str(text: &str) -> Result<Self, DenomError> {
        let bytes = text.as_bytes();
        let valid = (3..=128).contains(&bytes.len())
            && bytes[0].is_ascii_alphabetic()
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"/:._-".contains(b));
        if valid { Ok(Self(text.into())) } else { Err(DenomError(text.chars().take(160).collect())) }
    }
}

impl fmt::Display for Denom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Denom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

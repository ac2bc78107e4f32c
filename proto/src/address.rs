use std::{fmt, str::FromStr};

use bech32::{Bech32, Hrp, primitives::decode::CheckedHrpstring};

/// Human-readable part of account and contract addresses.
pub const ADDRESS_PREFIX: &str = "synergy";

/// Human-readable part of a validator operator's address.
pub const VALOPER_PREFIX: &str = "synergyvaloper";
/// Human-readable part of a consensus address.
pub const VALCONS_PREFIX: &str = "synergyvalcons";

/// 1 to 32 bytes that own state: 20 for accounts and modules, 32 for contracts.
/// Its text form is bech32 (BIP-173) under [`ADDRESS_PREFIX`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    bytes: [u8; 32],
    len: u8,
}

/// Why a text or byte string is not an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressError {
    /// Not 1 to 32 bytes; holds the length found.
    Length(usize),
    /// Bad characters or checksum.
    Bech32(String),
    /// Another chain's prefix.
    Prefix(String),
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(n) => write!(f, "an address has 1 to 32 bytes, this one has {n}"),
            Self::Bech32(text) => write!(f, "not a bech32 address ({text}): copy it again in full"),
            Self::Prefix(found) => {
                write!(
                    f,
                    "address has prefix \"{found}\", not the expected one (\"{ADDRESS_PREFIX}\" for accounts, \"{VALOPER_PREFIX}\" for validators): it is of another kind or chain"
                )
            }
        }
    }
}

impl std::error::Error for AddressError {}

impl Address {
    /// Takes raw bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, AddressError> {
        if bytes.is_empty() || bytes.len() > 32 {
            return Err(AddressError::Length(bytes.len()));
        }
        let mut address = Self { bytes: [0; 32], len: bytes.len() as u8 };
        address.bytes[..bytes.len()].copy_from_slice(bytes);
        Ok(address)
    }

    /// The address of a module account: the first 20 bytes of SHA-256 of its
    /// name, as in the Cosmos SDK (`authtypes.NewModuleAddress`).
    pub fn module(name: &str) -> Self {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(name.as_bytes());
        let mut address = Self { bytes: [0; 32], len: 20 };
        address.bytes[..20].copy_from_slice(&digest[..20]);
        address
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Reads the text form under another prefix.
    pub fn from_bech32(prefix: &str, text: &str) -> Result<Self, AddressError> {
        let checked = CheckedHrpstring::new::<Bech32>(text).map_err(|e| AddressError::Bech32(e.to_string()))?;
        if checked.hrp().to_lowercase() != prefix {
            return Err(AddressError::Prefix(checked.hrp().to_lowercase()));
        }
        let bytes: Vec<u8> = checked.byte_iter().take(33).collect();
        Self::new(&bytes)
    }

    /// Reads a validator operator's address, `synergyvaloper1…`.
    pub fn from_valoper(text: &str) -> Result<Self, AddressError> {
        Self::from_bech32(VALOPER_PREFIX, text)
    }

    /// The text form of an operator's address.
    pub fn valoper(&self) -> String {
        self.to_bech32(VALOPER_PREFIX).unwrap_or_default()
    }

    /// The text form of a consensus address, `synergyvalcons1…`.
    pub fn valcons(&self) -> String {
        self.to_bech32(VALCONS_PREFIX).unwrap_or_default()
    }

    /// The text form under another prefix, e.g. `synergyvaloper`.
    pub fn to_bech32(&self, prefix: &str) -> Result<String, AddressError> {
        let hrp = Hrp::parse(prefix).map_err(|e| AddressError::Bech32(e.to_string()))?;
        bech32::encode::<Bech32>(hrp, self.as_bytes()).map_err(|e| AddressError::Bech32(e.to_string()))
    }
}

impl From<[u8; 20]> for Address {
    fn from(bytes: [u8; 20]) -> Self {
        let mut address = Self { bytes: [0; 32], len: 20 };
        address.bytes[..20].copy_from_slice(&bytes);
        address
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::from_bech32(ADDRESS_PREFIX, text)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_bech32(ADDRESS_PREFIX).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trip_and_refusals() {
        let address = Address::new(&[7; 20]).unwrap();
        assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
        let long = Address::new(&[9; 32]).unwrap();
        assert_eq!(long.to_string().parse::<Address>().unwrap(), long);
        let cosmos = address.to_bech32("cosmos").unwrap();
        assert_eq!(cosmos.parse::<Address>(), Err(AddressError::Prefix("cosmos".into())));
        let mut broken = address.to_string();
        broken.pop();
        assert!(matches!(broken.parse::<Address>(), Err(AddressError::Bech32(_))));
        assert_eq!(Address::new(&[]), Err(AddressError::Length(0)));
        assert_eq!(Address::new(&[0; 33]), Err(AddressError::Length(33)));
    }

    #[test]
    fn module_addresses_are_those_of_the_sdk() {
        // cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh is the SDK's bonded_tokens_pool.
        let pool = Address::module("bonded_tokens_pool").to_bech32("cosmos").unwrap();
        assert_eq!(pool, "cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh");
    }
}

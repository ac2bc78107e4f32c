use sha3::{Digest, Keccak256};

use crate::{
    Result, Scheme,
    secp256k1::{Secp256k1Key, Secp256k1Secret},
};

/// A secp256k1 public key used the way Ethereum does: Keccak-256 hashes what is signed
/// and the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EthSecp256k1Key(Secp256k1Key);

impl EthSecp256k1Key {
    /// Decodes the 33-byte compressed form; other SEC 1 forms are refused.
    ///
    /// # Errors
    /// [`crate::Error::InvalidKey`] on another length or if the bytes are not a point.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Secp256k1Key::decode(Scheme::EthSecp256k1, bytes).map(Self)
    }

    /// The 33-byte compressed form.
    pub fn to_bytes(&self) -> [u8; 33] {
        self.0.to_bytes()
    }

    /// The last 20 bytes of Keccak-256 over the key's two coordinates.
    pub(crate) fn address(&self) -> [u8; 20] {
        let hash = keccak(&self.0.coordinates());
        std::array::from_fn(|i| hash[i + 12])
    }

    /// Verifies a 64-byte `r ‖ s` over Keccak-256 of `message`; a high `s` is refused. The
    /// recovery byte that Ethereum adds is not taken: it would be a second form.
    ///
    /// # Errors
    /// [`crate::Error::SignatureLength`], [`crate::Error::InvalidSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        self.0.verify_digest(Scheme::EthSecp256k1, keccak(message), signature)
    }
}

#[derive(Clone)]
pub(crate) struct EthSecp256k1Secret(pub(crate) Secp256k1Secret);

impl EthSecp256k1Secret {
    pub(crate) fn public_key(&self) -> EthSecp256k1Key {
        EthSecp256k1Key(self.0.public_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign_digest(keccak(message))
    }
}

fn keccak(bytes: &[u8]) -> [u8; 32] {
    Keccak256::digest(bytes).into()
}

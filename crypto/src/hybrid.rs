use ::ml_dsa::MlDsa65;

use crate::{Error, MlDsaKey, Result, Scheme, Secp256k1Key, ml_dsa::MlDsaSecret, secp256k1::Secp256k1Secret};

const SCHEME: Scheme = Scheme::Hybrid;
const SECP256K1_SIGNATURE: usize = Scheme::Secp256k1.signature_len();

/// A secp256k1 key and an ML-DSA-65 key that must both sign.
///
/// The account is safe as long as one of the two schemes is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HybridKey {
    /// The classical half.
    pub secp256k1: Secp256k1Key,
    /// The post-quantum half.
    pub ml_dsa_65: MlDsaKey<MlDsa65>,
}

impl HybridKey {
    /// Decodes both halves.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] of the half that is wrong.
    pub fn from_parts(secp256k1: &[u8], ml_dsa_65: &[u8]) -> Result<Self> {
        Ok(Self { secp256k1: Secp256k1Key::from_bytes(secp256k1)?, ml_dsa_65: MlDsaKey::from_bytes(ml_dsa_65)? })
    }

    /// Verifies the 64-byte secp256k1 signature followed by the 3309-byte ML-DSA-65
    /// one, both over the same bytes.
    ///
    /// # Errors
    /// [`Error::SignatureLength`]; [`Error::InvalidSignature`] naming the half that
    /// failed.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        if signature.len() != SCHEME.signature_len() {
            return Err(Error::SignatureLength {
                scheme: SCHEME,
                expected: SCHEME.signature_len(),
                got: signature.len(),
            });
        }
        let (secp256k1, ml_dsa_65) = signature.split_at(SECP256K1_SIGNATURE);
        // The cheap half first: a forger without either key costs us only that.
        self.secp256k1.verify(message, secp256k1)?;
        self.ml_dsa_65.verify(message, ml_dsa_65)
    }
}

/// The two secrets of a hybrid account.
#[derive(Clone)]
pub(crate) struct HybridSecret {
    pub(crate) secp256k1: Secp256k1Secret,
    pub(crate) ml_dsa_65: MlDsaSecret<MlDsa65>,
}

impl HybridSecret {
    pub(crate) fn public_key(&self) -> HybridKey {
        HybridKey { secp256k1: self.secp256k1.public_key(), ml_dsa_65: self.ml_dsa_65.public_key() }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = self.secp256k1.sign(message).to_vec();
        signature.extend_from_slice(&self.ml_dsa_65.sign(message));
        signature
    }
}

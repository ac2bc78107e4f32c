use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::{Error, Result, Scheme};

const SCHEME: Scheme = Scheme::Ed25519;

/// An Ed25519 public key, held as a decoded point.
///
/// Only canonical encodings of points outside the small subgroup decode: with a
/// key of small order, one signature verifies for many messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ed25519Key(VerifyingKey);

impl Ed25519Key {
    /// Decodes the 32-byte form of RFC 8032.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] on another length, a point off the curve, a
    /// non-canonical encoding or a point of small order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let invalid = |reason| Error::InvalidKey { scheme: SCHEME, reason };
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| invalid("it must be 32 bytes"))?;
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| invalid("not a point of the curve"))?;
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(invalid("not the canonical encoding of its point"));
        }
        if key.is_weak() {
            return Err(invalid("a point of small order"));
        }
        Ok(Self(key))
    }

    /// The 32-byte form of RFC 8032.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Verifies a 64-byte `R ‖ S`, strictly and without the cofactor.
    ///
    /// Accepted exactly when `S` is below the group order, `R` is canonical and
    /// not of small order, and `R = S·B − H(R ‖ A ‖ M)·A` to the byte. There is one
    /// answer for each input, so no batch equation may stand in for this: batch
    /// verification multiplies by the cofactor and accepts more.
    ///
    /// # Errors
    /// [`Error::SignatureLength`], [`Error::InvalidSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        let signature: &[u8; 64] = signature.try_into().map_err(|_| Error::SignatureLength {
            scheme: SCHEME,
            expected: SCHEME.signature_len(),
            got: signature.len(),
        })?;
        self.0
            .verify_strict(message, &Signature::from_bytes(signature))
            .map_err(|_| Error::InvalidSignature { scheme: SCHEME })
    }
}

/// An Ed25519 seed and its expansion; the library erases it on drop.
#[derive(Clone)]
pub(crate) struct Ed25519Secret(SigningKey);

impl Ed25519Secret {
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    pub(crate) fn public_key(&self) -> Ed25519Key {
        Ed25519Key(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

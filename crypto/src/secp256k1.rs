use ::secp256k1::{Message, PublicKey, Scalar, SecretKey, ecdsa};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Error, Result, Scheme};

const SCHEME: Scheme = Scheme::Secp256k1;

/// A secp256k1 public key, held as a decoded point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secp256k1Key(PublicKey);

impl Secp256k1Key {
    /// Decodes the 33-byte compressed form; other SEC 1 forms are refused.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] on another length or if the bytes are not a point.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::decode(SCHEME, bytes)
    }

    /// As [`from_bytes`](Self::from_bytes), for a scheme on the same curve.
    pub(crate) fn decode(scheme: Scheme, bytes: &[u8]) -> Result<Self> {
        let compressed: [u8; 33] =
            bytes.try_into().map_err(|_| Error::InvalidKey { scheme, reason: "it must be 33 bytes, compressed" })?;
        PublicKey::from_byte_array_compressed(compressed)
            .map(Self)
            .map_err(|_| Error::InvalidKey { scheme, reason: "not a point of the curve" })
    }

    /// Both coordinates, big-endian.
    pub(crate) fn coordinates(&self) -> [u8; 64] {
        let uncompressed = self.0.serialize_uncompressed();
        std::array::from_fn(|i| uncompressed[i + 1])
    }

    /// The 33-byte compressed form.
    pub fn to_bytes(&self) -> [u8; 33] {
        self.0.serialize()
    }

    /// Verifies a 64-byte `r ‖ s` over SHA-256 of `message`.
    ///
    /// `s` above half the group order is refused, as in the Cosmos SDK, so that
    /// nobody can turn a signature into a second valid one.
    ///
    /// # Errors
    /// [`Error::SignatureLength`], [`Error::InvalidSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        self.verify_digest(SCHEME, Sha256::digest(message).into(), signature)
    }

    /// As [`verify`](Self::verify), for a scheme that hashes in another way.
    pub(crate) fn verify_digest(&self, scheme: Scheme, digest: [u8; 32], signature: &[u8]) -> Result<()> {
        if signature.len() != scheme.signature_len() {
            return Err(Error::SignatureLength { scheme, expected: scheme.signature_len(), got: signature.len() });
        }
        // libsecp256k1's verify is false for a high s, by its documentation.
        ecdsa::Signature::from_compact(signature)
            .and_then(|signature| ecdsa::verify(&signature, Message::from_digest(digest), &self.0))
            .map_err(|_| Error::InvalidSignature { scheme })
    }
}

/// A secp256k1 secret scalar. The library's own type is not erased on drop, so it
/// lives only inside a call.
#[derive(Clone)]
pub(crate) struct Secp256k1Secret(Zeroizing<[u8; 32]>);

impl Secp256k1Secret {
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Result<Self> {
        let secret = Self(Zeroizing::new(*bytes));
        SecretKey::from_secret_bytes(*secret.0).map(|mut scalar| scalar.non_secure_erase()).map_err(|_| {
            Error::InvalidSecret { scheme: SCHEME, reason: "it must be above zero and below the group order" }
        })?;
        Ok(secret)
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.0.clone()
    }

    pub(crate) fn public_key(&self) -> Secp256k1Key {
        self.with_scalar(|scalar| Secp256k1Key(PublicKey::from_secret_key(scalar)))
    }

    /// Signs SHA-256 of `message` with the RFC 6979 nonce and low `s`.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.sign_digest(Sha256::digest(message).into())
    }

    pub(crate) fn sign_digest(&self, digest: [u8; 32]) -> [u8; 64] {
        self.with_scalar(|scalar| ecdsa::sign(Message::from_digest(digest), scalar).serialize_compact())
    }

    /// `self + tweak` modulo the group order: BIP-32's child key. `None` when the
    /// tweak is not below the order or the sum is zero.
    pub(crate) fn add(&self, tweak: &[u8; 32]) -> Option<Self> {
        let tweak = Scalar::from_be_bytes(*tweak).ok()?;
        let mut sum = self.with_scalar(|scalar| scalar.add_tweak(&tweak)).ok()?;
        let bytes = Zeroizing::new(sum.to_secret_bytes());
        sum.non_secure_erase();
        Some(Self(bytes))
    }

    fn with_scalar<T>(&self, f: impl FnOnce(&SecretKey) -> T) -> T {
        let mut scalar =
            SecretKey::from_secret_bytes(*self.0).expect("the constructors admit only scalars below the group order");
        let result = f(&scalar);
        scalar.non_secure_erase();
        result
    }
}

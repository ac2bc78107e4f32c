use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use ::ml_dsa::{
    EncodedSignature, EncodedVerifyingKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Seed, Signature, SigningKey,
    VerifyingKey,
};
use zeroize::Zeroizing;

use crate::{Error, Result, Scheme};

/// The parameter sets of FIPS 204, section 4.
pub trait Parameters: MlDsaParams {
    /// The scheme that uses this set.
    const SCHEME: Scheme;
}

impl Parameters for MlDsa44 {
    const SCHEME: Scheme = Scheme::MlDsa44;
}

impl Parameters for MlDsa65 {
    const SCHEME: Scheme = Scheme::MlDsa65;
}

impl Parameters for MlDsa87 {
    const SCHEME: Scheme = Scheme::MlDsa87;
}

/// An ML-DSA public key with its expansion, made by the first verification.
///
/// Expanding the seed ρ into the matrix Â costs about as much as a verification,
/// and takes 24, 42 or 72 KiB (ML-DSA-44, 65, 87). Clones share it, so a cache of
/// clones saves the time; bound such a cache by its bytes.
pub struct MlDsaKey<P: Parameters>(Arc<Shared<P>>);

struct Shared<P: Parameters> {
    encoded: EncodedVerifyingKey<P>,
    expanded: OnceLock<VerifyingKey<P>>,
}

impl<P: Parameters> MlDsaKey<P> {
    /// Takes an encoded key (FIPS 204 `pkEncode`). Every byte string of the right length is
    /// a key, so nothing is expanded here.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] on another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let encoded = EncodedVerifyingKey::<P>::try_from(bytes).map_err(|_| Error::InvalidKey {
            scheme: P::SCHEME,
            reason: "its length is not the one that FIPS 204 gives",
        })?;
        Ok(Self(Arc::new(Shared { encoded, expanded: OnceLock::new() })))
    }

    /// The encoded key (FIPS 204 `pkEncode`).
    pub fn as_bytes(&self) -> &[u8] {
        &self.0.encoded
    }

    /// Verifies a pure ML-DSA signature with the empty context (FIPS 204,
    /// algorithm 3).
    ///
    /// # Errors
    /// [`Error::SignatureLength`], [`Error::InvalidSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        let invalid = || Error::InvalidSignature { scheme: P::SCHEME };
        let encoded = EncodedSignature::<P>::try_from(signature).map_err(|_| Error::SignatureLength {
            scheme: P::SCHEME,
            expected: P::SCHEME.signature_len(),
            got: signature.len(),
        })?;
        let signature = Signature::<P>::decode(&encoded).ok_or_else(invalid)?;
        let key = self.0.expanded.get_or_init(|| VerifyingKey::decode(&self.0.encoded));
        if key.verify_with_context(message, &[], &signature) { Ok(()) } else { Err(invalid()) }
    }
}

impl<P: Parameters> Clone for MlDsaKey<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P: Parameters> PartialEq for MlDsaKey<P> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl<P: Parameters> Eq for MlDsaKey<P> {}

impl<P: Parameters> fmt::Debug for MlDsaKey<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head: Vec<u8> = self.as_bytes().iter().copied().take(8).collect();
        write!(f, "MlDsaKey({}, {head:02x?}…)", P::SCHEME)
    }
}

/// An ML-DSA key pair from its 32-byte seed ξ; the library erases it on drop.
#[derive(Clone)]
pub(crate) struct MlDsaSecret<P: Parameters>(Box<SigningKey<P>>);

impl<P: Parameters> MlDsaSecret<P> {
    /// `ML-DSA.KeyGen_internal(ξ)` (FIPS 204, algorithm 6).
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        let seed = Zeroizing::new(Seed::from(*seed));
        Self(Box::new(SigningKey::from_seed(&seed)))
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new((*self.0.as_seed()).into())
    }

    /// FIPS 204 `skEncode` (algorithm 24).
    #[allow(deprecated, reason = "the library warns of reading this form, and CometBFT keeps keys in no other")]
    pub(crate) fn to_packed(&self) -> Zeroizing<Vec<u8>> {
        let packed = Zeroizing::new(self.0.expanded_key().to_expanded());
        Zeroizing::new(packed.to_vec())
    }

    pub(crate) fn public_key(&self) -> MlDsaKey<P> {
        let expanded: &VerifyingKey<P> = (*self.0).as_ref();
        MlDsaKey(Arc::new(Shared { encoded: expanded.encode(), expanded: OnceLock::from(expanded.clone()) }))
    }

    /// Pure ML-DSA with the empty context, deterministic variant (FIPS 204,
    /// section 3.4): the same message always gives the same signature.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0
            .expanded_key()
            .sign_deterministic(message, &[])
            .expect("the empty context is short enough and rejection sampling ends")
            .encode()
            .to_vec()
    }
}

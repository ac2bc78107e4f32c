//! X-Wing: ML-KEM-768 (FIPS 203) and X25519 (RFC 7748) in one key encapsulation, as
//! draft-connolly-cfrg-xwing-kem-10 defines it. Whoever breaks one of the two learns
//! nothing: the combiner hashes both shared secrets with X25519's ciphertext and key,
//! and ML-KEM's are bound by ML-KEM itself.

use std::fmt;

use curve25519_dalek::MontgomeryPoint;
use ml_kem::{DecapsulationKey, EncapsulationKey, KeyExport, MlKem768, array::Array, kem::Decapsulate};
use sha2::Sha256;
use sha3::{
    Digest, Sha3_256, Shake256,
    digest::{ExtendableOutput, Update, XofReader},
};
use zeroize::Zeroizing;

use crate::{
    Error, HdPath, Result,
    derive::{bip39_seed, kem_child},
};

/// Section 5.3 of the draft: hashed last.
const LABEL: &[u8; 6] = b"\\.//^\\";
const ML_KEM_KEY: usize = 1184;
const ML_KEM_CIPHERTEXT: usize = 1088;

/// A shared secret, 32 bytes, erased on drop.
pub(crate) type Shared = Zeroizing<[u8; 32]>;

/// The public key to which payloads are sealed: ML-KEM-768's followed by X25519's.
#[derive(Clone, PartialEq, Eq)]
pub struct KemKey(Box<[u8; KemKey::LEN]>);

impl KemKey {
    /// Length of the key, bytes.
    pub const LEN: usize = ML_KEM_KEY + 32;
    /// Length of what encapsulation gives, bytes.
    pub const CIPHERTEXT_LEN: usize = ML_KEM_CIPHERTEXT + 32;

    /// Takes a key and checks ML-KEM's part as FIPS 203, section 7.2, demands: its
    /// coefficients are reduced.
    ///
    /// # Errors
    /// [`Error::InvalidKemKey`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let array: [u8; Self::LEN] =
            bytes.try_into().map_err(|_| Error::InvalidKemKey("it must be 1216 bytes: ML-KEM-768's and X25519's"))?;
        let key = Self(Box::new(array));
        key.ml_kem().map(|_| key.clone())
    }

    /// The key as [`KemKey::from_bytes`] takes it.
    pub fn as_bytes(&self) -> &[u8] {
        &*self.0
    }

    /// The first 8 bytes of the key's SHA-256: tells keys apart for people and in the
    /// header of a sealed payload.
    pub fn id(&self) -> [u8; 8] {
        let hash: [u8; 32] = Sha256::digest(*self.0).into();
        std::array::from_fn(|i| hash[i])
    }

    fn ml_kem(&self) -> Result<EncapsulationKey<MlKem768>> {
        let invalid = || Error::InvalidKemKey("ML-KEM's part has a coefficient that is not reduced (FIPS 203, 7.2)");
        let bytes = Array::try_from(&self.0[..ML_KEM_KEY]).map_err(|_| invalid())?;
        EncapsulationKey::new(&bytes).map_err(|_| invalid())
    }

    fn x25519(&self) -> [u8; 32] {
        std::array::from_fn(|i| self.0[ML_KEM_KEY + i])
    }

    /// A fresh shared secret and the ciphertext from which the key's owner gets it.
    pub(crate) fn encapsulate(&self) -> Result<(Vec<u8>, Shared)> {
        let mut seed = Zeroizing::new([0; 64]);
        getrandom::fill(&mut *seed).map_err(|e| Error::Randomness(e.to_string()))?;
        self.encapsulate_from(&seed)
    }

    /// `EncapsulateDerand` of the draft: `seed` must be fresh randomness.
    pub(crate) fn encapsulate_from(&self, seed: &[u8; 64]) -> Result<(Vec<u8>, Shared)> {
        let (m, scalar) = halves(seed);
        let (ciphertext, ml_kem) = self.ml_kem()?.encapsulate_deterministic(&Array(*m));
        let ml_kem = Zeroizing::new(<[u8; 32]>::from(ml_kem));
        let sent = MontgomeryPoint::mul_base_clamped(*scalar).to_bytes();
        let x25519 = Zeroizing::new(MontgomeryPoint(self.x25519()).mul_clamped(*scalar).to_bytes());
        let shared = combine(&ml_kem, &x25519, &sent, &self.x25519());
        Ok(([ciphertext.as_slice(), &sent].concat(), shared))
    }
}

impl fmt::Debug for KemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KemKey({})", hex::encode(self.id()))
    }
}

/// The secret that opens what was sealed to a [`KemKey`]. Its memory is erased on drop.
#[derive(Clone)]
pub struct KemSecret(Zeroizing<[u8; 32]>);

impl KemSecret {
    /// Length of the stored secret, bytes.
    pub const LEN: usize = 32;

    /// Takes a stored secret, the seed of X-Wing.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*seed))
    }

    /// Derives the key that belongs to the account at `path` of a phrase: the chain of
    /// SLIP-10 with a master key of its own, at the same numbers, all hardened. So the
    /// signing key, which a quantum computer may find from its public key, does not lead
    /// to this one.
    ///
    /// # Errors
    /// [`Error::InvalidMnemonic`].
    pub fn from_mnemonic(phrase: &str, passphrase: &str, path: &HdPath) -> Result<Self> {
        kem_child(&*bip39_seed(phrase, passphrase)?, path).map(Self)
    }

    /// The secret as [`KemSecret::from_seed`] takes it.
    pub fn seed(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public key.
    pub fn public_key(&self) -> KemKey {
        let (ml_kem, x25519) = self.expand();
        let mut bytes = Box::new([0; KemKey::LEN]);
        bytes[..ML_KEM_KEY].copy_from_slice(&ml_kem.encapsulation_key().to_bytes());
        bytes[ML_KEM_KEY..].copy_from_slice(&MontgomeryPoint::mul_base_clamped(*x25519).to_bytes());
        KemKey(bytes)
    }

    /// The shared secret of a ciphertext. One made for another key gives another secret,
    /// not an error (FIPS 203, implicit rejection).
    pub(crate) fn decapsulate(&self, ciphertext: &[u8; KemKey::CIPHERTEXT_LEN]) -> Shared {
        let (ml_kem_key, scalar) = self.expand();
        let (ml_kem_part, _) = ciphertext.split_at(ML_KEM_CIPHERTEXT);
        let sent: [u8; 32] = std::array::from_fn(|i| ciphertext[ML_KEM_CIPHERTEXT + i]);
        let array = Array::try_from(ml_kem_part).expect("it was split at this length");
        let ml_kem = Zeroizing::new(<[u8; 32]>::from(ml_kem_key.decapsulate(&array)));
        let x25519 = Zeroizing::new(MontgomeryPoint(sent).mul_clamped(*scalar).to_bytes());
        combine(&ml_kem, &x25519, &sent, &MontgomeryPoint::mul_base_clamped(*scalar).to_bytes())
    }

    /// `expandDecapsulationKey` of the draft.
    fn expand(&self) -> (DecapsulationKey<MlKem768>, Zeroizing<[u8; 32]>) {
        let mut xof = Shake256::default();
        xof.update(&*self.0);
        let mut bytes = Zeroizing::new([0; 96]);
        xof.finalize_xof().read(&mut *bytes);
        let seed = Zeroizing::new(std::array::from_fn::<u8, 64, _>(|i| bytes[i]));
        let scalar = Zeroizing::new(std::array::from_fn(|i| bytes[64 + i]));
        (DecapsulationKey::from_seed(Array(*seed)), scalar)
    }
}

/// Shows the public key: a secret must not reach a log.
impl fmt::Debug for KemSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KemSecret(of {:?})", self.public_key())
    }
}

fn halves(seed: &[u8; 64]) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
    (Zeroizing::new(std::array::from_fn(|i| seed[i])), Zeroizing::new(std::array::from_fn(|i| seed[32 + i])))
}

fn combine(ml_kem: &[u8; 32], x25519: &[u8; 32], sent: &[u8; 32], key: &[u8; 32]) -> Shared {
    let hash = Sha3_256::new_with_prefix(ml_kem).chain_update(x25519).chain_update(sent).chain_update(key);
    Zeroizing::new(hash.chain_update(LABEL).finalize().into())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Vector {
        #[serde(with = "hex")]
        seed: Vec<u8>,
        #[serde(with = "hex")]
        eseed: Vec<u8>,
        #[serde(with = "hex")]
        pk: Vec<u8>,
        #[serde(with = "hex")]
        ct: Vec<u8>,
        #[serde(with = "hex")]
        ss: Vec<u8>,
    }

    /// The appendix "Test vectors" of draft-connolly-cfrg-xwing-kem.
    #[test]
    fn the_drafts_vectors() {
        let vectors: Vec<Vector> = serde_json::from_str(include_str!("../tests/testdata/x-wing.json")).unwrap();
        assert_eq!(vectors.len(), 3);
        for v in vectors {
            let secret = KemSecret::from_seed(&v.seed.try_into().unwrap());
            assert_eq!(secret.public_key().as_bytes(), v.pk);
            let key = KemKey::from_bytes(&v.pk).unwrap();
            let (ciphertext, shared) = key.encapsulate_from(&v.eseed.try_into().unwrap()).unwrap();
            assert_eq!((&ciphertext, shared.as_slice()), (&v.ct, v.ss.as_slice()));
            assert_eq!(secret.decapsulate(&v.ct.try_into().unwrap()).as_slice(), v.ss);
        }
    }

    /// NIST's ACVP vectors of FIPS 203: seeds and the SHA-256 of the keys.
    #[test]
    fn nists_vectors_of_key_generation() {
        #[derive(Deserialize)]
        struct KeyGen {
            #[serde(with = "hex")]
            d: Vec<u8>,
            #[serde(with = "hex")]
            z: Vec<u8>,
            #[serde(with = "hex")]
            ek_sha256: Vec<u8>,
        }
        let vectors: Vec<KeyGen> = serde_json::from_str(include_str!("../tests/testdata/ml-kem-768.json")).unwrap();
        assert_eq!(vectors.len(), 25);
        for v in vectors {
            let seed = Array::try_from([v.d, v.z].concat().as_slice()).unwrap();
            let key = DecapsulationKey::<MlKem768>::from_seed(seed).encapsulation_key().to_bytes();
            assert_eq!(Sha256::digest(key).as_slice(), v.ek_sha256);
        }
    }

    /// C2SP's accumulated vectors of FIPS 203: 100 key generations, encapsulations,
    /// decapsulations, and decapsulations of random ciphertexts (implicit rejection).
    #[test]
    fn the_accumulated_vectors_of_fips_203() {
        let mut random = sha3::Shake128::default().finalize_xof();
        let mut all = sha3::Shake128::default();
        for _ in 0..100 {
            let (mut seed, mut m, mut other) = ([0; 64], [0; 32], [0; ML_KEM_CIPHERTEXT]);
            random.read(&mut seed);
            let secret = DecapsulationKey::<MlKem768>::from_seed(Array(seed));
            let key = secret.encapsulation_key();
            all.update(&key.to_bytes());
            random.read(&mut m);
            let (ciphertext, shared) = key.encapsulate_deterministic(&Array(m));
            all.update(&ciphertext);
            all.update(&shared);
            assert_eq!(secret.decapsulate(&ciphertext), shared);
            random.read(&mut other);
            all.update(&secret.decapsulate(&Array(other)));
        }
        let mut hash = [0; 32];
        all.finalize_xof().read(&mut hash);
        assert_eq!(hex::encode(hash), "1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415");
    }

    #[test]
    fn keys_that_fips_203_refuses_are_refused() {
        let mut bytes = KemSecret::from_seed(&[7; 32]).public_key().as_bytes().to_vec();
        assert_eq!(KemKey::from_bytes(&bytes[1..]).unwrap_err().code(), 40);
        // 4095 is not below the modulus 3329.
        (bytes[0], bytes[1]) = (0xff, 0xff);
        assert_eq!(KemKey::from_bytes(&bytes).unwrap_err().code(), 40);
    }
}

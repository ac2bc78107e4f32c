//! Hash functions for contracts.

use blake2::Blake2b;
use serde::Deserialize;
use sha2::{Digest, Sha256, Sha512, digest::consts::U32};
use sha3::{Keccak256, Sha3_256};

/// The functions.
#[derive(Deserialize, Clone, Copy)]
pub(crate) enum Algorithm {
    /// SHA-256 (FIPS 180-4)
    #[serde(rename = "sha2-256")]
    Sha2_256,
    /// SHA-512 (FIPS 180-4)
    #[serde(rename = "sha2-512")]
    Sha2_512,
    /// SHA3-256 (FIPS 202)
    #[serde(rename = "sha3-256")]
    Sha3_256,
    /// Keccak-256 as Ethereum uses it
    #[serde(rename = "keccak-256")]
    Keccak256,
    /// BLAKE2b with 32 bytes of output and no key (RFC 7693)
    #[serde(rename = "blake2b-256")]
    Blake2b256,
}

/// The digest of `data`.
pub(crate) fn digest(algorithm: Algorithm, data: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Sha2_256 => Sha256::digest(data).to_vec(),
        Algorithm::Sha2_512 => Sha512::digest(data).to_vec(),
        Algorithm::Sha3_256 => Sha3_256::digest(data).to_vec(),
        Algorithm::Keccak256 => Keccak256::digest(data).to_vec(),
        Algorithm::Blake2b256 => Blake2b::<U32>::digest(data).to_vec(),
    }
}

/// Gas for `bytes` of data.
pub(crate) fn price(algorithm: Algorithm, bytes: usize) -> u64 {
    const BASE: u64 = 1_000;
    let per_byte = match algorithm {
        Algorithm::Sha2_256 | Algorithm::Sha2_512 => 4,
        Algorithm::Sha3_256 | Algorithm::Keccak256 => 5,
        Algorithm::Blake2b256 => 3,
    };
    BASE.saturating_add((bytes as u64).saturating_mul(per_byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digests of "abc": FIPS 180-4 and FIPS 202 examples, Ethereum's Keccak, and
    /// Python's `hashlib.blake2b(b"abc", digest_size=32)`.
    #[test]
    fn digests_are_the_published_ones() {
        for (algorithm, expected) in [
            (Algorithm::Sha2_256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                Algorithm::Sha2_512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
            (Algorithm::Sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
            (Algorithm::Keccak256, "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
            (Algorithm::Blake2b256, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"),
        ] {
            assert_eq!(hex::encode(digest(algorithm, b"abc")), expected);
        }
    }
}

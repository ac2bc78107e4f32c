use blake2::{Blake2b, digest::consts::U32};
use ml_dsa::{EncodedSignature, EncodedVerifyingKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Signature, VerifyingKey};
use sha2::{Digest, Sha256, Sha512};
use sha3::{Keccak256, Sha3_256};

use crate::{HashAlgorithm, MlDsa};

pub(super) fn hash(algorithm: HashAlgorithm, data: &[u8]) -> Vec<u8> {
    match algorithm {
        HashAlgorithm::Sha2_256 => Sha256::digest(data).to_vec(),
        HashAlgorithm::Sha2_512 => Sha512::digest(data).to_vec(),
        HashAlgorithm::Sha3_256 => Sha3_256::digest(data).to_vec(),
        HashAlgorithm::Keccak256 => Keccak256::digest(data).to_vec(),
        HashAlgorithm::Blake2b256 => Blake2b::<U32>::digest(data).to_vec(),
    }
}

pub(super) fn verify(scheme: MlDsa, key: &[u8], message: &[u8], signature: &[u8]) -> Result<bool, String> {
    match scheme {
        MlDsa::MlDsa44 => holds::<MlDsa44>(key, message, signature),
        MlDsa::MlDsa65 => holds::<MlDsa65>(key, message, signature),
        MlDsa::MlDsa87 => holds::<MlDsa87>(key, message, signature),
    }
}

fn holds<P: MlDsaParams>(key: &[u8], message: &[u8], signature: &[u8]) -> Result<bool, String> {
    let key = EncodedVerifyingKey::<P>::try_from(key).map_err(|_| "the key is not of the scheme's length")?;
    let signature =
        EncodedSignature::<P>::try_from(signature).map_err(|_| "the signature is not of the scheme's length")?;
    let signature = Signature::<P>::decode(&signature);
    Ok(signature.is_some_and(|signature| VerifyingKey::<P>::decode(&key).verify_with_context(message, &[], &signature)))
}

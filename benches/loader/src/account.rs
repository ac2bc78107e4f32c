//! Accounts of the load: any number from one seed text.

use cosmos_sdk_proto::Any;
use cosmos_sdk_proto::cosmos::crypto::secp256k1::PubKey;
use prost::Message as _;
use ripemd::Ripemd160;
use secp256k1::{Message, PublicKey, SecretKey, ecdsa};
use sha2::{Digest, Sha256};

/// An account's 20 bytes.
pub(crate) type Id = [u8; 20];

/// An account that can sign.
pub(crate) struct Account {
    secret: SecretKey,
    /// As it stands in a transaction's signer info.
    pub(crate) public: Any,
    pub(crate) id: Id,
}

impl Account {
    /// The account of `index`: its secret is SHA-256 of the seed and the index. Such
    /// keys are for load only; they have no mnemonic.
    pub(crate) fn derive(seed: &str, index: u64) -> Self {
        // Of 2^128 digests about one is not a secret key.
        let secret = (0..).find_map(|n| SecretKey::from_secret_bytes(digest("sender", seed, index, n)).ok());
        let Some(secret) = secret else { unreachable!("one of 2^64 digests is a secret key") };
        let key = PublicKey::from_secret_key(&secret).serialize();
        let public = Any {
            type_url: "/cosmos.crypto.secp256k1.PubKey".into(),
            value: PubKey { key: key.to_vec() }.encode_to_vec(),
        };
        Account { secret, public, id: id_of(&key) }
    }

    /// The first `count` accounts.
    pub(crate) fn all(seed: &str, count: u64) -> Vec<Self> {
        (0..count).map(|index| Self::derive(seed, index)).collect()
    }

    /// The 64 bytes of an ECDSA signature over SHA-256 of `bytes`, low S.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        let message = Message::from_digest(Sha256::digest(bytes).into());
        ecdsa::sign(message, &self.secret).serialize_compact().to_vec()
    }
}

/// The account of a compressed secp256k1 key.
pub(crate) fn id_of(key: &[u8]) -> Id {
    Ripemd160::digest(Sha256::digest(key)).into()
}

/// A recipient that nobody else sends to and whose key nobody has.
pub(crate) fn recipient(seed: &str, index: u64) -> Id {
    let mut id = Id::default();
    id.copy_from_slice(&digest("recipient", seed, index, 0)[..20]);
    id
}

fn digest(role: &str, seed: &str, index: u64, attempt: u64) -> [u8; 32] {
    let hash = Sha256::new().chain_update(role).chain_update([0]).chain_update(seed);
    hash.chain_update(index.to_be_bytes()).chain_update(attempt.to_be_bytes()).finalize().into()
}

/// `id` in bech32, or why the prefix cannot be one.
pub(crate) fn address(prefix: &str, id: &Id) -> Result<String, String> {
    let prefix = bech32::Hrp::parse(prefix).map_err(|e| format!("address prefix {prefix}: {e}"))?;
    bech32::encode::<bech32::Bech32>(prefix, id).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_depends_on_seed_and_index_only() {
        let id = |seed, index| Account::derive(seed, index).id;
        assert_eq!(id("a", 7), id("a", 7));
        assert_ne!(id("a", 7), id("a", 8));
        assert_ne!(id("a", 7), id("b", 7));
        assert_ne!(id("a", 7), recipient("a", 7));
    }

    #[test]
    fn an_address_is_that_of_the_cosmos_sdk() {
        // The generator point: the key of secret 1, as in BIP-350's examples.
        let key = hex::decode("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798").unwrap();
        let id = id_of(&key);
        assert_eq!(hex::encode(id), "751e76e8199196d454941c45d1b3a323f1433bd6");
        assert!(address("synergy", &id).unwrap().starts_with("synergy1w508d6qejxtdg4y5r3zarvary0c5xw7k"));
    }
}

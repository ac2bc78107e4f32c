use sha2::{Digest, Sha256};

use crate::{
    Error, PublicKey, Result, Scheme,
    wire::{put_bytes, put_varint, take_bytes, take_varint},
};

/// Members that one key may have. The chain's own limit on signatures is lower
/// (`tx_sig_limit`); this one bounds the work of decoding.
pub const MAX_MEMBERS: usize = 64;

/// Full name of the protobuf message.
pub(crate) const MESSAGE_NAME: &str = "cosmos.crypto.multisig.LegacyAminoPubKey";

/// Of these keys, in this order, `threshold` must sign: the Cosmos SDK's
/// `LegacyAminoPubKey`. A member may stand in it more than once. Members are plain
/// keys: a multisig inside a multisig is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multisig {
    threshold: u32,
    members: Vec<PublicKey>,
}

impl Multisig {
    /// A key of these members.
    ///
    /// # Errors
    /// [`Error::InvalidMultisig`] unless 1 ≤ threshold ≤ members ≤ [`MAX_MEMBERS`].
    pub fn new(threshold: u32, members: Vec<PublicKey>) -> Result<Self> {
        if members.len() > MAX_MEMBERS {
            return Err(Error::InvalidMultisig("it has more than 64 members"));
        }
        if threshold == 0 || usize::try_from(threshold).is_ok_and(|t| t > members.len()) {
            return Err(Error::InvalidMultisig("the threshold must be at least 1 and at most the number of members"));
        }
        Ok(Self { threshold, members })
    }

    /// How many members must sign.
    pub fn threshold(&self) -> usize {
        self.threshold as usize
    }

    /// The members, in the order that their signatures have.
    pub fn members(&self) -> &[PublicKey] {
        &self.members
    }

    /// Decodes `{ uint32 threshold = 1; repeated Any public_keys = 2; }` in its one
    /// accepted encoding.
    pub(crate) fn decode(value: &[u8]) -> Result<Self> {
        let malformed = Error::InvalidMultisig;
        let (threshold, mut rest) = take_varint(value, 1).map_err(malformed)?;
        let mut members = Vec::new();
        while !rest.is_empty() {
            let (any, after) = take_bytes(rest, 2).map_err(malformed)?;
            let (type_url, any) = take_bytes(any, 1).map_err(malformed)?;
            let (key, end) = take_bytes(any, 2).map_err(malformed)?;
            if !end.is_empty() || members.len() == MAX_MEMBERS {
                return Err(malformed("a member has unknown fields, or there are more than 64"));
            }
            let type_url = std::str::from_utf8(type_url).map_err(|_| malformed("a member's type is not text"))?;
            members.push(PublicKey::from_any(type_url, key)?);
            rest = after;
        }
        Self::new(threshold, members)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_varint(&mut out, 1, self.threshold);
        for member in &self.members {
            let (type_url, value) = member.to_any();
            let mut any = Vec::new();
            put_bytes(&mut any, 1, type_url.as_bytes());
            put_bytes(&mut any, 2, &value);
            put_bytes(&mut out, 2, &any);
        }
        out
    }

    /// The first 20 bytes of SHA-256 over the key in amino's binary form, as the SDK
    /// (`crypto/keys/multisig`): the concrete type's prefix, then the fields as in
    /// protobuf, where a member is its own prefix and its length-prefixed bytes.
    pub fn address(&self) -> [u8; 20] {
        let mut bytes = amino_prefix("tendermint/PubKeyMultisigThreshold").to_vec();
        put_varint(&mut bytes, 1, self.threshold);
        for member in &self.members {
            put_bytes(&mut bytes, 2, &amino_key(member));
        }
        let hash = Sha256::digest(&bytes);
        std::array::from_fn(|i| hash[i])
    }
}

fn amino_key(key: &PublicKey) -> Vec<u8> {
    let raw = key.to_bytes();
    let mut framed = Vec::with_capacity(raw.len() + 3);
    put_bytes(&mut framed, 0, &raw);
    // The length without the tag that stands before it.
    [&amino_prefix(amino_name(key.scheme())), &framed[1..]].concat()
}

/// The name under which amino knows a public key's type: the SDK's, and for our own
/// the `amino.name` in `synergy/crypto/v1/keys.proto`.
pub(crate) fn amino_name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Secp256k1 => "tendermint/PubKeySecp256k1",
        Scheme::EthSecp256k1 => "os/PubKeyEthSecp256k1",
        Scheme::Ed25519 => "tendermint/PubKeyEd25519",
        Scheme::MlDsa44 => "synergy/PubKeyMlDsa44",
        Scheme::MlDsa65 => "synergy/PubKeyMlDsa65",
        Scheme::MlDsa87 => "synergy/PubKeyMlDsa87",
        Scheme::Hybrid => "synergy/PubKeyHybrid",
    }
}

/// Amino's prefix of a registered type: of SHA-256 over its name, without leading
/// zeros, three bytes are skipped, zeros after them too, and four taken.
fn amino_prefix(name: &str) -> [u8; 4] {
    let hash = Sha256::digest(name);
    let nonzero = |from: usize| (from..hash.len()).find(|i| hash[*i] != 0).unwrap_or(0);
    let start = nonzero(nonzero(0) + 3);
    std::array::from_fn(|i| hash.get(start + i).copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The prefixes in the SDK's documentation of its encodings.
    #[test]
    fn prefixes_are_the_known_ones() {
        assert_eq!(amino_prefix("tendermint/PubKeySecp256k1"), [0xeb, 0x5a, 0xe9, 0x87]);
        assert_eq!(amino_prefix("os/PubKeyEthSecp256k1"), [0x5d, 0x74, 0x23, 0xdf], "as CosmJS has it");
        assert_eq!(amino_prefix("tendermint/PubKeyEd25519"), [0x16, 0x24, 0xde, 0x64]);
        assert_eq!(amino_prefix("tendermint/PubKeyMultisigThreshold"), [0x22, 0xc1, 0xf7, 0xe2]);
    }
}

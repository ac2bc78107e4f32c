//! What a block's transactions can be found by: each (key, value), each key, each
//! account, as a keyed hash of 64 bits. The key is the file's own, so that nobody can
//! make transactions whose terms collide.

use std::collections::BTreeMap;

use prost::Message;
use sha2::{Digest, Sha256};
use tendermint_proto::v0_38::abci::ExecTxResult;

use crate::{Block, Error, query::ACCOUNT};

/// Longest address in bech32.
const MAX_ADDRESS: usize = 90;

/// Makes terms.
pub(crate) struct Terms {
    salt: Vec<u8>,
    /// What addresses begin with.
    prefix: String,
}

impl Terms {
    pub(crate) fn new(salt: Vec<u8>, prefix: &str) -> Self {
        Self { salt, prefix: prefix.to_owned() }
    }

    /// The term of `type.attribute`, with any value.
    pub(crate) fn key(&self, key: &str) -> i64 {
        self.hash(&[b"k", key.as_bytes()])
    }

    /// The term of `type.attribute` with a value.
    pub(crate) fn value(&self, key: &str, value: &str) -> i64 {
        // With the key's length: contracts choose keys and values.
        self.hash(&[b"v", &(key.len() as u64).to_be_bytes(), key.as_bytes(), value.as_bytes()])
    }

    /// The term of an account.
    pub(crate) fn account(&self, address: &str) -> i64 {
        self.value(ACCOUNT, address)
    }

    /// Positions of a block's transactions by term, both in order.
    pub(crate) fn of_block(&self, block: &Block) -> Result<BTreeMap<i64, Vec<u32>>, Error> {
        let mut terms: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
        for (position, tx) in (0..).zip(&block.txs) {
            let result = ExecTxResult::decode(tx.result.clone()).map_err(|e| Error::Damaged(e.to_string()))?;
            let mut add = |term| {
                let list = terms.entry(term).or_default();
                if list.last() != Some(&position) {
                    list.push(position);
                }
            };
            for event in &result.events {
                for attribute in event.attributes.iter().filter(|a| a.index && !a.key.is_empty()) {
                    let key = format!("{}.{}", event.r#type, attribute.key);
                    add(self.key(&key));
                    add(self.value(&key, &attribute.value));
                    if let Some(address) = self.address_in(&attribute.value) {
                        add(self.account(address));
                    }
                }
            }
        }
        Ok(terms)
    }

    /// The address that a value is, or that it begins with before a slash, as in
    /// `tx.acc_seq`.
    fn address_in<'v>(&self, value: &'v str) -> Option<&'v str> {
        let address = value.split('/').next()?;
        let after = address.strip_prefix(&self.prefix)?;
        let bech32 = after.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        (bech32 && after.contains('1') && after.len() > 20 && address.len() <= MAX_ADDRESS).then_some(address)
    }

    fn hash(&self, parts: &[&[u8]]) -> i64 {
        let mut hasher = Sha256::new_with_prefix(&self.salt);
        for part in parts {
            hasher.update(part);
        }
        first_eight(&hasher.finalize())
    }
}

/// The first eight bytes as a number, as the file keeps hashes.
pub(crate) fn first_eight(hash: &[u8]) -> i64 {
    hash.iter().take(8).fold(0, |number, byte| (number << 8) | i64::from(*byte))
}

/// Writes ascending positions as varints of their distances.
pub(crate) fn pack(positions: &[u32]) -> Vec<u8> {
    let (mut bytes, mut before) = (Vec::with_capacity(positions.len()), 0);
    for &position in positions {
        prost::encoding::encode_varint(u64::from(position - before), &mut bytes);
        before = position;
    }
    bytes
}

/// Reads what [`pack`] wrote.
pub(crate) fn unpack(mut bytes: &[u8]) -> Result<Vec<u32>, Error> {
    let (mut positions, mut before) = (Vec::new(), 0u32);
    while !bytes.is_empty() {
        let distance = prost::encoding::decode_varint(&mut bytes).map_err(|e| Error::Damaged(e.to_string()))?;
        let distance = u32::try_from(distance).map_err(|e| Error::Damaged(e.to_string()))?;
        before = before.checked_add(distance).ok_or_else(|| Error::Damaged("a position".into()))?;
        positions.push(before);
    }
    Ok(positions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_come_back() {
        for list in [vec![], vec![0], vec![0, 1, 2, 300, 70_000], vec![u32::MAX]] {
            assert_eq!(unpack(&pack(&list)).unwrap(), list);
        }
        assert!(unpack(&[0x80]).is_err());
        assert!(unpack(&pack(&[u32::MAX]).repeat(2)).is_err());
    }

    #[test]
    fn addresses_are_seen_in_values() {
        let terms = Terms::new(vec![1], "synergy");
        let address = format!("synergy1{}", "q".repeat(38));
        assert_eq!(terms.address_in(&address), Some(address.as_str()));
        assert_eq!(terms.address_in(&format!("{address}/7")), Some(address.as_str()));
        assert!(terms.address_in(&format!("synergyvaloper1{}", "q".repeat(38))).is_some());
        for not in
            ["", "synergy", "synergy1", "cosmos1qqqqqqqqqqqqqqqqqqqqqqqqqqq", "synergy1Qqqqqqqqqqqqqqqqqqqqqqqqqqqqq"]
        {
            assert_eq!(terms.address_in(not), None, "{not}");
        }
        assert_eq!(terms.address_in(&format!("synergy1{}", "q".repeat(90))), None);
        assert_ne!(terms.value("a.b", "c"), Terms::new(vec![2], "synergy").value("a.b", "c"));
    }
}

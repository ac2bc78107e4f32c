//! Headers that one made-up validator signs: what a light client (ICS-07) of a chain in a
//! test can check, without a CometBFT.

use ed25519_dalek::{Signer, SigningKey};
use synergy_proto::ibc::tendermint::Header;
use tendermint::{
    AppHash, Hash, PublicKey, Signature, Time,
    account::Id as AccountId,
    block::{
        Commit, CommitSig, Header as TmHeader, Id as BlockId, Round, header::Version, parts::Header as Parts,
        signed_header::SignedHeader,
    },
    crypto::default::Sha256,
    validator::{Info, Set},
    vote::{self, Vote},
};

/// What a header says.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Of which chain.
    pub chain_id: &'a str,
    /// Its height.
    pub height: u64,
    /// Its time, seconds since 1970.
    pub seconds: i64,
    /// The application hash after the block below.
    pub app_hash: Vec<u8>,
    /// Makes another header of the same height.
    pub salt: u8,
}

/// A chain's only validator.
#[derive(Debug)]
pub struct Validator(SigningKey);

impl Validator {
    /// The validator of a seed.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    fn public_key(&self) -> PublicKey {
        PublicKey::from_raw_ed25519(self.0.verifying_key().as_bytes()).expect("key")
    }

    fn set(&self) -> Set {
        Set::new(vec![Info::new(self.public_key(), 10_u32.into())], None)
    }

    /// The hash of the set of this validator alone.
    pub fn set_hash(&self) -> Vec<u8> {
        self.set().hash_with::<Sha256>().as_bytes().to_vec()
    }

    /// A signed header. The trusted height is left to the caller.
    pub fn header(&self, facts: Facts<'_>) -> Header {
        let (validators, address) = (self.set(), AccountId::from(self.public_key()));
        let hash = validators.hash_with::<Sha256>();
        let time = Time::from_unix_timestamp(facts.seconds, 0).expect("time");
        let header = TmHeader {
            version: Version { block: 11, app: 1 },
            chain_id: facts.chain_id.parse().expect("chain id"),
            height: facts.height.try_into().expect("height"),
            time,
            last_block_id: None,
            last_commit_hash: None,
            data_hash: Some(Hash::Sha256([facts.salt; 32])),
            validators_hash: hash,
            next_validators_hash: hash,
            consensus_hash: Hash::Sha256([1; 32]),
            app_hash: AppHash::try_from(facts.app_hash).expect("app hash"),
            last_results_hash: None,
            evidence_hash: None,
            proposer_address: address,
        };
        let part_set_header = Parts::new(1, Hash::Sha256([2; 32])).expect("parts");
        let block_id = BlockId { hash: header.hash_with::<Sha256>(), part_set_header };
        let vote = Vote {
            vote_type: vote::Type::Precommit,
            height: header.height,
            round: Round::default(),
            block_id: Some(block_id),
            timestamp: Some(time),
            validator_address: address,
            validator_index: 0_u32.try_into().expect("index"),
            signature: None,
            extension: Vec::new(),
            extension_signature: None,
        };
        let signature = self.0.sign(&vote.into_signable_vec(header.chain_id.clone())).to_bytes();
        let signature = Some(Signature::try_from(signature.as_slice()).expect("signature"));
        let commit = Commit {
            height: header.height,
            round: Round::default(),
            block_id,
            signatures: vec![CommitSig::BlockIdFlagCommit { validator_address: address, timestamp: time, signature }],
        };
        Header {
            signed_header: Some(SignedHeader::new(header, commit).expect("header").into()),
            validator_set: Some(validators.clone().into()),
            trusted_height: None,
            trusted_validators: Some(validators.into()),
        }
    }
}

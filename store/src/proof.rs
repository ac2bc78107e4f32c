//! ICS-23 proofs of what a key holds, and their check.

use ics23::{
    CommitmentProof, HostFunctionsManager, commitment_proof::Proof as Kind, verify_membership, verify_non_membership,
};

use crate::tree::ProofReader;
use crate::{Error, Hash, Store, fatal, simple};

/// Proof of a key's value, or of its absence, against an app hash.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// The value; `None` if the proof is one of absence.
    pub value: Option<Vec<u8>>,
    /// From the key to the root of its store; spec `jmt::ics23_spec()`.
    pub store: CommitmentProof,
    /// From the store's root to the app hash; spec `ics23::tendermint_spec()`.
    pub root: CommitmentProof,
    /// The app hash after the queried height: the one in the header above it.
    pub app_hash: Hash,
}

impl Store {
    /// Proves the root of `store` after the block at `height`; `None` if no block up to
    /// there wrote to it.
    pub(crate) fn prove_root(&self, height: u64, store: &str) -> Option<CommitmentProof> {
        simple::prove(&self.0.named(&self.0.roots_at(height)), store)
    }

    /// Proves what `key` (the tree key, without prefix byte) held in `store` after
    /// the block at `height`.
    ///
    /// # Errors
    /// [`Error::UnknownStore`], [`Error::EmptyKey`], [`Error::EmptyTree`] if the store
    /// had no key at all, and the errors of [`Store::at`].
    pub fn prove(&self, height: u64, store: &str, key: &[u8]) -> Result<Proof, Error> {
        let at = self.0.stores.iter().position(|id| id.name == store);
        let at = at.ok_or_else(|| Error::UnknownStore(store.to_owned()))?;
        if key.is_empty() {
            return Err(Error::EmptyKey);
        }
        let snapshot = self.at(height)?;
        let versions = self.0.roots_at(height);
        let (version, root_hash) = versions[at];
        if root_hash == crate::tree::EMPTY_ROOT {
            return Err(Error::EmptyTree { store: store.to_owned(), height });
        }
        let reader = ProofReader::new(&snapshot, self.0.stores[at].prefix);
        let tree = jmt::Sha256Jmt::new(&reader);
        let (value, proof) = tree
            .get_with_ics23_proof(key.to_vec(), version)
            .unwrap_or_else(|error| fatal(format_args!("no proof from a kept tree: {error:#}")));
        let roots = self.0.named(&versions);
        let Some(root) = simple::prove(&roots, store) else {
            return Err(Error::UnknownStore(store.to_owned()));
        };
        Ok(Proof { value, store: proof, root, app_hash: simple::map_hash(&roots) })
    }
}

/// Checks that `proof` shows `proof.value` under `key` (the tree key) of `store` for
/// `app_hash`, which must come from a header the caller trusts. `proof.app_hash` is
/// not used.
///
/// # Errors
/// [`Error::BadProof`] saying which of the two levels fails.
pub fn verify(proof: &Proof, app_hash: &Hash, store: &str, key: &[u8]) -> Result<(), Error> {
    let root = verify_root(&proof.root, app_hash, store)?;
    let spec = jmt::ics23_spec();
    let lower = match &proof.value {
        Some(value) => verify_membership::<HostFunctionsManager>(&proof.store, &spec, root, key, value),
        None => verify_non_membership::<HostFunctionsManager>(&proof.store, &spec, root, key),
    };
    if !lower {
        return Err(Error::BadProof("the key does not lead to the store's root"));
    }
    Ok(())
}

/// Checks the upper proof and returns the root that it shows for `store`.
pub(crate) fn verify_root<'a>(proof: &'a CommitmentProof, app_hash: &Hash, store: &str) -> Result<&'a Vec<u8>, Error> {
    let Some(Kind::Exist(root)) = &proof.proof else {
        return Err(Error::BadProof("the upper proof is not one of existence"));
    };
    let spec = ics23::tendermint_spec();
    let (app_hash, name) = (app_hash.to_vec(), store.as_bytes());
    if !verify_membership::<HostFunctionsManager>(proof, &spec, &app_hash, name, &root.value) {
        return Err(Error::BadProof("the store's root does not lead to the app hash"));
    }
    Ok(&root.value)
}

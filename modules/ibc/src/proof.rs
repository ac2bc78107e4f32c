//! ICS-23 proofs through a chain of trees, as `ibc.core.commitment.v1.MerkleProof` has
//! them: from the key's tree up to the root that a header commits to.

use ics23::{
    CommitmentProof, ExistenceProof, HostFunctionsManager, NonExistenceProof, ProofSpec, calculate_existence_root,
    commitment_proof::Proof, verify_membership, verify_non_membership,
};
use prost::Message;
use synergy_kernel::{Ctx, Error, Result};
use synergy_proto::ibc::core::commitment::v1::{MerklePrefix, MerkleProof};

use crate::error::commitment as error;

/// Gas for each byte of a proof, for its hashing.
const PROOF_BYTE: u64 = 10;

/// The key of a counterparty's path: its store's name, then the path.
///
/// # Errors
/// `commitment` 3 when the counterparty has no prefix.
pub(crate) fn keys(prefix: Option<&MerklePrefix>, path: &str) -> Result<Vec<Vec<u8>>> {
    match prefix {
        Some(prefix) if !prefix.key_prefix.is_empty() => Ok(vec![prefix.key_prefix.clone(), path.as_bytes().to_vec()]),
        _ => Err(error::invalid_prefix("the counterparty's prefix is empty")),
    }
}

/// Checks that `keys`, from the outermost tree inwards, lead to `value` (or to nothing)
/// below `root`.
///
/// # Errors
/// `commitment` 2 for bytes that are no proof, 4 for a proof that does not hold.
pub(crate) fn verify(
    ctx: &mut Ctx<'_>,
    specs: &[ProofSpec],
    root: &[u8],
    keys: &[Vec<u8>],
    value: Option<&[u8]>,
    proof: &[u8],
) -> Result<()> {
    ctx.gas.consume(PROOF_BYTE.saturating_mul(proof.len() as u64), "verify ICS-23 proof")?;
    let proofs = MerkleProof::decode(proof)
        .map_err(|e| {
            error::invalid_proof(format!("failed to unmarshal proof into ICS 23 commitment merkle proof: {e}"))
        })?
        .proofs;
    if root.is_empty() {
        return Err(error::invalid_merkle_proof("root cannot be empty"));
    }
    if proofs.len() != specs.len() || keys.len() != specs.len() {
        return Err(error::invalid_merkle_proof(format!(
            "length of specs: {} not equal to length of proofs: {} or of keys: {}",
            specs.len(),
            proofs.len(),
            keys.len()
        )));
    }
    let mut levels = proofs.iter().zip(specs).zip(keys.iter().rev()).enumerate();
    let mut below = match value {
        Some([]) => return Err(error::invalid_merkle_proof("empty value in membership proof")),
        Some(value) => value.to_vec(),
        None => match levels.next() {
            Some((_, ((proof, spec), key))) => absent(proof, spec, key)?,
            None => return Err(error::invalid_merkle_proof("there are no proofs")),
        },
    };
    for (level, ((proof, spec), key)) in levels {
        below = present(proof, spec, key, &below)
            .map_err(|why| error::invalid_merkle_proof(format!("proof {level} of {}: {why}", proofs.len())))?;
    }
    if below != root {
        return Err(error::invalid_merkle_proof("calculated root does not match provided root"));
    }
    Ok(())
}

/// The root of a tree that holds `value` under `key`.
fn present(
    proof: &CommitmentProof,
    spec: &ProofSpec,
    key: &[u8],
    value: &[u8],
) -> std::result::Result<Vec<u8>, &'static str> {
    let Some(Proof::Exist(inner)) = &proof.proof else { return Err("it is not one of existence") };
    let root = root_of(inner).ok_or("it has no root")?;
    if verify_membership::<HostFunctionsManager>(proof, spec, &root, key, value) {
        Ok(root)
    } else {
        Err("it does not lead from the key and value to its root")
    }
}

/// The root of a tree that holds nothing under `key`.
fn absent(proof: &CommitmentProof, spec: &ProofSpec, key: &[u8]) -> Result<Vec<u8>> {
    let bad = |why: &str| -> Error { error::invalid_merkle_proof(format!("absence: {why}")) };
    let Some(Proof::Nonexist(NonExistenceProof { left, right, .. })) = &proof.proof else {
        return Err(bad("the first proof is not one of absence"));
    };
    let neighbour = left.as_ref().or(right.as_ref()).ok_or_else(|| bad("both neighbours are missing"))?;
    let root = root_of(neighbour).ok_or_else(|| bad("a neighbour has no root"))?;
    if verify_non_membership::<HostFunctionsManager>(proof, spec, &root, key) {
        Ok(root)
    } else {
        Err(bad("the neighbours do not enclose the key"))
    }
}

fn root_of(proof: &ExistenceProof) -> Option<Vec<u8>> {
    calculate_existence_root::<HostFunctionsManager>(proof).ok()
}

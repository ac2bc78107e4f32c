//! Queries whose answer is proven against a block header (ICS-23).

use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use ics23::CommitmentProof;
use prost::Message;
use serde_json::{Value, json};
use synergy_kernel::{Amount, Key};
use synergy_proto::{Address, Denom, synergy::auth::KemKey};
use synergy_store::{Hash, Proof, verify};

use super::decoded;
use crate::cli::{
    context::Context,
    error::{Error, Result, bail, error},
    output,
    rpc::{Rpc, integer},
    schema,
};

/// Stores, and tags of the maps in them: the layout of the modules' `state.rs`.
const ACCOUNTS: (&str, u8) = ("acc", 3);
const KEM_KEYS: (&str, u8) = ("acc", 5);
const BALANCES: (&str, u8) = ("bank", 2);
const RECORDS: (&str, u8) = ("aivm", 3);

/// wasmd's layout: no length before the address.
const CONTRACT_STATE: (&str, u8) = ("wasm", 3);

/// First byte of a stored message.
const FORMAT: u8 = 1;

/// How long the header above the queried block may take.
const HEADER_WAIT: Duration = Duration::from_secs(20);

/// A value and what it was checked against.
pub(crate) struct Proven {
    /// `None`: proven to be absent.
    pub(crate) value: Option<Vec<u8>>,
    height: u64,
    app_hash: Hash,
}

/// Asks for a key with its proof and checks it against the next block's header.
pub(crate) fn fetch(context: &Context, height: u64, store: &str, key: &[u8]) -> Result<Proven> {
    let mut rpc = context.rpc()?;
    let height = if height > 0 { height } else { latest(&mut rpc)? };
    let answer = rpc.query(&format!("/store/{store}/key"), key, height, true)?;
    if answer.height.cast_unsigned() != height {
        bail!("asked for height {height}, the node answered for {}: ask another node", answer.height);
    }
    let [lower, upper] = answer.proof.as_slice() else {
        bail!("the node sent {} proof operators instead of 2: is it of this chain's kind?", answer.proof.len());
    };
    let read = |bytes: &[u8]| CommitmentProof::decode(bytes).map_err(|e| error!("the proof cannot be read: {e}"));
    let value = (!answer.value.is_empty()).then_some(answer.value);
    let app_hash = app_hash(&mut rpc, height + 1)?;
    let proof = Proof { value, store: read(lower)?, root: read(upper)?, app_hash };
    verify(&proof, &app_hash, store, key)
        .map_err(|e| error!("the proof does not hold ({e}): do not trust this node's answers"))?;
    Ok(Proven { value: proof.value, height, app_hash })
}

/// The last height that the application has committed: CometBFT knows the next block earlier.
fn latest(rpc: &mut Rpc) -> Result<u64> {
    let info = rpc.call("abci_info", &json!({}))?;
    let height = integer(&info["response"]["last_block_height"]).cast_unsigned();
    if height == 0 { Err(error!("the chain has no block yet: try again in a second")) } else { Ok(height) }
}

/// The app hash in the header at `height`, which may still have to be made.
fn app_hash(rpc: &mut Rpc, height: u64) -> Result<Hash> {
    let until = Instant::now() + HEADER_WAIT;
    loop {
        match rpc.call("commit", &json!({"height": height.to_string()})) {
            Ok(answer) => {
                let header = &answer["signed_header"]["header"];
                if integer(&header["height"]).cast_unsigned() != height {
                    bail!("the node sent another header than that of block {height}");
                }
                let bytes = hex::decode(header["app_hash"].as_str().unwrap_or_default())?;
                return bytes.try_into().map_err(|_| error!("the header's app hash is not 32 bytes"));
            }
            Err(e) if e.0.contains("must be less than or equal") && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(200));
            }
            Err(e) => return Err(e),
        }
    }
}

/// Prints what was proven beside how.
pub(crate) fn print(context: &Context, proven: &Proven, mut value: Value) -> Result<()> {
    let header = proven.height + 1;
    value["height"] = proven.height.to_string().into();
    value["proof"] = json!({
        "verified": true, "header_height": header.to_string(), "app_hash": hex::encode_upper(proven.app_hash)
    });
    super::print(context, value)?;
    let what = if proven.value.is_some() { "proof" } else { "proof of absence" };
    output::note(&format!("{what} verified against header {header}"));
    Ok(())
}

pub(crate) fn account(context: &Context, height: u64, address: &Address) -> Result<()> {
    let proven = fetch(context, height, ACCOUNTS.0, &key(ACCOUNTS.1, address))?;
    let account = match &proven.value {
        Some(value) => decoded(context, &schema::STORED_ACCOUNT, body(value)?)?,
        None => Value::Null,
    };
    print(context, &proven, json!({"account": account}))
}

/// The key that an account has published for sealing.
pub(crate) fn kem_key(context: &Context, height: u64, address: &Address) -> Result<(Proven, Option<Vec<u8>>)> {
    let proven = fetch(context, height, KEM_KEYS.0, &key(KEM_KEYS.1, address))?;
    let key = proven.value.as_ref().map(|value| Ok::<_, Error>(KemKey::decode(body(value)?)?.key)).transpose()?;
    Ok((proven, key))
}

pub(crate) fn balance(context: &Context, height: u64, address: &Address, denom: &str) -> Result<()> {
    let denom: Denom = denom.parse()?;
    let proven = fetch(context, height, BALANCES.0, &key(BALANCES.1, &(address, &denom)))?;
    let amount = match &proven.value {
        Some(value) => u128::from(Amount::decode(body(value)?)?),
        None => 0,
    };
    print(context, &proven, json!({"balance": {"denom": denom.as_str(), "amount": amount.to_string()}}))
}

pub(crate) fn record(context: &Context, height: u64, id: u64) -> Result<()> {
    let proven = fetch(context, height, RECORDS.0, &key(RECORDS.1, &id))?;
    let record = match &proven.value {
        Some(value) => decoded(context, &schema::RECORD, body(value)?)?,
        None => Value::Null,
    };
    print(context, &proven, json!({"record": record}))
}

/// An entry of a contract, in the form of the query without a proof.
pub(crate) fn contract_state(context: &Context, height: u64, contract: &Address, entry: &[u8]) -> Result<()> {
    let key = [&[CONTRACT_STATE.1], contract.as_bytes(), entry].concat();
    let proven = fetch(context, height, CONTRACT_STATE.0, &key)?;
    let data = BASE64_STANDARD.encode(proven.value.as_deref().unwrap_or_default());
    print(context, &proven, json!({"data": data}))
}

fn key(tag: u8, part: &impl Key) -> Vec<u8> {
    let mut key = vec![tag];
    part.write(&mut key);
    key
}

fn body(value: &[u8]) -> Result<&[u8]> {
    match value.split_first() {
        Some((&FORMAT, body)) => Ok(body),
        _ => bail!("the value is of a format that this version does not know: use the node's version"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_modules() {
        let (address, denom): (Address, Denom) = (Address::from([7; 20]), "asnrg".parse().unwrap());
        let key = super::key(BALANCES.1, &(&address, &denom));
        assert_eq!(hex::encode(key), format!("0214{}056173 6e7267", "07".repeat(20)).replace(' ', ""));
        assert_eq!(super::key(RECORDS.1, &5u64), [3, 0, 0, 0, 0, 0, 0, 0, 5]);
    }
}

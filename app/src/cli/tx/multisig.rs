//! Multisig keys: a member's signature in a file, and a transaction from several.

use std::{fs, path::PathBuf};

use clap::Args;
use prost::Message;
use synergy_crypto::{AccountKey, Multisig};
use synergy_proto::{
    Address, Any,
    cosmos::{
        crypto::multisig::v1beta1::{CompactBitArray, MultiSignature},
        tx::{
            signing::v1beta1::{
                SignMode, SignatureDescriptor, SignatureDescriptors,
                signature_descriptor::{Data, data},
            },
            v1beta1::{AuthInfo, ModeInfo, SignerInfo, TxRaw, mode_info},
        },
    },
};

use super::{
    TxFlags,
    build::{amino_bytes, raw},
    offline::{File, signing_account, write},
};
use crate::cli::{
    codec::{self, Form},
    context::Context,
    error::{Result, bail, error},
    schema,
};

#[derive(Args, Debug)]
pub(crate) struct MultiSign {
    #[command(flatten)]
    file: File,
    /// Name of the multisig key in the keyring
    name: String,
    /// Files that `tx sign --multisig` made
    #[arg(required = true)]
    signatures: Vec<PathBuf>,
    /// Where the signed transaction goes instead of standard output
    #[arg(long, value_name = "FILE")]
    output_document: Option<PathBuf>,
}

/// One member's signature, in the form of the SDK's `SignatureDescriptors`.
pub(super) fn member_signature(key: &AccountKey, signed: &[u8], sequence: u64) -> Result<String> {
    let signature = TxRaw::decode(signed)?.signatures.pop().unwrap_or_default();
    let (type_url, value) = key.to_any();
    let single = data::Single { mode: SignMode::LegacyAminoJson as i32, signature };
    let descriptor = SignatureDescriptor {
        public_key: Some(Any { type_url, value }),
        data: Some(Data { sum: Some(data::Sum::Single(single)) }),
        sequence,
    };
    let bytes = SignatureDescriptors { signatures: vec![descriptor] }.encode_to_vec();
    Ok(codec::decode(&schema::SIGNATURES, &bytes, Form::Json)?.to_string())
}

pub(crate) fn multi_sign(context: &Context, flags: &TxFlags, sign: &MultiSign) -> Result<()> {
    let unsigned = TxRaw::decode(sign.file.bytes()?.as_slice())?;
    let key = context.key(&context.keyring(), &sign.name)?.public_key;
    let AccountKey::Multisig(group) = &key else { bail!("{} is not a multisig key", sign.name) };
    let account = signing_account(context, flags, &Address::from(key.address()))?;
    let mut given = Vec::new();
    for file in &sign.signatures {
        given.extend(read(file)?);
    }
    let document = amino_bytes(&unsigned.body_bytes, &unsigned.auth_info_bytes, &account)?;
    let signatures = by_member(group, given, &document)?;
    let mut auth_info = AuthInfo::decode(unsigned.auth_info_bytes.as_slice())?;
    auth_info.signer_infos = vec![signer(&key, &signatures, account.sequence)];
    let signatures = MultiSignature { signatures: signatures.into_iter().flatten().collect() };
    let signed = raw(unsigned.body_bytes, auth_info.encode_to_vec(), vec![signatures.encode_to_vec()]);
    write(&codec::decode(&schema::TX, &signed, Form::Json)?.to_string(), sign.output_document.as_deref())
}

fn read(file: &PathBuf) -> Result<Vec<SignatureDescriptor>> {
    let text = fs::read_to_string(file).map_err(|e| error!("cannot read {}: {e}", file.display()))?;
    let bad = |e: String| error!("{} is not a signature of `tx sign --multisig`: {e}", file.display());
    let value = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
    let bytes = codec::encode(&schema::SIGNATURES, &value).map_err(|e| bad(e.to_string()))?;
    Ok(SignatureDescriptors::decode(bytes.as_slice())?.signatures)
}

/// The signatures in the order of the members; each must be right and a member's.
fn by_member(group: &Multisig, given: Vec<SignatureDescriptor>, document: &[u8]) -> Result<Vec<Option<Vec<u8>>>> {
    let mut signatures = vec![None; group.members().len()];
    for descriptor in given {
        let any = descriptor.public_key.unwrap_or_default();
        let AccountKey::Single(key) = AccountKey::from_any(&any.type_url, &any.value)? else {
            bail!("a signature is of a multisig key: members are plain keys");
        };
        let address = Address::from(key.address());
        let Some(Data { sum: Some(data::Sum::Single(single)) }) = descriptor.data else {
            bail!("the signature of {address} is empty");
        };
        // A key that stands in the group twice signs for both.
        let places: Vec<usize> = (0..signatures.len()).filter(|i| group.members()[*i] == key).collect();
        if places.is_empty() {
            bail!("{address} signed and is no member of the multisig key");
        }
        key.verify(document, &single.signature).map_err(|_| {
            error!("the signature of {address} is wrong: check chain id, account number, sequence and the transaction")
        })?;
        places.into_iter().for_each(|i| signatures[i] = Some(single.signature.clone()));
    }
    let have = signatures.iter().flatten().count();
    if have < group.threshold() {
        bail!("{have} of the {} members that must sign have: ask for more signatures", group.threshold());
    }
    Ok(signatures)
}

fn signer(key: &AccountKey, signatures: &[Option<Vec<u8>>], sequence: u64) -> SignerInfo {
    let mut elems = vec![0; signatures.len().div_ceil(8)];
    for (i, _) in signatures.iter().enumerate().filter(|(_, signature)| signature.is_some()) {
        elems[i / 8] |= 1 << (7 - i % 8);
    }
    let single = mode_info::Single { mode: SignMode::LegacyAminoJson as i32 };
    let multi = mode_info::Multi {
        bitarray: Some(CompactBitArray { extra_bits_stored: (signatures.len() % 8) as u32, elems }),
        mode_infos: vec![ModeInfo { sum: Some(mode_info::Sum::Single(single)) }; signatures.iter().flatten().count()],
    };
    let (type_url, value) = key.to_any();
    SignerInfo {
        public_key: Some(Any { type_url, value }),
        mode_info: Some(ModeInfo { sum: Some(mode_info::Sum::Multi(multi)) }),
        sequence,
    }
}

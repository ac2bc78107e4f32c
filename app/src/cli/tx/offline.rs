//! Transactions in files: sign, broadcast, encode, decode, simulate.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use clap::Args;
use prost::Message;
use serde_json::{Value, json};
use synergy_app::{
    config::Output,
    signature::{Mode as Signed, Signature},
};
use synergy_crypto::{AccountKey, KeyInfo, Keyring, SecretKey};
use synergy_proto::{
    Address,
    cosmos::tx::v1beta1::{AuthInfo, TxRaw},
};

use super::{
    TxFlags,
    build::{Account, Mode, amino_bytes, direct_bytes, sign_bytes, signer},
    describe, multisig, response,
    session::{account, broadcast as send, simulate as ask},
};
use crate::cli::{
    codec::{self, Form},
    context::{Context, address_of, confirm},
    error::{Result, bail, error},
    output, schema,
};

#[derive(Args, Debug)]
pub(crate) struct File {
    /// The transaction's JSON, or - for standard input
    file: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Sign {
    #[command(flatten)]
    file: File,
    /// Sign as a member of this multisig account, and print the signature alone
    #[arg(long, value_name = "KEY")]
    multisig: Option<String>,
    /// Where the signed transaction goes instead of standard output
    #[arg(long, value_name = "FILE")]
    output_document: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Decode {
    /// base64, or hexadecimal with --hex
    tx: String,
    /// The text is hexadecimal
    #[arg(long, short = 'x')]
    hex: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SignBatch {
    /// Transactions, a line of JSON each or a JSON list, or - for standard input
    file: PathBuf,
    /// Sign as a member of this multisig account, and print the signatures alone
    #[arg(long, value_name = "KEY")]
    multisig: Option<String>,
    /// Where the signed transactions go instead of standard output
    #[arg(long, value_name = "FILE")]
    output_document: Option<PathBuf>,
}

fn read_text(file: &Path) -> Result<String> {
    let mut text = String::new();
    let read = match file.as_os_str() == "-" {
        true => std::io::stdin().lock().read_to_string(&mut text).map(drop),
        false => fs::read_to_string(file).map(|t| text = t),
    };
    read.map_err(|e| error!("cannot read {}: {e}", file.display()))?;
    Ok(text)
}

impl File {
    pub(super) fn read(&self) -> Result<Value> {
        serde_json::from_str(&read_text(&self.file)?)
            .map_err(|e| error!("{} is not the JSON of a transaction: {e}", self.file.display()))
    }

    /// The transaction, signed or not.
    pub(super) fn raw(&self) -> Result<TxRaw> {
        Ok(TxRaw::decode(self.bytes()?.as_slice())?)
    }

    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        codec::encode(&schema::TX, &self.read()?).map_err(|e| error!("{}: {e}", self.file.display()))
    }
}

pub(crate) fn sign(context: &Context, flags: &TxFlags, sign: &Sign) -> Result<()> {
    let raw = TxRaw::decode(sign.file.bytes()?.as_slice())?;
    let mut signing = Signing::open(context, flags, sign.multisig.as_deref())?;
    let text = signing.sign(raw)?;
    write(&text, sign.output_document.as_deref())
}

/// Signs many transactions, each with the next sequence.
pub(crate) fn sign_batch(context: &Context, flags: &TxFlags, batch: &SignBatch) -> Result<()> {
    let mut signing = Signing::open(context, flags, batch.multisig.as_deref())?;
    let mut lines = Vec::new();
    for (i, json) in batch.read()?.iter().enumerate() {
        let of = |e| error!("{}, transaction {}: {e}", batch.file.display(), i + 1);
        let raw = codec::encode(&schema::TX, json).map_err(of)?;
        lines.push(signing.sign(TxRaw::decode(raw.as_slice())?).map_err(of)?);
        signing.account.sequence += 1;
    }
    write(&lines.join("\n"), batch.output_document.as_deref())
}

impl SignBatch {
    fn read(&self) -> Result<Vec<Value>> {
        let text = read_text(&self.file)?;
        let bad =
            |e| error!("{} is neither a JSON transaction a line nor a JSON list of them: {e}", self.file.display());
        let all: Vec<Value> = match text.trim_start().starts_with('[') {
            true => serde_json::from_str(&text).map_err(bad)?,
            false => serde_json::Deserializer::from_str(&text)
                .into_iter()
                .collect::<std::result::Result<_, _>>()
                .map_err(bad)?,
        };
        if all.is_empty() { Err(error!("{} has no transaction", self.file.display())) } else { Ok(all) }
    }
}

/// Who signs transactions from files, and for which account.
struct Signing<'a> {
    flags: &'a TxFlags,
    key: KeyInfo,
    secret: Option<SecretKey>,
    keyring: Keyring,
    account: Account,
    mode: Mode,
    /// Signatures of a member are printed alone.
    member: bool,
}

impl<'a> Signing<'a> {
    fn open(context: &Context, flags: &'a TxFlags, multisig: Option<&str>) -> Result<Self> {
        let from = flags.from.as_deref().ok_or_else(|| error!("who signs? name the key with --from KEY"))?;
        let keyring = context.keyring();
        let key = context.key(&keyring, from)?;
        let address = match multisig {
            Some(group) => context.address(group)?,
            None => address_of(&key),
        };
        let account = signing_account(context, flags, &address)?;
        let mode = if multisig.is_some() { Mode::AminoJson } else { flags.sign_mode.unwrap_or_default() };
        Ok(Self { flags, key, secret: None, keyring, account, mode, member: multisig.is_some() })
    }

    /// The signed transaction's JSON, or a member's signature.
    fn sign(&mut self, raw: TxRaw) -> Result<String> {
        let mut auth_info = AuthInfo::decode(raw.auth_info_bytes.as_slice())?;
        #[allow(deprecated, reason = "the SDK's old field has to be named to be refused")]
        let has_tip = auth_info.tip.is_some();
        if has_tip {
            bail!("the transaction has a tip field, which this chain does not take: remove it");
        }
        auth_info.signer_infos = vec![signer(Some(&self.key.public_key), self.account.sequence, self.mode).into()];
        let auth_info_bytes = auth_info.encode_to_vec();
        let unsigned = super::build::raw(raw.body_bytes.clone(), auth_info_bytes.clone(), Vec::new());
        let Account { chain_id, sequence, .. } = &self.account;
        let (name, address) = (&self.key.name, address_of(&self.key));
        output::note(&format!("{name} ({address}) signs on chain {chain_id}, sequence {sequence}:"));
        output::note(&describe::transaction(&codec::decode(&schema::TX, &unsigned, Form::Text)?));
        if !self.flags.yes && !confirm("Sign?") {
            bail!("cancelled: nothing was signed");
        }
        let secret = match &self.secret {
            Some(secret) => secret,
            None => self.secret.insert(self.keyring.secret(&self.key.name)?),
        };
        let signed = sign_bytes(raw.body_bytes, auth_info_bytes, secret, &self.account, self.mode)?;
        match self.member {
            true => multisig::member_signature(&self.key.public_key, &signed, *sequence),
            false => Ok(codec::decode(&schema::TX, &signed, Form::Json)?.to_string()),
        }
    }
}

/// Checks every signature of a transaction, as the chain would now.
pub(crate) fn validate_signatures(context: &Context, flags: &TxFlags, file: &File) -> Result<()> {
    let raw = file.raw()?;
    let auth_info = AuthInfo::decode(raw.auth_info_bytes.as_slice())?;
    if raw.signatures.is_empty() || raw.signatures.len() != auth_info.signer_infos.len() {
        let (have, need) = (raw.signatures.len(), auth_info.signer_infos.len());
        bail!("the transaction has {have} signatures of {need} signers: `synergyd tx sign` adds one");
    }
    let mut results = Vec::new();
    for (info, signature) in auth_info.signer_infos.iter().zip(&raw.signatures) {
        let any = info.public_key.clone().unwrap_or_default();
        let key = AccountKey::from_any(&any.type_url, &any.value)?;
        let address = Address::from(key.address());
        let account = Account { sequence: info.sequence, ..signing_account(context, flags, &address)? };
        let signature =
            Signature::read(info.mode_info.as_ref(), signature.clone(), false).map_err(|e| error!("{e}"))?;
        let amino = amino_bytes(&raw.body_bytes, &raw.auth_info_bytes, &account);
        let direct = direct_bytes(&raw.body_bytes, &raw.auth_info_bytes, &account)?;
        let valid = signature.verify(&key, |mode| match (mode, &amino) {
            (Signed::Amino, Ok(document)) => document.clone(),
            (Signed::Amino, Err(_)) => Vec::new(),
            _ => direct.clone(),
        });
        results.push(json!({
            "address": address.to_string(), "key_type": key.kind(), "account_number": account.number.to_string(),
            "sequence": account.sequence.to_string(), "valid": valid,
        }));
    }
    let all = results.iter().all(|result| result["valid"] == true);
    output::value(context.output(), &json!({"signatures": results, "valid": all}))?;
    if all {
        return Ok(());
    }
    bail!("a signature is wrong: check --chain-id, --account-number, and that the file was not changed after signing")
}

/// To a file, or to standard output.
pub(super) fn write(text: &str, file: Option<&Path>) -> Result<()> {
    match file {
        Some(file) => fs::write(file, format!("{text}\n")).map_err(|e| error!("cannot write {}: {e}", file.display())),
        None => output::line(text),
    }
}

/// Chain, number and sequence: from the flags, and from the node what they leave
/// out.
pub(super) fn signing_account(context: &Context, flags: &TxFlags, address: &Address) -> Result<Account> {
    let chain_id = context.config.chain_id.clone();
    if let (Some(number), Some(sequence), false) = (flags.account_number, flags.sequence, chain_id.is_empty()) {
        return Ok(Account { chain_id, number, sequence });
    }
    if flags.offline {
        bail!("--offline needs --chain-id, --account-number and --sequence");
    }
    let mut rpc = context.rpc()?;
    let chain_id = if chain_id.is_empty() { rpc.chain_id()? } else { chain_id };
    let found = account(&mut rpc, address)?;
    Ok(Account {
        chain_id,
        number: flags.account_number.unwrap_or(found.account_number),
        sequence: flags.sequence.unwrap_or(found.sequence),
    })
}

pub(crate) fn broadcast(context: &Context, flags: &TxFlags, file: &File) -> Result<()> {
    let tx = file.bytes()?;
    if TxRaw::decode(tx.as_slice())?.signatures.is_empty() {
        bail!("the transaction is not signed: `synergyd tx sign` does that");
    }
    let answer = send(&mut context.rpc()?, &tx, flags.wait || !context.broadcasts_async(), flags.wait)?;
    response::print(context.output(), &answer)
}

pub(crate) fn encode(file: &File) -> Result<()> {
    output::line(&BASE64.encode(file.bytes()?))
}

pub(crate) fn decode(context: &Context, decode: &Decode) -> Result<()> {
    let text = decode.tx.trim();
    let bytes = match decode.hex {
        true => hex::decode(text).map_err(|e| error!("this is not hexadecimal: {e}"))?,
        false => BASE64.decode(text).map_err(|e| error!("this is not base64 ({e}); for hexadecimal add --hex"))?,
    };
    let form = if context.output() == Output::Json { Form::Json } else { Form::Text };
    output::value(context.output(), &codec::decode(&schema::TX, &bytes, form)?)
}

pub(crate) fn simulate(context: &Context, flags: &TxFlags, file: &File) -> Result<()> {
    let mut raw = TxRaw::decode(file.bytes()?.as_slice())?;
    let mut auth_info = AuthInfo::decode(raw.auth_info_bytes.as_slice())?;
    let mut rpc = context.rpc()?;
    if auth_info.signer_infos.is_empty() {
        let from = flags.from.as_deref().ok_or_else(|| error!("who would sign? name the key with --from KEY"))?;
        let key = context.key(&context.keyring(), from)?;
        let sequence = account(&mut rpc, &address_of(&key))?.sequence;
        auth_info
            .signer_infos
            .push(signer(Some(&key.public_key), flags.sequence.unwrap_or(sequence), Mode::Direct).into());
        raw.auth_info_bytes = auth_info.encode_to_vec();
        raw.signatures = vec![vec![0; key.public_key.signature_len()]];
    }
    let used = ask(&mut rpc, raw.encode_to_vec())?;
    output::value(context.output(), &json!({"gas_info": {"gas_used": used.to_string()}}))
}

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
use synergy_app::config::Output;
use synergy_proto::cosmos::tx::v1beta1::{AuthInfo, TxRaw};

use super::{
    TxFlags,
    build::{Account, Mode, sign_bytes, signer},
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

impl File {
    pub(super) fn read(&self) -> Result<Value> {
        let mut text = String::new();
        let read = match self.file.as_os_str() == "-" {
            true => std::io::stdin().lock().read_to_string(&mut text).map(drop),
            false => fs::read_to_string(&self.file).map(|t| text = t),
        };
        read.map_err(|e| error!("cannot read {}: {e}", self.file.display()))?;
        serde_json::from_str(&text).map_err(|e| error!("{} is not the JSON of a transaction: {e}", self.file.display()))
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
    let from = flags.from.as_deref().ok_or_else(|| error!("who signs? name the key with --from KEY"))?;
    let mut keyring = context.keyring();
    let key = context.key(&keyring, from)?;
    let signer_address = match &sign.multisig {
        Some(group) => context.address(group)?,
        None => address_of(&key),
    };
    let account = signing_account(context, flags, &signer_address)?;
    let mode = match sign.multisig {
        Some(_) => Mode::AminoJson,
        None => flags.sign_mode.unwrap_or_default(),
    };
    let mut auth_info = AuthInfo::decode(raw.auth_info_bytes.as_slice())?;
    #[allow(deprecated, reason = "the SDK's old field has to be named to be refused")]
    let has_tip = auth_info.tip.is_some();
    if has_tip {
        bail!("the transaction has a tip field, which this chain does not take: remove it");
    }
    auth_info.signer_infos = vec![signer(Some(&key.public_key), account.sequence, mode).into()];
    let auth_info_bytes = auth_info.encode_to_vec();
    let unsigned = super::build::raw(raw.body_bytes.clone(), auth_info_bytes.clone(), Vec::new());
    output::note(&format!("{} ({}) signs on chain {}:", key.name, address_of(&key), account.chain_id));
    output::note(&describe::transaction(&codec::decode(&schema::TX, &unsigned, Form::Text)?));
    if !flags.yes && !confirm("Sign?") {
        bail!("cancelled: nothing was signed");
    }
    let signed = sign_bytes(raw.body_bytes, auth_info_bytes, &keyring.secret(&key.name)?, &account, mode)?;
    let text = match sign.multisig {
        Some(_) => multisig::member_signature(&key.public_key, &signed, account.sequence)?,
        None => codec::decode(&schema::TX, &signed, Form::Json)?.to_string(),
    };
    write(&text, sign.output_document.as_deref())
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
pub(super) fn signing_account(context: &Context, flags: &TxFlags, address: &synergy_proto::Address) -> Result<Account> {
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

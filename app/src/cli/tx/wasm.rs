//! `synergyd tx wasm`, as wasmd's users know it.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use synergy_proto::{
    Any, Coin,
    cosmwasm::{
        AccessConfig, AccessType, MsgClearAdmin, MsgExecuteContract, MsgInstantiateContract, MsgInstantiateContract2,
        MsgMigrateContract, MsgStoreCode, MsgUpdateAdmin, MsgUpdateContractLabel, MsgUpdateInstantiateConfig,
    },
    pack,
};

use super::{Session, TxFlags};
use crate::cli::{
    coins,
    context::Context,
    error::{Result, bail, error},
};

#[derive(Subcommand, Debug)]
pub(crate) enum Wasm {
    /// Upload a contract's code
    Store {
        /// The .wasm file; it is packed with gzip if it is not
        file: PathBuf,
        #[command(flatten)]
        access: AccessFlags,
    },
    /// Make a contract of a code
    Instantiate {
        /// The code's id
        code_id: u64,
        /// The contract's first message, in JSON
        msg: String,
        #[command(flatten)]
        new: NewFlags,
    },
    /// Make a contract of a code, at an address known before
    Instantiate2 {
        /// The code's id
        code_id: u64,
        /// The contract's first message, in JSON
        msg: String,
        /// 1 to 64 bytes that decide about the address
        salt: String,
        #[command(flatten)]
        new: NewFlags,
        /// How the salt is written
        #[arg(long, value_enum, default_value_t = Encoding::Hex)]
        salt_encoding: Encoding,
        /// Have the message decide about the address too
        #[arg(long)]
        fix_msg: bool,
    },
    /// Send a contract a message
    Execute {
        /// The contract's address
        contract: String,
        /// The message, in JSON
        msg: String,
        /// Coins to send along, e.g. 1.5snrg
        #[arg(long, value_name = "COINS")]
        amount: Option<String>,
    },
    /// Move a contract to another code
    Migrate {
        /// The contract's address
        contract: String,
        /// The new code's id
        code_id: u64,
        /// The message to the new code, in JSON
        msg: String,
    },
    /// Give a contract another admin
    SetContractAdmin {
        /// The contract's address
        contract: String,
        /// Address, or name of a key of yours
        new_admin: String,
    },
    /// Leave a contract without admin: nobody can migrate it any more
    ClearContractAdmin {
        /// The contract's address
        contract: String,
    },
    /// Give a contract another label
    SetContractLabel {
        /// The contract's address
        contract: String,
        /// The label
        label: String,
    },
    /// Say who may make contracts of a code
    UpdateInstantiateConfig {
        /// The code's id
        code_id: u64,
        #[command(flatten)]
        access: AccessFlags,
    },
}

/// Who may make contracts of a code.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct AccessFlags {
    /// Everybody may make contracts of it
    #[arg(long)]
    instantiate_everybody: bool,
    /// Nobody but governance may
    #[arg(long)]
    instantiate_nobody: bool,
    /// These addresses alone may
    #[arg(long, value_name = "ADDRESS,…", value_delimiter = ',')]
    instantiate_anyof_addresses: Vec<String>,
}

impl AccessFlags {
    fn config(&self, context: &Context) -> Result<Option<AccessConfig>> {
        let addresses = self.instantiate_anyof_addresses.iter();
        let addresses = addresses.map(|a| Ok(context.address(a)?.to_string())).collect::<Result<Vec<_>>>()?;
        let permission = match (self.instantiate_everybody, self.instantiate_nobody, addresses.is_empty()) {
            (true, ..) => AccessType::Everybody,
            (_, true, _) => AccessType::Nobody,
            (_, _, false) => AccessType::AnyOfAddresses,
            _ => return Ok(None),
        };
        Ok(Some(AccessConfig { permission: permission.into(), addresses }))
    }
}

/// What a new contract is made with.
#[derive(Args, Debug)]
pub(crate) struct NewFlags {
    /// The contract's public name
    #[arg(long)]
    label: String,
    /// Who may migrate it: address, or name of a key of yours
    #[arg(long, required_unless_present = "no_admin", conflicts_with = "no_admin")]
    admin: Option<String>,
    /// Nobody may migrate it, ever
    #[arg(long)]
    no_admin: bool,
    /// Coins to send along, e.g. 1.5snrg
    #[arg(long, value_name = "COINS")]
    amount: Option<String>,
}

impl NewFlags {
    fn admin(&self, context: &Context) -> Result<String> {
        self.admin.as_deref().map_or(Ok(String::new()), |admin| Ok(context.address(admin)?.to_string()))
    }
}

/// How bytes are written on the command line.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub(crate) enum Encoding {
    Hex,
    Ascii,
    Base64,
}

impl Encoding {
    pub(crate) fn read(self, text: &str) -> Result<Vec<u8>> {
        use base64::{Engine, prelude::BASE64_STANDARD};
        match self {
            Self::Hex => hex::decode(text).map_err(|e| error!("{text:?} is not hexadecimal ({e})")),
            Self::Ascii => Ok(text.as_bytes().to_vec()),
            Self::Base64 => BASE64_STANDARD.decode(text).map_err(|e| error!("{text:?} is no base64 ({e})")),
        }
    }
}

pub(crate) fn run(context: &Context, flags: &TxFlags, command: Wasm) -> Result<()> {
    let mut session = Session::open(context, flags, None)?;
    let sender = session.sender.to_string();
    let message = message(context, sender, command)?;
    session.send_and_print(vec![message])
}

fn message(context: &Context, sender: String, command: Wasm) -> Result<Any> {
    Ok(match command {
        Wasm::Store { file, access } => {
            let wasm_byte_code = upload(&file)?;
            pack(&MsgStoreCode { sender, wasm_byte_code, instantiate_permission: access.config(context)? })
        }
        Wasm::Instantiate { code_id, msg, new } => {
            let (admin, funds) = (new.admin(context)?, amount(&new.amount)?);
            pack(&MsgInstantiateContract { sender, admin, code_id, label: new.label, msg: json(&msg)?, funds })
        }
        Wasm::Instantiate2 { code_id, msg, salt, new, salt_encoding, fix_msg } => {
            let (admin, funds) = (new.admin(context)?, amount(&new.amount)?);
            let (msg, salt) = (json(&msg)?, salt_encoding.read(&salt)?);
            pack(&MsgInstantiateContract2 { sender, admin, code_id, label: new.label, msg, funds, salt, fix_msg })
        }
        Wasm::Execute { contract, msg, amount: coins } => {
            pack(&MsgExecuteContract { sender, contract, msg: json(&msg)?, funds: amount(&coins)? })
        }
        Wasm::Migrate { contract, code_id, msg } => {
            pack(&MsgMigrateContract { sender, contract, code_id, msg: json(&msg)? })
        }
        Wasm::SetContractAdmin { contract, new_admin } => {
            pack(&MsgUpdateAdmin { sender, new_admin: context.address(&new_admin)?.to_string(), contract })
        }
        Wasm::ClearContractAdmin { contract } => pack(&MsgClearAdmin { sender, contract }),
        Wasm::SetContractLabel { contract, label } => {
            pack(&MsgUpdateContractLabel { sender, new_label: label, contract })
        }
        Wasm::UpdateInstantiateConfig { code_id, access } => {
            let new_instantiate_permission = access.config(context)?;
            if new_instantiate_permission.is_none() {
                bail!("say who: --instantiate-everybody, --instantiate-nobody or --instantiate-anyof-addresses");
            }
            pack(&MsgUpdateInstantiateConfig { sender, code_id, new_instantiate_permission })
        }
    })
}

/// A file as it is uploaded: gzip, which saves about two thirds of a block's bytes.
fn upload(file: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(file).map_err(|e| error!("cannot read {}: {e}", file.display()))?;
    if bytes.starts_with(b"\x1f\x8b\x08") {
        return Ok(bytes);
    }
    if !bytes.starts_with(b"\0asm") {
        bail!("{} is no WebAssembly: give the .wasm file that the contract's build makes", file.display());
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&bytes)?;
    Ok(packed.finish()?)
}

fn json(text: &str) -> Result<Vec<u8>> {
    serde_json::from_str::<Value>(text).map_err(|e| error!("the message is not JSON ({e}): {text}"))?;
    Ok(text.as_bytes().to_vec())
}

fn amount(coins: &Option<String>) -> Result<Vec<Coin>> {
    coins.as_deref().map_or(Ok(Vec::new()), coins::parse)
}

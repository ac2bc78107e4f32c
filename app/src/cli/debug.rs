//! `synergyd debug`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use bech32::{Bech32, primitives::decode::CheckedHrpstring};
use clap::Subcommand;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions, Value as Reflected};
use serde_json::{Value, json};
use synergy_app::config::Output;
use synergy_crypto::{PublicKey, Scheme};
use synergy_proto::{ADDRESS_PREFIX, Address, DESCRIPTORS};

use super::{
    bundle::{self, Bundle},
    codec,
    error::{Result, bail, error},
    output,
};

#[derive(Subcommand, Debug)]
pub(crate) enum Debug {
    /// Show an address in all its forms
    Addr {
        /// bech32 with any prefix, or hexadecimal
        address: String,
    },
    /// Check a public key and show its address
    Pubkey {
        /// JSON such as `synergyd keys show NAME --pubkey` prints, or @FILE
        #[arg(value_name = "JSON")]
        key: String,
    },
    /// Check the bytes of a public key and show its address
    PubkeyRaw {
        /// The raw key in hexadecimal or base64, or @FILE
        bytes: String,
        /// secp256k1, eth_secp256k1, ed25519, ml-dsa-44, ml-dsa-65, ml-dsa-87 or hybrid
        #[arg(long, default_value = "secp256k1", value_name = "TYPE")]
        key_type: Scheme,
    },
    /// Turn bytes as logs show them, such as [72 101 108], into hexadecimal
    RawBytes {
        /// The numbers, with spaces or commas between
        bytes: String,
    },
    /// Show the prefixes of addresses
    Prefixes,
    /// Messages that this program knows
    #[command(subcommand)]
    Codec(Codec),
    /// Pack configuration, state of the node and logs into an archive, without any key
    Bundle(Bundle),
}

#[derive(Subcommand, Debug)]
pub(crate) enum Codec {
    /// List what transactions can carry, with the name in amino JSON
    List,
    /// Decode the protobuf bytes of any message into JSON
    Decode {
        /// Its name or type URL, e.g. /cosmos.bank.v1beta1.MsgSend
        #[arg(value_name = "TYPE_URL")]
        name: String,
        /// In hexadecimal or base64, or @FILE
        bytes: String,
    },
}

pub(crate) fn run(home: &Path, command: Debug) -> Result<()> {
    let value = match command {
        Debug::Bundle(bundle) => return bundle::run(home, &bundle),
        Debug::Addr { address } => {
            let bytes = match hex::decode(&address) {
                Ok(bytes) => bytes,
                Err(_) => bech32_bytes(&address)?.1,
            };
            forms(&Address::new(&bytes)?)?
        }
        Debug::Pubkey { key } => {
            let key = codec::public_key(&text(key)?)?;
            with_type(forms(&Address::from(key.address()))?, key.kind())
        }
        Debug::PubkeyRaw { bytes, key_type } => {
            let key = PublicKey::from_bytes(key_type, &read_bytes(bytes)?)?;
            with_type(forms(&Address::from(key.address()))?, key_type.as_str())
        }
        Debug::RawBytes { bytes } => {
            let numbers = bytes.trim().trim_start_matches('[').trim_end_matches(']');
            let numbers = numbers.split([' ', ',']).filter(|number| !number.is_empty());
            let bytes = numbers
                .map(|number| number.parse().map_err(|_| error!("{number:?} is no byte: give numbers from 0 to 255")))
                .collect::<Result<Vec<u8>>>()?;
            return output::line(&hex::encode_upper(bytes));
        }
        Debug::Prefixes => {
            let prefix = |suffix: &str| format!("{ADDRESS_PREFIX}{suffix}");
            json!({"acc": prefix(""), "val": prefix("valoper"), "cons": prefix("valcons")})
        }
        Debug::Codec(Codec::List) => return list(),
        Debug::Codec(Codec::Decode { name, bytes }) => {
            let pool = pool()?;
            let name = name.trim_start_matches('/');
            let message = pool.get_message_by_name(name);
            let message = message.ok_or_else(|| {
                error!("no message is called {name:?}: `synergyd debug codec list` shows those of transactions")
            })?;
            let message = DynamicMessage::decode(message, read_bytes(bytes)?.as_slice())
                .map_err(|e| error!("these bytes are no {name}: {e}"))?;
            let options = SerializeOptions::new().use_proto_field_name(true).skip_default_fields(false);
            message.serialize_with_options(serde_json::value::Serializer, &options)?
        }
    };
    output::value(Output::Text, &value)
}

fn pool() -> Result<DescriptorPool> {
    DescriptorPool::decode(DESCRIPTORS).map_err(|e| error!("the descriptors in this program are damaged: {e}"))
}

fn list() -> Result<()> {
    let pool = pool()?;
    let amino = pool.get_extension_by_name("amino.name");
    let services = pool.services().filter(|service| service.name() == "Msg");
    let mut rows: Vec<Vec<String>> = services
        .flat_map(|service| service.methods().map(|method| method.input()).collect::<Vec<_>>())
        .map(|message| {
            let name = amino.as_ref().map(|amino| message.options().get_extension(amino).into_owned());
            let name = match name {
                Some(Reflected::String(name)) if !name.is_empty() => name,
                _ => "-".to_owned(),
            };
            vec![format!("/{}", message.full_name()), name]
        })
        .collect();
    rows.sort();
    output::table(&rows)
}

/// The argument, or what is in the file that it names.
fn text(argument: String) -> Result<String> {
    match argument.strip_prefix('@') {
        Some(file) => fs::read_to_string(PathBuf::from(file)).map_err(|e| error!("cannot read {file}: {e}")),
        None => Ok(argument),
    }
}

fn read_bytes(argument: String) -> Result<Vec<u8>> {
    let text = text(argument)?;
    let text = text.trim();
    match hex::decode(text.trim_start_matches("0x")).ok().or_else(|| BASE64.decode(text).ok()) {
        Some(bytes) => Ok(bytes),
        None => bail!("these bytes are neither hexadecimal nor base64: give e.g. 0a2d… or Ci1j…"),
    }
}

fn with_type(mut value: Value, kind: &str) -> Value {
    value["key_type"] = kind.into();
    value
}

fn forms(address: &Address) -> Result<Value> {
    Ok(json!({
        "hex": hex::encode_upper(address.as_bytes()),
        "acc": address.to_string(),
        "val": address.to_bech32(&format!("{ADDRESS_PREFIX}valoper"))?,
        "cons": address.to_bech32(&format!("{ADDRESS_PREFIX}valcons"))?,
    }))
}

/// Prefix and bytes of bech32 text under any prefix.
pub(crate) fn bech32_bytes(text: &str) -> Result<(String, Vec<u8>)> {
    let checked = CheckedHrpstring::new::<Bech32>(text)
        .map_err(|e| error!("{text:?} is neither hexadecimal nor bech32 ({e})"))?;
    Ok((checked.hrp().to_lowercase(), checked.byte_iter().collect()))
}

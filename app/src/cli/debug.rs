//! `synergyd debug`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use bech32::{Bech32, primitives::decode::CheckedHrpstring};
use clap::Subcommand;
use serde_json::{Value, json};
use synergy_app::config::Output;
use synergy_proto::{ADDRESS_PREFIX, Address};

use super::{
    bundle::{self, Bundle},
    codec,
    error::{Result, error},
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
        key: String,
    },
    /// Pack configuration, state of the node and logs into an archive, without any key
    Bundle(Bundle),
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
            let text = match key.strip_prefix('@') {
                Some(file) => fs::read_to_string(PathBuf::from(file)).map_err(|e| error!("cannot read {file}: {e}"))?,
                None => key,
            };
            let key = codec::public_key(&text)?;
            let mut value = forms(&Address::from(key.address()))?;
            value["key_type"] = key.kind().into();
            value
        }
    };
    output::value(Output::Text, &value)
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

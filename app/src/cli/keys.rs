//! `synergyd keys`.

use std::{fs, io::Read, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use synergy_app::config::Output;
use synergy_crypto::{AccountKey, HdPath, KeyInfo, Keyring, Multisig, Scheme, SecretKey, generate_mnemonic};
use synergy_proto::{ADDRESS_PREFIX, Address};

use super::{
    codec::{self, Form},
    context::{ClientFlags, Context, address_of, ask, confirm, passphrase},
    error::{Result, bail, error},
    output, schema,
};

#[derive(Args, Debug)]
pub(crate) struct Keys {
    #[command(flatten)]
    pub(crate) client: ClientFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Print a new phrase of 24 words, from which keys can be made
    Mnemonic {
        /// 12, 15, 18, 21 or 24; post-quantum keys want 24
        #[arg(long, default_value_t = 24)]
        words: usize,
    },
    /// Make a key, or recover one from its phrase
    Add(Add),
    /// Show all keys
    List,
    /// Show the types of keys that `keys add --key-type` makes
    ListKeyTypes,
    /// Show a key
    Show(Show),
    /// Remove keys for good
    Delete {
        /// Names of the keys
        #[arg(required = true)]
        names: Vec<String>,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Give a key another name
    Rename {
        /// The name it has
        from: String,
        /// The name it gets
        to: String,
    },
    /// Print a key as text, encrypted under a passphrase of its own
    Export {
        /// Name of the key
        name: String,
        /// In the Cosmos SDK's form, which other chains' programs take; for secp256k1
        #[arg(long)]
        sdk: bool,
        /// The secret itself in hexadecimal, with --unsafe: whoever sees it has the key
        #[arg(long, requires = "unsafe", conflicts_with = "sdk")]
        unarmored_hex: bool,
        /// Yes, print the secret
        #[arg(long)]
        r#unsafe: bool,
    },
    /// Take in a key that `keys export` printed, this program's or a Cosmos SDK chain's
    Import {
        /// The name it gets
        name: String,
        /// The exported text's file, or - for standard input
        file: PathBuf,
    },
    /// Take in a secret in hexadecimal, which is asked for or read from standard input
    ImportHex {
        /// The name it gets
        name: String,
        /// secp256k1, eth_secp256k1, ed25519, ml-dsa-44, ml-dsa-65, ml-dsa-87 or hybrid
        #[arg(long, default_value = "secp256k1", value_name = "TYPE")]
        key_type: Scheme,
    },
    /// Turn an address from bech32 to hexadecimal or back
    Parse {
        /// The address
        address: String,
    },
}

#[derive(Args, Debug)]
struct Add {
    /// The name it gets
    name: String,
    /// secp256k1, eth_secp256k1, ed25519, ml-dsa-44, ml-dsa-65, ml-dsa-87 or hybrid
    #[arg(long, default_value = "secp256k1", value_name = "TYPE")]
    key_type: Scheme,
    /// Make a multisig key of these keys, a comma between names
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with_all = ["recover", "source", "pubkey"])]
    multisig: Vec<String>,
    /// How many of them must sign
    #[arg(long, value_name = "N", default_value_t = 1, requires = "multisig")]
    multisig_threshold: u32,
    /// Keep the members in the order given, instead of sorting them by address
    #[arg(long, requires = "multisig")]
    nosort: bool,
    /// Keep somebody's public key, as JSON, to name it in a multisig key
    #[arg(long, value_name = "JSON", conflicts_with_all = ["recover", "source"])]
    pubkey: Option<String>,
    /// Ask for the phrase of an existing key
    #[arg(long)]
    recover: bool,
    /// Read that phrase from a file
    #[arg(long, value_name = "FILE")]
    source: Option<PathBuf>,
    /// Ask for BIP-39's own passphrase too
    #[arg(long, short)]
    interactive: bool,
    /// Derivation path instead of --account and --index
    #[arg(long, value_name = "PATH", conflicts_with_all = ["account", "index"])]
    hd_path: Option<HdPath>,
    /// Account number in the path
    #[arg(long, default_value_t = 0, value_name = "N")]
    account: u32,
    /// Address number in the path
    #[arg(long, default_value_t = 0, value_name = "N")]
    index: u32,
    /// Do not print the phrase: this file is then the key's only copy
    #[arg(long)]
    no_backup: bool,
    /// Make the key and print it, but do not store it
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args, Debug)]
struct Show {
    /// Name or address of the key
    name: String,
    /// Print the address alone
    #[arg(long, short, conflicts_with = "pubkey")]
    address: bool,
    /// Print the public key alone, as JSON
    #[arg(long, short)]
    pubkey: bool,
    /// Print the KEM key alone, in hexadecimal: what others seal payloads to
    #[arg(long, conflicts_with_all = ["pubkey", "address"])]
    kem_key: bool,
    /// Prefix of the address
    #[arg(long, default_value = "acc")]
    bech: Bech,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Bech {
    /// synergy…, the account
    Acc,
    /// synergyvaloper…, its validator
    Val,
    /// synergyvalcons…, a consensus key
    Cons,
}

impl Bech {
    fn address(self, address: &Address) -> Result<String> {
        let suffix = match self {
            Self::Acc => "",
            Self::Val => "valoper",
            Self::Cons => "valcons",
        };
        Ok(address.to_bech32(&format!("{ADDRESS_PREFIX}{suffix}"))?)
    }
}

pub(crate) fn run(context: &Context, keys: Keys) -> Result<()> {
    let mut keyring = context.keyring();
    match keys.command {
        Command::Mnemonic { words } => output::line(&generate_mnemonic(words)?),
        Command::Add(add) => run_add(context, &add),
        Command::List => list(context, &keyring.list()?),
        Command::ListKeyTypes => {
            let names: Vec<&str> = Scheme::ALL.iter().map(|s| s.as_str()).collect();
            match context.output() {
                Output::Json => output::value(Output::Json, &json!(names)),
                Output::Text => output::line(&names.join("\n")),
            }
        }
        Command::Show(show) => run_show(context, &show),
        Command::Delete { names, yes } => {
            for name in names {
                let key = keyring.show(&name)?;
                if !yes && !confirm(&format!("Delete key {name} ({}) for good?", address_of(&key))) {
                    bail!("cancelled: {name} stays");
                }
                keyring.delete(&name)?;
                output::note(&format!("key {name} is deleted"));
            }
            Ok(())
        }
        Command::Rename { from, to } => {
            keyring.rename(&from, &to)?;
            output::note(&format!("key {from} is now called {to}"));
            Ok(())
        }
        Command::Export { name, unarmored_hex: true, .. } => {
            output::line(&zeroize::Zeroizing::new(hex::encode(&*keyring.secret(&name)?.to_bytes())))
        }
        Command::Export { name, sdk, .. } => {
            keyring.show(&name)?;
            let secret = passphrase("Choose a passphrase for the exported key: ")?;
            let text = if sdk { keyring.export_sdk(&name, &secret) } else { keyring.export(&name, &secret) };
            output::line(text?.trim_end())
        }
        Command::Import { name, file } => {
            let armored = read_text(&file)?;
            let secret = passphrase("Passphrase of the exported key: ")?;
            let key = keyring.import(&name, &armored, &secret)?;
            print(context, &key, Bech::Acc, None)
        }
        Command::ImportHex { name, key_type } => {
            let text = passphrase("The secret in hexadecimal: ")?;
            let bytes = hex::decode(text.trim().trim_start_matches("0x")).map(zeroize::Zeroizing::new);
            let bytes = bytes.map_err(|_| {
                error!("the secret is not hexadecimal: a {key_type} key has {} digits", 2 * key_type.secret_len())
            })?;
            let key = keyring.add(&name, &SecretKey::from_bytes(key_type, &bytes)?)?;
            print(context, &key, Bech::Acc, None)
        }
        Command::Parse { address } => parse(context, &address),
    }
}

fn read_text(file: &PathBuf) -> Result<String> {
    if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text)?;
        return Ok(text);
    }
    fs::read_to_string(file).map_err(|e| error!("cannot read {}: {e}", file.display()))
}

fn run_add(context: &Context, add: &Add) -> Result<()> {
    let mut keyring = context.keyring();
    if let Some(key) = public_key(add, &keyring)? {
        let key = match add.dry_run {
            true => KeyInfo { name: add.name.clone(), public_key: key, path: None },
            false => keyring.add_public(&add.name, key)?,
        };
        return print(context, &key, Bech::Acc, None);
    }
    let scheme = add.key_type;
    let path = match &add.hd_path {
        Some(path) => path.clone(),
        None => HdPath::bip44(scheme, add.account, add.index)?,
    };
    if !add.dry_run && keyring.show(&add.name).is_ok() {
        bail!("a key named {} exists: choose another name, or `synergyd keys delete {0}` first", add.name);
    }
    let recovered = add.recover || add.source.is_some();
    let phrase = match &add.source {
        Some(file) => zeroize::Zeroizing::new(read_text(file)?),
        None if add.recover => ask("Enter the phrase: ")?,
        None => generate_mnemonic(24)?,
    };
    let bip39 = if add.interactive { passphrase("BIP-39 passphrase (empty for none): ")? } else { Default::default() };
    let phrase_line = phrase.trim();
    let key = if add.dry_run {
        let secret = SecretKey::from_mnemonic(scheme, phrase_line, &bip39, &path)?;
        KeyInfo { name: add.name.clone(), public_key: secret.public_key().into(), path: Some(path) }
    } else {
        keyring.add_mnemonic(&add.name, scheme, phrase_line, &bip39, &path)?
    };
    let shown = (!recovered && !add.no_backup).then_some(phrase_line);
    print(context, &key, Bech::Acc, shown)
}

/// The key that `--multisig` or `--pubkey` describes.
fn public_key(add: &Add, keyring: &Keyring) -> Result<Option<AccountKey>> {
    if let Some(text) = &add.pubkey {
        return Ok(Some(codec::public_key(text)?));
    }
    if add.multisig.is_empty() {
        return Ok(None);
    }
    let member = |name: &String| match keyring.show(name)?.public_key {
        AccountKey::Single(key) => Ok(key),
        AccountKey::Multisig(_) => bail!("{name} is a multisig key itself: members are plain keys"),
    };
    let mut members = add.multisig.iter().map(member).collect::<Result<Vec<_>>>()?;
    if !add.nosort {
        members.sort_by_key(|key| key.address());
    }
    Ok(Some(AccountKey::Multisig(Multisig::new(add.multisig_threshold, members)?)))
}

fn list(context: &Context, keys: &[KeyInfo]) -> Result<()> {
    if keys.is_empty() && context.output() == Output::Text {
        output::note("no keys yet: make one with `synergyd keys add NAME`");
        return Ok(());
    }
    let keys = keys.iter().map(|key| to_json(context.output(), key, Bech::Acc)).collect::<Result<Vec<_>>>()?;
    output::value(context.output(), &Value::Array(keys))
}

fn run_show(context: &Context, show: &Show) -> Result<()> {
    let mut keyring = context.keyring();
    let key = context.key(&keyring, &show.name)?;
    if show.kem_key {
        return output::line(&hex::encode(keyring.kem_secret(&key.name)?.public_key().as_bytes()));
    }
    if show.address {
        return output::line(&show.bech.address(&address_of(&key))?);
    }
    if show.pubkey {
        return output::line(&public_key_json(&key)?.to_string());
    }
    print(context, &key, show.bech, None)
}

fn print(context: &Context, key: &KeyInfo, bech: Bech, phrase: Option<&str>) -> Result<()> {
    let mut value = to_json(context.output(), key, bech)?;
    if let (Some(phrase), Output::Json) = (phrase, context.output()) {
        value["mnemonic"] = phrase.into();
    }
    output::value(context.output(), &value)?;
    if let (Some(phrase), Output::Text) = (phrase, context.output()) {
        output::note(
            "\nWrite this phrase down and keep it safe: whoever has it has the key, and without it a lost key stays lost.\n",
        );
        output::note(phrase);
    }
    Ok(())
}

/// The fields of the SDK's `KeyOutput`, and the scheme's name.
fn to_json(form: Output, key: &KeyInfo, bech: Bech) -> Result<Value> {
    let pubkey = public_key_json(key)?;
    let mut value = json!({
        "name": key.name,
        "type": if matches!(key.public_key, AccountKey::Multisig(_)) { "multi" } else { "local" },
        "key_type": key.public_key.kind(),
        "address": bech.address(&address_of(key))?,
    });
    if let Some(path) = &key.path {
        value["path"] = path.to_string().into();
    }
    let bytes = key.public_key.to_bytes().len();
    if form == Output::Json || bytes <= 33 {
        value["pubkey"] = pubkey.to_string().into();
    } else {
        value["pubkey"] = format!("{bytes} bytes, see `synergyd keys show {} --pubkey`", key.name).into();
    }
    Ok(value)
}

/// The public key's `Any` as JSON.
pub(crate) fn public_key_json(key: &KeyInfo) -> Result<Value> {
    let (type_url, value) = key.public_key.to_any();
    let holder = prost::Message::encode_to_vec(&synergy_proto::synergy::auth::QueryPublicKeyResponse {
        pub_key: Some(synergy_proto::Any { type_url, value }),
    });
    Ok(codec::decode(&schema::PUBLIC_KEY_RESPONSE, &holder, Form::Json)?["pub_key"].take())
}

fn parse(context: &Context, text: &str) -> Result<()> {
    let value = match hex::decode(text) {
        Ok(bytes) => {
            let address = Address::new(&bytes)?;
            let mut formats = vec![Bech::Acc.address(&address)?, Bech::Val.address(&address)?];
            formats.push(Bech::Cons.address(&address)?);
            json!({"formats": formats})
        }
        Err(_) => {
            let (human, bytes) = super::debug::bech32_bytes(text)?;
            json!({"human": human, "bytes": hex::encode_upper(bytes)})
        }
    };
    output::value(context.output(), &value)
}

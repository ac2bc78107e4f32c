use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{KeyInfo, seal::Sealed};
use crate::{AccountKey, Error, KemSecret, PublicKey, Result, Scheme, SecretKey};

/// First line of a format that may change: another number, another format.
const FORMAT: &str = "synergy-key/1";

/// The secrets of a key. Stored, the second follows the first.
pub(super) struct Secrets {
    pub(super) signing: SecretKey,
    /// What opens payloads that are sealed to the account; keys that came without their
    /// phrase have none.
    pub(super) kem: Option<KemSecret>,
}

impl Secrets {
    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let kem = self.kem.as_ref().map(KemSecret::seed).map_or(&[][..], |seed| &seed[..]);
        Zeroizing::new([self.signing.to_bytes().as_slice(), kem].concat())
    }

    pub(super) fn from_bytes(scheme: Scheme, bytes: &[u8]) -> Result<Self> {
        let wrong = || Error::InvalidSecret { scheme, reason: "its length is wrong" };
        let (signing, kem) = bytes.split_at_checked(scheme.secret_len()).ok_or_else(wrong)?;
        let kem = match kem {
            [] => None,
            seed => Some(KemSecret::from_seed(seed.try_into().map_err(|_| wrong())?)),
        };
        Ok(Self { signing: SecretKey::from_bytes(scheme, signing)?, kem })
    }
}

/// A key as it is stored: the public part and the secret in one of two forms.
pub(super) struct Record {
    pub(super) info: KeyInfo,
    pub(super) secret: Stored,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Stored {
    Plain(Plain),
    Sealed(Sealed),
    /// Only the public key is here: a threshold of keys, or somebody else's.
    None,
}

/// The JSON text of a key file and of an export.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text<S> {
    format: String,
    name: String,
    scheme: String,
    public_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    secret: S,
}

/// A secret in clear text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plain {
    note: String,
    hex: Zeroizing<String>,
}

impl Plain {
    fn new(secrets: &Secrets) -> Self {
        Self {
            note: "NOT ENCRYPTED: the test keyring is for localnets, never for keys of value".into(),
            hex: Zeroizing::new(hex::encode(&*secrets.to_bytes())),
        }
    }

    pub(super) fn open(&self, scheme: Scheme) -> Result<Secrets> {
        let bytes =
            hex::decode(&*self.hex).map_err(|_| Error::InvalidSecret { scheme, reason: "it is not hexadecimal" })?;
        Secrets::from_bytes(scheme, &Zeroizing::new(bytes))
    }
}

impl Record {
    pub(super) fn plain(info: KeyInfo, secrets: &Secrets) -> Self {
        Self { info, secret: Stored::Plain(Plain::new(secrets)) }
    }

    pub(super) fn public(info: KeyInfo) -> Self {
        Self { info, secret: Stored::None }
    }

    pub(super) fn sealed(info: KeyInfo, secrets: &Secrets, passphrase: &str) -> Result<Self> {
        let sealed = Sealed::new(&info, secrets, passphrase)?;
        Ok(Self { info, secret: Stored::Sealed(sealed) })
    }

    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let text = Text {
            format: FORMAT.into(),
            name: self.info.name.clone(),
            scheme: self.info.public_key.kind().into(),
            public_key: hex::encode(self.info.public_key.to_bytes()),
            path: self.info.path.as_ref().map(ToString::to_string),
            secret: &self.secret,
        };
        let mut json = serde_json::to_vec_pretty(&text).expect("strings and numbers always encode");
        json.push(b'\n');
        Zeroizing::new(json)
    }

    pub(super) fn decode(bytes: &[u8]) -> std::result::Result<Self, &'static str> {
        let text: Text<Stored> =
            serde_json::from_slice(bytes).map_err(|_| "it is not the JSON of a key: restore it from your backup")?;
        if text.format != FORMAT {
            return Err("its format is not synergy-key/1: open it with the version that wrote it");
        }
        let bytes = hex::decode(&text.public_key).map_err(|_| "its public key is not hexadecimal")?;
        let public_key = match text.scheme.as_str() {
            "multi" => AccountKey::multisig(&bytes),
            name => {
                let scheme: Scheme = name.parse().map_err(|_| "its key type is unknown")?;
                PublicKey::from_bytes(scheme, &bytes).map(AccountKey::Single)
            }
        };
        let public_key = public_key.map_err(|_| "its public key is invalid")?;
        let path = text.path.map(|path| path.parse()).transpose();
        let path = path.map_err(|_| "its derivation path is invalid")?;
        Ok(Self { info: KeyInfo { name: text.name, public_key, path }, secret: text.secret })
    }
}

/// What is bound to an encrypted secret: one line each of the format, name, key type,
/// public key and path.
pub(super) fn associated_data(info: &KeyInfo) -> Vec<u8> {
    let path = info.path.as_ref().map(ToString::to_string).unwrap_or_default();
    let key = hex::encode(info.public_key.to_bytes());
    format!("{FORMAT}\n{}\n{}\n{key}\n{path}\n", info.name, info.public_key.kind()).into_bytes()
}

/// Decodes the public part of a key file, as [`super::Keyring::show`] does.
///
/// # Errors
/// What is wrong with the file.
pub fn decode_key_file(bytes: &[u8]) -> std::result::Result<KeyInfo, &'static str> {
    Record::decode(bytes).map(|record| record.info)
}

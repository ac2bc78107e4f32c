use crate::{Multisig, PublicKey, Result, Scheme, multisig};

/// What signs for an account: one key, or several of which some must sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountKey {
    /// One key.
    Single(PublicKey),
    /// A threshold of several.
    Multisig(Multisig),
}

impl AccountKey {
    /// Decodes the `Any` of a transaction's signer info or of a stored account, as
    /// [`PublicKey::from_any`] does for one key.
    ///
    /// # Errors
    /// Those of [`PublicKey::from_any`], and [`crate::Error::InvalidMultisig`].
    pub fn from_any(type_url: &str, value: &[u8]) -> Result<Self> {
        if type_url.strip_prefix('/') == Some(multisig::MESSAGE_NAME) {
            return Self::multisig(value);
        }
        PublicKey::from_any(type_url, value).map(Self::Single)
    }

    /// Decodes a threshold key from the value of its `Any`.
    ///
    /// # Errors
    /// As [`from_any`](Self::from_any).
    pub fn multisig(value: &[u8]) -> Result<Self> {
        Multisig::decode(value).map(Self::Multisig)
    }

    /// A plain key's raw bytes; a threshold key as [`multisig`](Self::multisig) takes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Single(key) => key.to_bytes(),
            Self::Multisig(key) => key.encode(),
        }
    }

    /// Type URL and value of the key's `Any`.
    pub fn to_any(&self) -> (String, Vec<u8>) {
        match self {
            Self::Single(key) => key.to_any(),
            Self::Multisig(key) => (format!("/{}", multisig::MESSAGE_NAME), key.encode()),
        }
    }

    /// The account's address.
    pub fn address(&self) -> [u8; 20] {
        match self {
            Self::Single(key) => key.address(),
            Self::Multisig(key) => key.address(),
        }
    }

    /// The keys that it consists of.
    pub fn keys(&self) -> &[PublicKey] {
        match self {
            Self::Single(key) => std::slice::from_ref(key),
            Self::Multisig(key) => key.members(),
        }
    }

    /// How many of [`keys`](Self::keys) must sign.
    pub fn threshold(&self) -> usize {
        match self {
            Self::Single(_) => 1,
            Self::Multisig(key) => key.threshold(),
        }
    }

    /// Bytes that the signature of a transaction takes at most when no more members
    /// sign than must.
    pub fn signature_len(&self) -> usize {
        match self {
            Self::Single(key) => key.scheme().signature_len(),
            Self::Multisig(key) => {
                let mut lengths: Vec<usize> = key.members().iter().map(|k| k.scheme().signature_len()).collect();
                lengths.sort_unstable_by(|a, b| b.cmp(a));
                // Each stands in a protobuf field; with it goes the mode.
                lengths.iter().take(key.threshold()).map(|len| len + 10).sum()
            }
        }
    }

    /// Whether every key is of a type that Cosmos clients know: they fail on others.
    pub fn is_cosmos(&self) -> bool {
        self.keys().iter().all(|key| matches!(key.scheme(), Scheme::Secp256k1 | Scheme::EthSecp256k1 | Scheme::Ed25519))
    }

    /// The scheme of a plain key.
    pub fn scheme(&self) -> Option<Scheme> {
        match self {
            Self::Single(key) => Some(key.scheme()),
            Self::Multisig(_) => None,
        }
    }

    /// `secp256k1` and so on, or `multi`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Single(key) => key.scheme().as_str(),
            Self::Multisig(_) => "multi",
        }
    }
}

impl From<PublicKey> for AccountKey {
    fn from(key: PublicKey) -> Self {
        Self::Single(key)
    }
}

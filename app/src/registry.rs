//! What wallets and registries want to know about a chain, from the node's own
//! parameters: `chain.json` and `assetlist.json` of github.com/cosmos/chain-registry, and
//! the object that Keplr's `experimentalSuggestChain` takes.

use prost::Message;
use serde_json::{Value, json};
use synergy_kernel::{Result, sdk};
use synergy_proto::{
    ADDRESS_PREFIX,
    cosmos::bank::v1beta1::{Metadata, QueryDenomsMetadataRequest, QueryDenomsMetadataResponse},
    synergy::feemarket::{QueryBaseFeeRequest, QueryBaseFeeResponse},
};

use crate::{App, config::AppConfig};

/// SLIP-44 coin type of the accounts' keys, as on most Cosmos chains.
const COIN_TYPE: u32 = 118;
const NAME: &str = "synergy";

/// A document from this node's committed state and settings.
///
/// # Errors
/// Those of the queries it asks.
pub fn document(app: &App, which: Document) -> Result<Value> {
    let (chain_id, height) = app.read(|ctx| Ok((ctx.block.chain_id.clone(), ctx.block.height)))?;
    let facts = Facts::read(&chain_id, app.config(), |path, request| app.call(path, &request, height))?;
    Ok(facts.document(which))
}

/// One of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Document {
    /// chain.json of the chain registry
    Chain,
    /// assetlist.json of the chain registry
    Assets,
    /// What Keplr's experimentalSuggestChain takes
    Keplr,
}

impl Document {
    /// The document of a path of the REST server.
    pub fn at(path: &str) -> Option<Self> {
        match path {
            "/chain.json" => Some(Self::Chain),
            "/assetlist.json" => Some(Self::Assets),
            "/keplr.json" => Some(Self::Keplr),
            _ => None,
        }
    }
}

/// What the documents are made of.
#[derive(Debug, Clone)]
pub struct Facts {
    chain_id: String,
    fee_denom: String,
    base_fee: u128,
    metadata: Vec<Metadata>,
    rpc: String,
    rest: String,
    grpc: String,
}

impl Facts {
    /// Asks the chain for its part, through `call` (a gRPC path and a request), and takes
    /// the addresses from the node's settings.
    ///
    /// # Errors
    /// Those of `call`, and answers that cannot be decoded.
    pub fn read<E: From<synergy_kernel::Error>>(
        chain_id: &str,
        config: &AppConfig,
        mut call: impl FnMut(&str, Vec<u8>) -> std::result::Result<Vec<u8>, E>,
    ) -> std::result::Result<Self, E> {
        let fee = call("/synergy.feemarket.v1.Query/BaseFee", QueryBaseFeeRequest {}.encode_to_vec())?;
        let fee: QueryBaseFeeResponse = decode(&fee)?;
        let request = QueryDenomsMetadataRequest { pagination: None };
        let metadata = call("/cosmos.bank.v1beta1.Query/DenomsMetadata", request.encode_to_vec())?;
        let metadata: QueryDenomsMetadataResponse = decode(&metadata)?;
        let scheme = if config.serving.tls_cert.is_empty() { "http" } else { "https" };
        let url = |scheme: &str, address: &str| match address.split_once("://") {
            Some((_, host)) => format!("{scheme}://{host}"),
            None => format!("{scheme}://{address}"),
        };
        Ok(Self {
            chain_id: chain_id.to_owned(),
            fee_denom: fee.denom,
            base_fee: fee.base_fee.parse().unwrap_or(0),
            metadata: metadata.metadatas,
            rpc: url("http", &config.serving.comet),
            rest: url(scheme, &config.api.address),
            grpc: config.grpc.address.clone(),
        })
    }

    /// The document.
    pub fn document(&self, which: Document) -> Value {
        match which {
            Document::Chain => self.chain(),
            Document::Assets => self.assets(),
            Document::Keplr => self.keplr(),
        }
    }

    fn chain(&self) -> Value {
        let [low, average, high] = self.levels();
        let api = |address: &str| json!([{"address": address, "provider": NAME}]);
        json!({
            "$schema": "../chain.schema.json",
            "chain_name": NAME,
            "chain_type": "cosmos",
            "chain_id": self.chain_id,
            "pretty_name": "Synergy",
            "status": "live",
            "network_type": self.network(),
            "bech32_prefix": ADDRESS_PREFIX,
            "daemon_name": "synergyd",
            "node_home": "$HOME/.synergyd",
            "key_algos": ["secp256k1", "ethsecp256k1", "ed25519"],
            "slip44": COIN_TYPE,
            "fees": {"fee_tokens": [{
                "denom": self.fee_denom,
                "fixed_min_gas_price": number(self.base_fee),
                "low_gas_price": low,
                "average_gas_price": average,
                "high_gas_price": high,
            }]},
            "staking": {"staking_tokens": [{"denom": self.fee_denom}]},
            "apis": {"rpc": api(&self.rpc), "rest": api(&self.rest), "grpc": api(&self.grpc)},
        })
    }

    fn assets(&self) -> Value {
        let asset = |m: &Metadata| {
            let units = m.denom_units.iter().map(|unit| {
                let mut value = json!({"denom": unit.denom, "exponent": unit.exponent});
                if !unit.aliases.is_empty() {
                    value["aliases"] = json!(unit.aliases);
                }
                value
            });
            json!({
                "description": m.description,
                "denom_units": units.collect::<Vec<_>>(),
                "type_asset": "sdk.coin",
                "base": m.base,
                "name": m.name,
                "display": m.display,
                "symbol": m.symbol,
            })
        };
        let assets: Vec<Value> = self.metadata.iter().map(asset).collect();
        json!({"$schema": "../assetlist.schema.json", "chain_name": NAME, "assets": assets})
    }

    fn keplr(&self) -> Value {
        let currencies: Vec<Value> = self.metadata.iter().map(currency).collect();
        let native = self.metadata.iter().find(|m| m.base == self.fee_denom);
        let stake = native.map_or_else(
            || json!({"coinDenom": self.fee_denom, "coinMinimalDenom": self.fee_denom, "coinDecimals": 0}),
            currency,
        );
        let [low, average, high] = self.levels();
        let mut fee = stake.clone();
        fee["gasPriceStep"] = json!({"low": low, "average": average, "high": high});
        let prefix = |suffix: &str| format!("{ADDRESS_PREFIX}{suffix}");
        json!({
            "chainId": self.chain_id,
            "chainName": "Synergy",
            "rpc": self.rpc,
            "rest": self.rest,
            "bip44": {"coinType": COIN_TYPE},
            "bech32Config": {
                "bech32PrefixAccAddr": prefix(""),
                "bech32PrefixAccPub": prefix("pub"),
                "bech32PrefixValAddr": prefix("valoper"),
                "bech32PrefixValPub": prefix("valoperpub"),
                "bech32PrefixConsAddr": prefix("valcons"),
                "bech32PrefixConsPub": prefix("valconspub"),
            },
            "currencies": currencies,
            "feeCurrencies": [fee],
            "stakeCurrency": stake,
            "features": [],
        })
    }

    /// Prices of gas that survive a rise of the base fee for one block, for a few, and
    /// for many: each block may add an eighth.
    fn levels(&self) -> [Value; 3] {
        [115, 130, 200].map(|percent| number(self.base_fee.saturating_mul(percent).div_ceil(100)))
    }

    fn network(&self) -> &'static str {
        match &self.chain_id {
            id if id.contains("local") => "devnet",
            id if id.contains("test") => "testnet",
            _ => "mainnet",
        }
    }
}

fn currency(metadata: &Metadata) -> Value {
    let shown = metadata.denom_units.iter().find(|unit| unit.denom == metadata.display);
    json!({
        "coinDenom": metadata.symbol,
        "coinMinimalDenom": metadata.base,
        "coinDecimals": shown.map_or(0, |unit| unit.exponent),
    })
}

/// JSON has no larger whole numbers that every reader takes.
fn number(value: u128) -> Value {
    u64::try_from(value).unwrap_or(u64::MAX).into()
}

fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M> {
    M::decode(bytes).map_err(|e| sdk::invalid_request(format!("an answer of the chain cannot be decoded: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use synergy_proto::cosmos::bank::v1beta1::DenomUnit;

    fn facts() -> Facts {
        let unit = |denom: &str, exponent| DenomUnit { denom: denom.into(), exponent, aliases: Vec::new() };
        let metadata = Metadata {
            base: "asnrg".into(),
            display: "snrg".into(),
            symbol: "SNRG".into(),
            denom_units: vec![unit("asnrg", 0), unit("snrg", 18)],
            ..Metadata::default()
        };
        let call = |path: &str, _: Vec<u8>| -> Result<Vec<u8>> {
            Ok(match path {
                "/synergy.feemarket.v1.Query/BaseFee" => {
                    QueryBaseFeeResponse { base_fee: "1000000001".into(), denom: "asnrg".into() }.encode_to_vec()
                }
                _ => {
                    QueryDenomsMetadataResponse { metadatas: vec![metadata.clone()], pagination: None }.encode_to_vec()
                }
            })
        };
        Facts::read("synergy-test-1", &AppConfig::default(), call).unwrap()
    }

    #[test]
    fn documents_have_what_their_readers_need() {
        let keplr = facts().document(Document::Keplr);
        assert_eq!(keplr["stakeCurrency"]["coinDecimals"], 18);
        assert_eq!(keplr["feeCurrencies"][0]["gasPriceStep"]["low"], 1_150_000_002_u64);
        assert_eq!(keplr["rest"], "http://localhost:1317");
        assert_eq!(keplr["bech32Config"]["bech32PrefixValAddr"], "synergyvaloper");
        let chain = facts().document(Document::Chain);
        assert_eq!((&chain["network_type"], &chain["slip44"]), (&json!("testnet"), &json!(118)));
        assert_eq!(chain["apis"]["grpc"][0]["address"], "localhost:9090");
        let assets = facts().document(Document::Assets);
        assert_eq!(assets["assets"][0]["denom_units"][1], json!({"denom": "snrg", "exponent": 18}));
    }
}

//! `synergyd query`.

mod authz;
mod distribution;
mod download;
mod escrow;
mod feegrant;
mod gov;
mod ibc;
mod mint;
mod proof;
mod slashing;
mod staking;
mod txs;
mod upgrade;
mod wasm;

use std::{path::PathBuf, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use clap::{Args, Subcommand};
use prost::Message;
use serde_json::{Value, json};
use synergy_app::{
    config::{AppConfig, Output, Settings, process_env},
    registry::{Document, Facts},
};
use synergy_crypto::KemKey;
use synergy_proto::{
    Address,
    cosmos::{
        auth::v1beta1 as auth, bank::v1beta1 as bank, base::query::v1beta1::PageRequest,
        evidence::v1beta1::QueryAllEvidenceRequest,
    },
    synergy::{
        aivm::{
            QueryBlobRequest, QueryBlobsRequest, QueryEstimateInferenceRequest, QueryInferRequest, QueryInferResponse,
            QueryInterchainPayerRequest, QueryRecordRequest, QueryRecordsRequest,
        },
        auth::{QueryKemKeyRequest, QueryPublicKeyRequest},
        modelregistry::{
            QueryAllowedRequest, QueryManifestRequest, QueryModelRequest, QueryModelsByOwnerRequest,
            QueryModelsRequest, QueryVersionRequest,
        },
    },
};

use super::{
    codec::{self, Form},
    context::{ClientFlags, Context},
    error::{Result, error},
    output,
    schema::{self, Schema},
    tensor,
    tx::{
        aivm::{Infer, blob_hash, readable},
        model::{fetch, model_id},
    },
};

pub(crate) use self::txs::index_status;

#[derive(Args, Debug)]
pub(crate) struct Query {
    #[command(flatten)]
    pub(crate) client: ClientFlags,
    /// State after this block [default: the last one]
    #[arg(long, global = true, default_value_t = 0, hide_default_value = true, value_name = "HEIGHT")]
    height: u64,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Accounts and their keys
    #[command(subcommand)]
    Auth(Auth),
    /// Balances and supply
    #[command(subcommand)]
    Bank(Bank),
    /// Validators and delegations
    #[command(subcommand)]
    Staking(staking::Staking),
    /// Rewards of stake
    #[command(subcommand)]
    Distribution(distribution::Distribution),
    /// How validators sign
    #[command(subcommand)]
    Slashing(slashing::Slashing),
    /// Double signing that was proven
    Evidence(Page),
    /// New coins
    #[command(subcommand)]
    Mint(mint::Mint),
    /// Upgrades of the software
    #[command(subcommand)]
    Upgrade(upgrade::Upgrade),
    /// Grants to send messages
    #[command(subcommand)]
    Authz(authz::Authz),
    /// Allowances for fees
    #[command(subcommand)]
    Feegrant(feegrant::Feegrant),
    /// Proposals and votes
    #[command(subcommand)]
    Gov(gov::Gov),
    /// Limits of blocks and evidence
    ConsensusParams,
    /// The price of gas
    #[command(subcommand)]
    Feemarket(Feemarket),
    /// Models on the chain
    #[command(subcommand)]
    Model(Model),
    /// Inference
    #[command(subcommand)]
    Aivm(Aivm),
    /// Coins that wait for a condition
    #[command(subcommand)]
    Escrow(escrow::Escrow),
    /// Clients, connections and channels of other chains
    #[command(subcommand)]
    Ibc(ibc::Ibc),
    /// Coins of other chains, and ours that are there
    #[command(subcommand)]
    IbcTransfer(ibc::Transfer),
    /// Contracts
    #[command(subcommand)]
    Wasm(wasm::Wasm),
    /// A transaction by its hash
    Tx(txs::Hash),
    /// Transactions by their events
    Txs(txs::Txs),
    /// Wait until a transaction is in a block
    WaitTx(txs::WaitTx),
    /// A block [default: the last one]
    Block {
        /// Its height
        block: Option<u64>,
    },
    /// Results of a block's transactions [default: the last one]
    BlockResults {
        /// Its height
        block: Option<u64>,
    },
    /// Who may sign a block, and with how much weight [default: the last one]
    CometValidatorSet {
        /// Its height
        block: Option<u64>,
    },
    /// Blocks that a search over block events finds
    Blocks {
        /// CometBFT's query, e.g. "block.height > 100 AND block.height < 110"
        #[arg(long)]
        query: String,
        /// Page, from 1
        #[arg(long, default_value_t = 1, value_name = "N")]
        page: u64,
        /// Blocks of a page, at most 100
        #[arg(long, default_value_t = 30, value_name = "N")]
        limit: u64,
    },
    /// What wallets and registries want to know about the chain
    ChainInfo {
        /// The document
        #[arg(long, value_name = "DOCUMENT", default_value = "chain")]
        format: Document,
    },
    /// Raw bytes of the state
    Store {
        /// Name of the store, e.g. bank
        store: String,
        /// The key in hexadecimal
        key: String,
        #[command(flatten)]
        prove: Prove,
    },
}

#[derive(Subcommand, Debug)]
enum Auth {
    /// An account's number and sequence
    Account {
        /// Address, or name of a key
        address: String,
        #[command(flatten)]
        prove: Prove,
    },
    /// All accounts
    Accounts(Page),
    /// Rules for transactions
    Params,
    /// The account of a module
    ModuleAccount {
        /// The module's name, e.g. fee_collector
        name: String,
    },
    /// The key to which payloads for an account are sealed
    KemKey {
        /// Address, or name of a key
        address: String,
        #[command(flatten)]
        prove: Prove,
    },
    /// An account's public key, post-quantum ones too
    PublicKey {
        /// Address, or name of a key
        address: String,
    },
}

#[derive(Subcommand, Debug)]
enum Bank {
    /// One coin of an account
    Balance {
        /// Address, or name of a key
        address: String,
        /// E.g. asnrg
        denom: String,
        #[command(flatten)]
        prove: Prove,
    },
    /// All coins of an account
    Balances {
        /// Address, or name of a key
        address: String,
        #[command(flatten)]
        page: Page,
    },
    /// The coins of an account that it may send
    SpendableBalances {
        /// Address, or name of a key
        address: String,
        #[command(flatten)]
        page: Page,
    },
    /// How much there is of every coin
    TotalSupply(Page),
    /// How much there is of one coin
    SupplyOf {
        /// E.g. asnrg
        denom: String,
    },
    /// Names and decimals of a coin, or of all
    DenomMetadata {
        /// E.g. asnrg
        denom: Option<String>,
        #[command(flatten)]
        page: Page,
    },
}

#[derive(Subcommand, Debug)]
enum Feemarket {
    /// The price per unit of gas that the next block demands
    BaseFee,
    /// The base fee's rules
    Params,
}

#[derive(Subcommand, Debug)]
enum Model {
    /// One model
    Show {
        /// Its id
        model: String,
    },
    /// All models
    List(Page),
    /// All models of a publisher
    By {
        /// Address or key of the publisher
        owner: String,
        #[command(flatten)]
        page: Page,
    },
    /// A version of a publisher's model
    Version {
        /// Address or key of the publisher
        owner: String,
        /// The model's name
        name: String,
        /// The version
        #[arg(id = "model_version", value_name = "VERSION")]
        version: String,
    },
    /// What makes a model's id, with its encoding
    Manifest {
        /// Its id
        model: String,
    },
    /// Download a model and its assets, every chunk checked against the model's root
    Download {
        /// Its id
        model: String,
        /// The folder to make
        folder: PathBuf,
    },
    /// Who may run a restricted model
    Allowed {
        /// Its id
        model: String,
        #[command(flatten)]
        page: Page,
    },
    /// Models that are kept loaded
    Residents,
    /// Limits of models
    Params,
}

#[derive(Subcommand, Debug)]
enum Aivm {
    /// Run a model: the bytes and gas that a transaction would give, without fee or record
    Infer(Infer),
    /// What an inference would cost: gas, time, memory, price
    Estimate {
        /// The model's id
        model: String,
        /// An input, for the gas of a variable model: see `query aivm infer`
        #[arg(long = "input", value_name = "NAME=VALUE")]
        inputs: Vec<String>,
    },
    /// A blob of an owner, with the chunks it lacks
    Blob {
        /// Address or key of the owner
        owner: String,
        /// Its hash
        hash: String,
    },
    /// All blobs of an owner
    Blobs {
        /// Address or key of the owner
        owner: String,
        #[command(flatten)]
        page: Page,
    },
    /// The data of a blob, into a file
    BlobData {
        /// Its hash
        hash: String,
        /// The file to make
        file: PathBuf,
    },
    /// The trace of a paid inference
    Record {
        /// Its number
        id: u64,
        #[command(flatten)]
        prove: Prove,
    },
    /// All traces that are kept
    Records(Page),
    /// The account that pays for a sender on another chain
    InterchainPayer {
        /// Our channel of port inference
        channel: String,
        /// Whom packets name: for the contract remote-infer the address that asks
        sender: String,
    },
    /// Limits of inferences
    Params,
}

#[derive(Args, Clone, Copy, Debug)]
struct Prove {
    /// Have the node prove it and check the proof against the header above
    #[arg(long)]
    prove: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Page options")]
struct Page {
    /// Where to go on: next_key of the page before
    #[arg(long, value_name = "BASE64")]
    page_key: Option<String>,
    /// Entries to leave out
    #[arg(long, default_value_t = 0, value_name = "N")]
    offset: u64,
    /// Entries of a page
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: u64,
    /// Count all entries
    #[arg(long)]
    count_total: bool,
    /// From the last entry
    #[arg(long)]
    reverse: bool,
}

impl Page {
    fn request(&self) -> Result<Option<PageRequest>> {
        let key = BASE64
            .decode(self.page_key.as_deref().unwrap_or_default())
            .map_err(|e| error!("--page-key is not base64 ({e}): copy next_key of the page before"))?;
        let Self { offset, limit, count_total, reverse, .. } = *self;
        Ok(Some(PageRequest { key, offset, limit, count_total, reverse }))
    }
}

pub(crate) fn run(context: &Context, query: Query) -> Result<()> {
    let height = query.height;
    let ask = |path: &str, request: Vec<u8>, schema: &Schema| ask(context, height, path, &request, schema);
    match query.command {
        Command::Auth(command) => auth(context, height, command),
        Command::Bank(command) => bank(context, height, command),
        Command::Staking(command) => staking::run(context, height, command),
        Command::Distribution(command) => distribution::run(context, height, command),
        Command::Slashing(command) => slashing::run(context, height, command),
        Command::Evidence(page) => {
            let request = QueryAllEvidenceRequest { pagination: page.request()? };
            ask("/cosmos.evidence.v1beta1.Query/AllEvidence", request.encode_to_vec(), &schema::pos::EVIDENCE_RESPONSE)
        }
        Command::Mint(command) => mint::run(context, height, command),
        Command::Upgrade(command) => upgrade::run(context, height, command),
        Command::Authz(command) => authz::run(context, height, command),
        Command::Feegrant(command) => feegrant::run(context, height, command),
        Command::Gov(command) => gov::run(context, height, command),
        Command::ConsensusParams => {
            ask("/cosmos.consensus.v1.Query/Params", Vec::new(), &schema::pos::CONSENSUS_PARAMS_RESPONSE)
        }
        Command::Feemarket(Feemarket::BaseFee) => {
            ask("/synergy.feemarket.v1.Query/BaseFee", Vec::new(), &schema::BASE_FEE_RESPONSE)
        }
        Command::Feemarket(Feemarket::Params) => {
            ask("/synergy.feemarket.v1.Query/Params", Vec::new(), &schema::FEEMARKET_PARAMS_RESPONSE)
        }
        Command::Model(command) => model(context, height, command),
        Command::Aivm(command) => aivm(context, height, command),
        Command::Escrow(command) => escrow::run(context, height, command),
        Command::Ibc(command) => ibc::run(context, height, command),
        Command::IbcTransfer(command) => ibc::run_transfer(context, height, command),
        Command::Wasm(command) => wasm::run(context, height, command),
        Command::Tx(hash) => txs::tx(context, &hash),
        Command::Txs(txs) => txs::txs(context, &txs),
        Command::WaitTx(wait) => txs::wait(context, &wait),
        Command::Block { block } => from_rpc(context, "block", block.or((height > 0).then_some(height)), Some("block")),
        Command::BlockResults { block } => {
            from_rpc(context, "block_results", block.or((height > 0).then_some(height)), None)
        }
        Command::CometValidatorSet { block } => {
            from_rpc(context, "validators", block.or((height > 0).then_some(height)), None)
        }
        Command::Blocks { query, page, limit } => {
            let params = json!({
                "query": query, "page": page.to_string(), "per_page": limit.to_string(), "order_by": "asc"
            });
            output::value(context.output(), &context.rpc()?.call("block_search", &params)?)
        }
        Command::ChainInfo { format } => chain_info(context, format),
        Command::Store { store, key, prove } => {
            let key = hex::decode(&key).map_err(|e| error!("the key is not hexadecimal: {e}"))?;
            raw(context, height, &store, &key, prove.prove)
        }
    }
}

fn auth(context: &Context, height: u64, command: Auth) -> Result<()> {
    let ask = |path: &str, request: Vec<u8>, schema: &Schema| ask(context, height, path, &request, schema);
    match command {
        Auth::Account { address, prove } => {
            let address = context.address(&address)?;
            if prove.prove {
                return proof::account(context, height, &address);
            }
            let request = auth::QueryAccountRequest { address: address.to_string() };
            ask("/cosmos.auth.v1beta1.Query/Account", request.encode_to_vec(), &schema::ACCOUNT_RESPONSE)
        }
        Auth::Accounts(page) => {
            let request = auth::QueryAccountsRequest { pagination: page.request()? };
            ask("/cosmos.auth.v1beta1.Query/Accounts", request.encode_to_vec(), &schema::ACCOUNTS_RESPONSE)
        }
        Auth::Params => ask("/cosmos.auth.v1beta1.Query/Params", Vec::new(), &schema::AUTH_PARAMS_RESPONSE),
        Auth::ModuleAccount { name } => {
            let request = auth::QueryModuleAccountByNameRequest { name };
            ask("/cosmos.auth.v1beta1.Query/ModuleAccountByName", request.encode_to_vec(), &schema::ACCOUNT_RESPONSE)
        }
        Auth::KemKey { address, prove } if prove.prove => {
            let (proven, key) = proof::kem_key(context, height, &context.address(&address)?)?;
            proof::print(context, &proven, json!({"kem_key": key.map(|key| BASE64.encode(key))}))
        }
        Auth::KemKey { address, .. } => {
            let request = QueryKemKeyRequest { address: context.address(&address)?.to_string() };
            ask("/synergy.auth.v1.Query/KemKey", request.encode_to_vec(), &schema::KEM_KEY_RESPONSE)
        }
        Auth::PublicKey { address } => {
            let request = QueryPublicKeyRequest { address: context.address(&address)?.to_string() };
            ask("/synergy.auth.v1.Query/PublicKey", request.encode_to_vec(), &schema::PUBLIC_KEY_RESPONSE)
        }
    }
}

/// The KEM key that an account has published, proven against the last header.
pub(crate) fn kem_key(context: &Context, address: &Address) -> Result<KemKey> {
    let (_, key) = proof::kem_key(context, 0, address)?;
    let key = key.ok_or_else(|| {
        error!(
            "{address} has published no KEM key: its owner does that with `synergyd tx auth publish-kem-key`, or gives \
             you the key for --kem-key"
        )
    })?;
    Ok(KemKey::from_bytes(&key)?)
}

fn bank(context: &Context, height: u64, command: Bank) -> Result<()> {
    let ask = |method: &str, request: Vec<u8>, schema: &Schema| {
        ask(context, height, &format!("/cosmos.bank.v1beta1.Query/{method}"), &request, schema)
    };
    match command {
        Bank::Balance { address, denom, prove } => {
            let address = context.address(&address)?;
            if prove.prove {
                return proof::balance(context, height, &address, &denom);
            }
            let request = bank::QueryBalanceRequest { address: address.to_string(), denom };
            ask("Balance", request.encode_to_vec(), &schema::BALANCE_RESPONSE)
        }
        Bank::Balances { address, page } => {
            let request = bank::QueryAllBalancesRequest {
                address: context.address(&address)?.to_string(),
                pagination: page.request()?,
                ..Default::default()
            };
            ask("AllBalances", request.encode_to_vec(), &schema::BALANCES_RESPONSE)
        }
        Bank::SpendableBalances { address, page } => {
            let request = bank::QuerySpendableBalancesRequest {
                address: context.address(&address)?.to_string(),
                pagination: page.request()?,
            };
            ask("SpendableBalances", request.encode_to_vec(), &schema::BALANCES_RESPONSE)
        }
        Bank::TotalSupply(page) => {
            let request = bank::QueryTotalSupplyRequest { pagination: page.request()? };
            ask("TotalSupply", request.encode_to_vec(), &schema::TOTAL_SUPPLY_RESPONSE)
        }
        Bank::SupplyOf { denom } => {
            ask("SupplyOf", bank::QuerySupplyOfRequest { denom }.encode_to_vec(), &schema::SUPPLY_OF_RESPONSE)
        }
        Bank::DenomMetadata { denom: Some(denom), .. } => {
            ask("DenomMetadata", bank::QueryDenomMetadataRequest { denom }.encode_to_vec(), &schema::METADATA_RESPONSE)
        }
        Bank::DenomMetadata { denom: None, page } => {
            let request = bank::QueryDenomsMetadataRequest { pagination: page.request()? };
            ask("DenomsMetadata", request.encode_to_vec(), &schema::METADATAS_RESPONSE)
        }
    }
}

fn model(context: &Context, height: u64, command: Model) -> Result<()> {
    let ask = |method: &str, request: Vec<u8>, schema: &Schema| {
        ask(context, height, &format!("/synergy.modelregistry.v1.Query/{method}"), &request, schema)
    };
    match command {
        Model::Show { model } => {
            let request = QueryModelRequest { model_id: model_id(&model)? };
            ask("Model", request.encode_to_vec(), &schema::MODEL_RESPONSE)
        }
        Model::List(page) => {
            let request = QueryModelsRequest { pagination: page.request()? };
            ask("Models", request.encode_to_vec(), &schema::MODELS_RESPONSE)
        }
        Model::By { owner, page } => {
            let owner = context.address(&owner)?.to_string();
            let request = QueryModelsByOwnerRequest { owner, pagination: page.request()? };
            ask("ModelsByOwner", request.encode_to_vec(), &schema::MODELS_RESPONSE)
        }
        Model::Version { owner, name, version } => {
            let request = QueryVersionRequest { owner: context.address(&owner)?.to_string(), name, version };
            ask("Version", request.encode_to_vec(), &schema::MODEL_RESPONSE)
        }
        Model::Manifest { model } => {
            let request = QueryManifestRequest { model_id: model_id(&model)? };
            ask("Manifest", request.encode_to_vec(), &schema::MANIFEST_RESPONSE)
        }
        Model::Download { model, folder } => download::model(context, &model_id(&model)?, &folder),
        Model::Allowed { model, page } => {
            let request = QueryAllowedRequest { model_id: model_id(&model)?, pagination: page.request()? };
            ask("Allowed", request.encode_to_vec(), &schema::ALLOWED_RESPONSE)
        }
        Model::Residents => ask("Residents", Vec::new(), &schema::RESIDENTS_RESPONSE),
        Model::Params => ask("Params", Vec::new(), &schema::MODEL_PARAMS_RESPONSE),
    }
}

fn aivm(context: &Context, height: u64, command: Aivm) -> Result<()> {
    let ask = |method: &str, request: Vec<u8>, schema: &Schema| {
        ask(context, height, &format!("/synergy.aivm.v1.Query/{method}"), &request, schema)
    };
    match command {
        Aivm::Infer(infer) => {
            let (model_id, inputs) = infer.read(Some(&mut context.rpc()?))?;
            let request = QueryInferRequest { model_id, inputs };
            if infer.tensors.save.is_some() {
                let answer: QueryInferResponse = context.rpc()?.grpc("/synergy.aivm.v1.Query/Infer", &request)?;
                infer.tensors.keep(&answer.outputs)?;
            }
            ask("Infer", request.encode_to_vec(), &schema::INFER_RESPONSE)
        }
        Aivm::Estimate { model, inputs } => {
            let id = model_id(&model)?;
            let specs = fetch(&mut context.rpc()?, &id)?.inputs;
            let inputs = inputs.iter().map(|text| tensor::parse(text, &specs)).collect::<Result<_>>()?;
            let request = QueryEstimateInferenceRequest { model_id: id, inputs };
            ask("EstimateInference", request.encode_to_vec(), &schema::ESTIMATE_RESPONSE)
        }
        Aivm::Blob { owner, hash } => {
            let request = QueryBlobRequest { owner: context.address(&owner)?.to_string(), hash: blob_hash(&hash)? };
            ask("Blob", request.encode_to_vec(), &schema::BLOB_RESPONSE)
        }
        Aivm::Blobs { owner, page } => {
            let owner = context.address(&owner)?.to_string();
            let request = QueryBlobsRequest { owner, pagination: page.request()? };
            ask("Blobs", request.encode_to_vec(), &schema::BLOBS_RESPONSE)
        }
        Aivm::BlobData { hash, file } => download::blob(context, blob_hash(&hash)?, &file),
        Aivm::Record { id, prove } if prove.prove => proof::record(context, height, id),
        Aivm::Record { id, .. } => ask("Record", QueryRecordRequest { id }.encode_to_vec(), &schema::RECORD_RESPONSE),
        Aivm::Records(page) => {
            let request = QueryRecordsRequest { pagination: page.request()? };
            ask("Records", request.encode_to_vec(), &schema::RECORDS_RESPONSE)
        }
        Aivm::InterchainPayer { channel, sender } => {
            let request = QueryInterchainPayerRequest { channel_id: channel, sender };
            ask("InterchainPayer", request.encode_to_vec(), &schema::INTERCHAIN_PAYER_RESPONSE)
        }
        Aivm::Params => ask("Params", Vec::new(), &schema::AIVM_PARAMS_RESPONSE),
    }
}

fn chain_info(context: &Context, which: Document) -> Result<()> {
    let config = AppConfig::load(&context.home, process_env, &[])?;
    let mut rpc = context.rpc()?;
    let chain_id = rpc.chain_id()?;
    let facts = Facts::read(&chain_id, &config, |path, request| -> Result<Vec<u8>> {
        Ok(rpc.query(path, &request, 0, false)?.value)
    })?;
    output::value(Output::Json, &facts.document(which))
}

/// Sends a gRPC request over the application's query and prints the answer.
fn ask(context: &Context, height: u64, path: &str, request: &[u8], schema: &Schema) -> Result<()> {
    let answer = context.rpc()?.query(path, request, height, false)?;
    print(context, decoded(context, schema, &answer.value)?)
}

/// Decodes bytes in the form that will be printed.
fn decoded(context: &Context, schema: &Schema, bytes: &[u8]) -> Result<Value> {
    let form = if context.output() == Output::Json { Form::Json } else { Form::Text };
    codec::decode(schema, bytes, form)
}

fn print(context: &Context, mut value: Value) -> Result<()> {
    if context.output() == Output::Text {
        readable(&mut value);
        value.get_mut("record").into_iter().for_each(readable);
    }
    output::value(context.output(), &value)
}

/// Prints an answer of CometBFT, or one part of it.
fn from_rpc(context: &Context, method: &str, height: Option<u64>, part: Option<&str>) -> Result<()> {
    let params = height.map_or_else(|| json!({}), |h| json!({"height": h.to_string()}));
    let mut answer = context.rpc()?.call(method, &params)?;
    if let Some(part) = part {
        answer = answer[part].take();
    }
    output::value(context.output(), &answer)
}

fn raw(context: &Context, height: u64, store: &str, key: &[u8], prove: bool) -> Result<()> {
    if prove {
        let proven = proof::fetch(context, height, store, key)?;
        let value = proven.value.as_deref().map(hex::encode);
        return proof::print(context, &proven, json!({"value": value}));
    }
    let answer = context.rpc()?.query(&format!("/store/{store}/key"), key, height, false)?;
    let value = (!answer.value.is_empty()).then(|| hex::encode(&answer.value));
    output::value(context.output(), &json!({"height": answer.height.to_string(), "value": value}))
}

/// The default patience of `wait-tx`.
const PATIENCE: Duration = Duration::from_secs(60);

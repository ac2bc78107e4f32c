//! `synergyd genesis gentx` and `collect-gentxs`: how founding validators come into
//! the genesis file. Each signs its own transaction; one collects them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use prost::Message;
use serde_json::{Value, json};
use synergy_app::{config::CONFIG_DIR, genesis, gentx};
use synergy_proto::{
    Address, coin,
    cosmos::{staking::v1beta1::MsgCreateValidator, tx::v1beta1::TxBody},
    pack,
};

use super::{
    codec::{self, Form},
    coins, comet,
    context::{Context, address_of},
    error::{Result, bail, error},
    output, schema,
    tx::{
        build::{Account, Draft, Mode},
        staking::{About, create_validator, one_coin},
    },
};

/// Gas limit that stands in a genesis transaction; nothing is charged for it.
const GAS: u64 = 200_000;

#[derive(Args, Debug)]
pub(crate) struct Gentx {
    /// Key that runs the validator: its name or address
    pub(crate) key: String,
    /// Stake of its own, e.g. 100snrg
    pub(crate) amount: String,
    #[command(flatten)]
    pub(crate) about: About,
    /// Consensus key as `synergyd comet show-validator` prints it [default: this node's]
    #[arg(long, value_name = "KEY")]
    pub(crate) pubkey: Option<String>,
    /// Where other nodes reach this one
    #[arg(long, default_value = "127.0.0.1", value_name = "IP")]
    pub(crate) ip: String,
    /// [default: that of p2p.laddr in config.toml]
    #[arg(long, value_name = "PORT")]
    pub(crate) p2p_port: Option<u16>,
    /// This node's id [default: as `synergyd comet show-node-id` prints it]
    #[arg(long, value_name = "ID")]
    pub(crate) node_id: Option<String>,
    /// Where the transaction goes [default: config/gentx/gentx-NODE_ID.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) output_document: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Collect {
    /// Folder with the transactions [default: config/gentx]
    #[arg(long, value_name = "DIR")]
    pub(crate) gentx_dir: Option<PathBuf>,
}

pub(crate) fn gentx(context: &Context, document: &Value, mut args: Gentx) -> Result<()> {
    let home = &context.home;
    if document["app_state"]["staking"]["validators"].as_array().is_some_and(|list| !list.is_empty()) {
        bail!("the genesis file has the validator that `synergyd init` puts there: begin with `init --no-validator`");
    }
    let config = comet::config(home)?;
    if args.about.moniker.is_empty() {
        args.about.moniker = config.get("moniker").and_then(|m| m.as_str()).unwrap_or_default().to_owned();
    }
    let mut keyring = context.keyring();
    let key = context.key(&keyring, &args.key)?;
    let (operator, stake) = (address_of(&key), one_coin(&args.amount)?);
    check_funds(document, &operator, &stake.denom, &stake.amount)?;
    let consensus_key = match &args.pubkey {
        Some(text) => comet::parse_key(text)?,
        None => comet::validator_key(home)?,
    };
    let node_id = args.node_id.map_or_else(|| comet::node_id(home), Ok)?;
    let laddr = config.get("p2p").and_then(|p2p| p2p.get("laddr")).and_then(|laddr| laddr.as_str());
    let port = args.p2p_port.or_else(|| comet::port(laddr?)).unwrap_or(26_656);
    let message = create_validator(&operator, consensus_key, stake, &args.about)?;
    let draft = Draft {
        messages: vec![pack(&message)],
        memo: format!("{node_id}@{}:{port}", args.ip),
        timeout_height: 0,
        fee: Vec::new(),
        gas: GAS,
        granter: None,
    };
    let chain_id = document["chain_id"].as_str().unwrap_or_default().to_owned();
    let account = Account { chain_id, number: 0, sequence: 0 };
    let tx = draft.sign(&keyring.secret(&key.name)?, &account, Mode::Direct)?;
    let file = args
        .output_document
        .unwrap_or_else(|| home.join(CONFIG_DIR).join("gentx").join(format!("gentx-{node_id}.json")));
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir).map_err(|e| error!("cannot make {}: {e}", dir.display()))?;
    }
    let json = codec::decode(&schema::TX, &tx, Form::Json)?;
    fs::write(&file, format!("{json:#}\n")).map_err(|e| error!("cannot write {}: {e}", file.display()))?;
    output::note(&format!("genesis transaction written to {}", file.display()));
    Ok(())
}

/// Puts the transactions of the folder into the document, in order of their files'
/// names, and their nodes into `persistent_peers`.
pub(crate) fn collect(context: &Context, document: &mut Value, args: &Collect) -> std::result::Result<(), String> {
    let dir = args.gentx_dir.clone().unwrap_or_else(|| context.home.join(CONFIG_DIR).join("gentx"));
    let own = comet::node_id(&context.home).map_err(|e| e.0)?;
    let (mut transactions, mut peers) = (Vec::new(), Vec::new());
    for file in files(&dir).map_err(|e| e.0)? {
        let (json, peer) = read(&file, document).map_err(|e| format!("{}: {e}", file.display()))?;
        transactions.push(json);
        if !peer.starts_with(&own) {
            peers.push(peer);
        }
    }
    if transactions.is_empty() {
        return Err(format!("{} has no genesis transactions: `synergyd genesis gentx` makes one", dir.display()));
    }
    let count = transactions.len();
    document["app_state"][gentx::SECTION] = json!({"gen_txs": transactions});
    comet::set_persistent_peers(&context.home, &peers.join(",")).map_err(|e| e.0)?;
    output::note(&format!("{count} genesis transactions collected from {}", dir.display()));
    Ok(())
}

fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).map_err(|e| error!("cannot read {}: {e}", dir.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|ext| ext == "json"));
    files.sort();
    Ok(files)
}

/// A genesis transaction and the node that it names.
fn read(file: &Path, document: &Value) -> Result<(Value, String)> {
    let json: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
    let tx = codec::encode(&schema::TX, &json)?;
    let raw = synergy_proto::cosmos::tx::v1beta1::TxRaw::decode(tx.as_slice())?;
    let body = TxBody::decode(raw.body_bytes.as_slice())?;
    let [message] = body.messages.as_slice() else { bail!("a genesis transaction has exactly one message") };
    if message.type_url != synergy_proto::type_url::<MsgCreateValidator>() {
        bail!("its message is {}, not MsgCreateValidator", message.type_url);
    }
    let message = MsgCreateValidator::decode(message.value.as_slice())?;
    let stake = message.value.unwrap_or_default();
    check_funds(document, &Address::from_valoper(&message.validator_address)?, &stake.denom, &stake.amount)?;
    Ok((json, body.memo))
}

fn check_funds(document: &Value, operator: &Address, denom: &str, stake: &str) -> Result<()> {
    let has = genesis::balance(document, operator, denom);
    if has < coin::amount(stake)? {
        let shown = coins::show(&[coin::coin(has, denom)]);
        bail!("{operator} begins with {shown}, less than its stake: `synergyd genesis add-genesis-account` first");
    }
    Ok(())
}

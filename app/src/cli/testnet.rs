//! `synergyd testnet`: the homes of a whole network at once.

use std::{net::Ipv4Addr, path::PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use synergy_app::{
    config::{AppConfig, CONFIG_DIR, ClientConfig, KeyringBackend, Output, Settings},
    genesis,
};
use synergy_crypto::{HdPath, Scheme, generate_mnemonic};

use super::{
    coins, comet,
    context::{ClientFlags, Context, address_of},
    error::{Result, bail, error},
    genesis::add_first_coins,
    gentx::{self, Collect, Gentx},
    init::{CometConfig, KeyAlgo, check_chain_id, make_keys, new_genesis, write, write_configs},
    output,
    tx::staking::About,
};

/// Ports of a node on a host of its own.
const USUAL: Ports =
    Ports { rpc: 26_657, p2p: 26_656, abci: 26_658, comet: 26_660, metrics: 26_680, rest: 1_317, grpc: 9_090 };
/// Ports that each node of a single host takes.
const PORTS_EACH: u16 = 10;

#[derive(Subcommand, Debug)]
pub(crate) enum Testnet {
    /// Make the homes of a testnet's nodes, ready to start
    ///
    /// Every validator gets a home OUTPUT-DIR/nodeN/synergyd with its keys, the same genesis file, and the others as
    /// persistent peers; every full node OUTPUT-DIR/fullN/synergyd. Each is for a host of its own, with addresses that
    /// count up from --starting-ip-address, or all are for this host with --single-host.
    InitFiles(Box<InitFiles>),
}

#[derive(Args, Debug)]
pub(crate) struct InitFiles {
    /// Number of validators
    #[arg(long = "v", default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=200))]
    validators: u16,
    /// Number of further nodes, which do not validate
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=200))]
    full_nodes: u16,
    /// Where the homes go
    #[arg(long, short, default_value = "./mytestnet", value_name = "DIR")]
    output_dir: PathBuf,
    /// The chain's id
    #[arg(long, default_value = "synergy-testnet-1", value_name = "ID")]
    chain_id: String,
    /// Address of the first node; the others' count up from it
    #[arg(long, default_value = "192.168.0.1", value_name = "IP", conflicts_with = "single_host")]
    starting_ip_address: Ipv4Addr,
    /// All nodes run on this host and listen on 127.0.0.1 only
    #[arg(long)]
    single_host: bool,
    /// First port of a single host; each node takes ten from there
    #[arg(long, default_value_t = 26_700, value_name = "PORT", requires = "single_host")]
    starting_port: u16,
    /// What the validators' folders are called, before their number
    #[arg(long, default_value = "node", value_name = "NAME")]
    node_dir_prefix: String,
    /// The home's name below a node's folder
    #[arg(long, default_value = "synergyd", value_name = "NAME")]
    node_daemon_home: String,
    /// Type of the operators' keys, see `synergyd keys list-key-types`
    #[arg(long, default_value = "secp256k1", value_name = "TYPE")]
    key_type: Scheme,
    /// Type of the keys that sign blocks
    #[arg(long, default_value = "ed25519", value_name = "TYPE")]
    consensus_key_algo: KeyAlgo,
    /// How the operators' keys are kept: test, or file (asks for each home's passphrase)
    #[arg(long, default_value = "test", value_name = "BACKEND")]
    keyring_backend: KeyringBackend,
    /// What each operator begins with
    #[arg(long, default_value = "1000snrg", value_name = "COINS")]
    amount: String,
    /// What of it each validator has at stake
    #[arg(long, default_value = "100snrg", value_name = "COINS")]
    stake: String,
    /// JSON list of further accounts, as `genesis bulk-add-genesis-account` takes it
    #[arg(long, value_name = "FILE")]
    genesis_accounts: Option<PathBuf>,
    /// Price that the nodes' mempools demand, e.g. 1000000000asnrg
    #[arg(long, default_value = "", hide_default_value = true, value_name = "COIN")]
    minimum_gas_prices: String,
    /// Time from a block to the next one
    #[arg(long, default_value = "1s", value_name = "TIME")]
    commit_timeout: String,
    /// Form of the result: text or json
    #[arg(long, default_value = "text", value_name = "FORM")]
    output: Output,
}

#[derive(Clone, Copy)]
struct Ports {
    rpc: u16,
    p2p: u16,
    abci: u16,
    comet: u16,
    metrics: u16,
    rest: u16,
    grpc: u16,
}

/// A node that is being made.
struct Node {
    name: String,
    home: PathBuf,
    ip: Ipv4Addr,
    ports: Ports,
    id: String,
}

pub(crate) fn run(command: Testnet) -> Result<()> {
    match command {
        Testnet::InitFiles(args) => init_files(&args),
    }
}

fn init_files(args: &InitFiles) -> Result<()> {
    check_chain_id(&args.chain_id)?;
    let mut nodes = args.nodes()?;
    for node in &nodes {
        let genesis = node.home.join(CONFIG_DIR).join("genesis.json");
        if genesis.exists() {
            bail!("{} exists: remove {} or name another --output-dir", genesis.display(), args.output_dir.display());
        }
    }
    for node in &mut nodes {
        make_keys(&node.home, args.consensus_key_algo.kind(), None)?;
        node.id = comet::node_id(&node.home)?;
    }
    for node in &nodes {
        args.write_configs(node, &args.peers_of(node, &nodes))?;
    }
    let (validators, full) = nodes.split_at(usize::from(args.validators));
    let document = args.genesis(validators)?;
    for node in validators.iter().chain(full) {
        write(&node.home.join(CONFIG_DIR).join("genesis.json"), &document)?;
    }
    let made: Vec<Value> = nodes.iter().map(|node| args.shown(node)).collect();
    output::value(args.output, &json!({"chain_id": args.chain_id, "nodes": made}))?;
    output::note(&format!("next, on each host: `synergyd start --with-comet --home {}`", nodes[0].home.display()));
    Ok(())
}

impl InitFiles {
    fn nodes(&self) -> Result<Vec<Node>> {
        let validators = (0..self.validators).map(|n| format!("{}{n}", self.node_dir_prefix));
        let full = (0..self.full_nodes).map(|n| format!("full{n}"));
        validators.chain(full).zip(0u16..).map(|(name, number)| self.node(name, number)).collect()
    }

    fn node(&self, name: String, number: u16) -> Result<Node> {
        let home = self.output_dir.join(&name).join(&self.node_daemon_home);
        let (ip, ports) = match self.single_host {
            false => {
                (self.starting_ip_address.to_bits().checked_add(number.into()).map(Ipv4Addr::from_bits), Some(USUAL))
            }
            true => (Some(Ipv4Addr::LOCALHOST), number.checked_mul(PORTS_EACH).and_then(|n| self.ports_from(n))),
        };
        match (ip, ports) {
            (Some(ip), Some(ports)) => Ok(Node { name, home, ip, ports, id: String::new() }),
            (None, _) => {
                bail!("{name} has no address: they count up from {} beyond the last one", self.starting_ip_address)
            }
            _ => bail!("{name} has no ports: they count up from {} beyond 65535", self.starting_port),
        }
    }

    fn ports_from(&self, offset: u16) -> Option<Ports> {
        let port = |n: u16| self.starting_port.checked_add(offset)?.checked_add(n);
        Some(Ports {
            rpc: port(0)?,
            p2p: port(1)?,
            abci: port(2)?,
            comet: port(3)?,
            metrics: port(4)?,
            rest: port(5)?,
            grpc: port(6)?,
        })
    }

    /// The validators, without the node itself.
    fn peers_of(&self, node: &Node, nodes: &[Node]) -> String {
        let validators = nodes.iter().take(usize::from(self.validators));
        let peers = validators.filter(|other| other.name != node.name).map(Node::peer);
        peers.collect::<Vec<_>>().join(",")
    }

    fn write_configs(&self, node: &Node, peers: &str) -> Result<()> {
        let Node { ports, .. } = node;
        let host = if self.single_host { "127.0.0.1" } else { "0.0.0.0" };
        let mut app = AppConfig::default();
        for (key, value) in [
            ("address", format!("tcp://127.0.0.1:{}", ports.abci)),
            ("minimum-gas-prices", self.minimum_gas_prices.clone()),
            ("telemetry.address", format!("{host}:{}", ports.metrics)),
            ("api.enable", "true".to_owned()),
            ("api.address", format!("tcp://{host}:{}", ports.rest)),
            ("grpc.enable", "true".to_owned()),
            ("grpc.address", format!("{host}:{}", ports.grpc)),
            ("serving.comet", format!("tcp://127.0.0.1:{}", ports.rpc)),
        ] {
            app.set(key, &value)?;
        }
        let client = ClientConfig {
            chain_id: self.chain_id.clone(),
            keyring_backend: self.keyring_backend,
            node: format!("tcp://127.0.0.1:{}", ports.rpc),
            ..ClientConfig::default()
        };
        let [rpc, p2p] = [ports.rpc, ports.p2p].map(|port| format!("tcp://{host}:{port}"));
        let metrics = format!("{host}:{}", ports.comet);
        let comet = CometConfig {
            app_address: &app.address,
            rpc: &rpc,
            p2p: &p2p,
            persistent_peers: peers,
            timeout_commit: &self.commit_timeout,
            metrics: Some(&metrics),
            ..CometConfig::new(&node.name)
        };
        write_configs(&node.home, &comet, &app, &client)
    }

    /// The text of the genesis file, with a transaction of each validator.
    fn genesis(&self, validators: &[Node]) -> Result<String> {
        let mut document = new_genesis(&self.chain_id, self.consensus_key_algo.kind())?;
        let flags = ClientFlags { keyring_backend: Some(self.keyring_backend), ..ClientFlags::default() };
        let contexts =
            validators.iter().map(|node| Context::new(&node.home, &flags)).collect::<Result<Vec<Context>>>()?;
        let amount = coins::parse(&self.amount)?;
        for (node, context) in validators.iter().zip(&contexts) {
            let operator = self.operator(node, context)?;
            genesis::add_account(&mut document, &operator, &amount).map_err(|e| error!("{e}"))?;
        }
        if let Some(file) = &self.genesis_accounts {
            add_first_coins(&mut document, file)?;
        }
        let gentxs = self.output_dir.join("gentxs");
        for (node, context) in validators.iter().zip(&contexts) {
            let gentx = Gentx {
                key: node.name.clone(),
                amount: self.stake.clone(),
                about: About::of(&node.name),
                pubkey: None,
                ip: node.ip.to_string(),
                p2p_port: Some(node.ports.p2p),
                node_id: None,
                output_document: Some(gentxs.join(format!("{}.json", node.name))),
            };
            gentx::gentx(context, &document, gentx)?;
        }
        if let Some(first) = contexts.first() {
            let collect = Collect { gentx_dir: Some(gentxs) };
            gentx::collect(first, &mut document, &collect).map_err(|e| error!("{e}"))?;
        }
        genesis::validate(&document).map_err(|e| error!("the genesis file: {e}"))?;
        Ok(format!("{document:#}\n"))
    }

    /// Makes the operator's key, named like the node. Its phrase goes to `key_seed.json`.
    fn operator(&self, node: &Node, context: &Context) -> Result<synergy_proto::Address> {
        let phrase = generate_mnemonic(24)?;
        let path = HdPath::bip44(self.key_type, 0, 0)?;
        let key = context.keyring().add_mnemonic(&node.name, self.key_type, &phrase, "", &path)?;
        comet::write_secret(&node.home.join("key_seed.json"), &json!({"secret": *phrase}))?;
        Ok(address_of(&key))
    }

    fn shown(&self, node: &Node) -> Value {
        let Node { ip, ports, .. } = node;
        json!({
            "name": node.name,
            "home": node.home.display().to_string(),
            "peer": node.peer(),
            "rpc": format!("{ip}:{}", ports.rpc),
            "rest": format!("{ip}:{}", ports.rest),
            "grpc": format!("{ip}:{}", ports.grpc),
            "metrics": format!("{ip}:{}", ports.metrics),
            "comet_metrics": format!("{ip}:{}", ports.comet),
        })
    }
}

impl Node {
    /// How others name it in `persistent_peers`.
    fn peer(&self) -> String {
        format!("{}@{}:{}", self.id, self.ip, self.ports.p2p)
    }
}

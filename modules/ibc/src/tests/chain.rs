//! A chain of a real store and the modules that IBC needs, with headers that its one
//! validator signs: what a light client of it can check.

use prost::Message;
use synergy_bank::Bank;
use synergy_kernel::{Block, Ctx, Error, Gas, Module, Routes, State};
use synergy_proto::{
    Address, Any, Denom,
    ibc::{
        core::{
            client::v1::{Height, MsgCreateClient, MsgUpdateClient},
            commitment::v1::{MerkleProof, MerkleRoot},
        },
        tendermint::{ClientState, ConsensusState, Fraction, Header},
    },
    pack,
    tendermint::google::protobuf::{Duration, Timestamp},
};
use synergy_store::{Config, Event, MemDb, Store};
use synergy_test_headers::{Facts, Validator};
use synergy_upgrade::Upgrade;

use crate::{Ibc, Transfer};

const START: i64 = 1_767_225_600;
const DAY: i64 = 86_400;
pub(super) const TRUSTING: i64 = 14 * DAY;

pub(super) struct Chain {
    pub(super) id: String,
    store: Store,
    routes: Routes,
    modules: Vec<Box<dyn Module>>,
    validator: Validator,
    /// The last committed height.
    pub(super) height: u64,
    /// Seconds that blocks come later than five per height.
    pub(super) delay: i64,
    pub(super) events: Vec<Event>,
    times: Vec<i64>,
}

impl Chain {
    pub(super) fn new(id: &str) -> Self {
        let modules: Vec<Box<dyn Module>> = vec![
            Box::new(synergy_auth::Auth),
            Box::new(Bank),
            Box::new(Ibc::new(vec![Box::new(Transfer)])),
            Box::new(Transfer),
            Box::new(Upgrade),
        ];
        let stores: Vec<_> = modules.iter().map(|m| m.store()).collect();
        let mut routes = Routes::default();
        modules.iter().for_each(|m| m.register(&mut routes));
        let store = Store::open(Box::new(MemDb::default()), &stores, Config::default()).unwrap();
        let mut key = [7; 32];
        key[0] = id.len() as u8;
        let validator = Validator::new(key);
        let mut chain = Self {
            id: id.into(),
            store,
            routes,
            modules,
            validator,
            height: 0,
            delay: 0,
            events: Vec::new(),
            times: vec![0],
        };
        chain.run(|ctx| {
            let section = |json: serde_json::Value| serde_json::value::to_raw_value(&json).unwrap();
            let bank = serde_json::json!({
                "params": {"default_send_enabled": true}, "balances": [], "supply": [], "denom_metadata": []
            });
            Bank.init_genesis(ctx, &section(bank)).unwrap();
            Ibc::new(Vec::new()).init_genesis(ctx, &section(crate::default_section())).unwrap();
            Transfer.init_genesis(ctx, &section(crate::default_transfer_section())).unwrap();
            synergy_upgrade::set_versions(ctx, &[("ibc".to_owned(), 1)].into()).unwrap();
        });
        chain
    }

    fn seconds(&self, height: u64) -> i64 {
        match self.times.get(height as usize) {
            Some(seconds) => *seconds,
            None => START + 5 * height as i64 + self.delay,
        }
    }

    fn block(&self, height: u64) -> Block {
        Block {
            height,
            seconds: self.seconds(height),
            chain_id: self.id.clone(),
            next_validators_hash: self.validator.set_hash(),
            ..Block::default()
        }
    }

    /// Executes and commits a block.
    pub(super) fn run<T>(&mut self, f: impl FnOnce(&mut Ctx<'_>) -> T) -> T {
        let height = self.height + 1;
        let (block, mut gas, mut state) = (self.block(height), Gas::unlimited(), State::new(self.store.latest()));
        let mut ctx = Ctx::new(&mut state, &block, &mut gas).with_routes(&self.routes);
        if height > 1 {
            self.modules.iter().for_each(|m| m.begin_block(&mut ctx).unwrap());
        }
        let result = f(&mut ctx);
        self.events = state.take_events();
        let prepared = self.store.prepare(height, state.into_changes());
        self.store.commit(prepared, Vec::new());
        self.times.push(block.seconds);
        self.height = height;
        result
    }

    /// Looks at the committed state.
    pub(super) fn read<T>(&self, f: impl FnOnce(&mut Ctx<'_>) -> T) -> T {
        let (block, mut gas, mut state) = (self.block(self.height), Gas::unlimited(), State::new(self.store.latest()));
        f(&mut Ctx::new(&mut state, &block, &mut gas).with_routes(&self.routes))
    }

    /// A block with one message.
    pub(super) fn deliver<R: Message + Default>(
        &mut self,
        message: &impl prost::Name,
        signer: &Address,
    ) -> Result<R, Error> {
        let answer = self.run(|ctx| ctx.dispatch(&pack(message), signer))?;
        Ok(R::decode(answer.value.as_slice()).unwrap())
    }

    pub(super) fn query<R: Message + Default>(&self, path: &str, request: &impl Message) -> Result<R, Error> {
        let answer = self.read(|ctx| ctx.query(path, &request.encode_to_vec()))?;
        Ok(R::decode(answer.as_slice()).unwrap())
    }

    pub(super) fn balance(&self, owner: &Address, denom: &str) -> u128 {
        let denom: Denom = denom.parse().unwrap();
        self.read(|ctx| synergy_bank::balance(ctx, owner, &denom).unwrap())
    }

    pub(super) fn invariants(&self) {
        self.read(|ctx| self.modules.iter().for_each(|m| m.invariants(ctx).unwrap()));
    }

    /// The attributes of an event of the last block.
    pub(super) fn event(&self, kind: &str) -> std::collections::BTreeMap<&str, &str> {
        let event = self.events.iter().rev().find(|e| e.kind == kind).unwrap_or_else(|| panic!("no event {kind}"));
        event.attributes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect()
    }

    /// Proof of a key after block `height`, for the header above.
    pub(super) fn proof(&self, store: &str, key: &str, height: u64) -> Vec<u8> {
        let proof = self.store.prove(height, store, key.as_bytes()).unwrap();
        MerkleProof { proofs: vec![proof.store, proof.root] }.encode_to_vec()
    }

    fn revision(&self) -> u64 {
        crate::height::revision(&self.id)
    }

    pub(super) fn at(&self, revision_height: u64) -> Height {
        Height { revision_number: self.revision(), revision_height }
    }

    /// The header of a height up to the one that comes next. `salt` makes another one.
    pub(super) fn header(&self, height: u64, trusted: u64, salt: u8) -> Header {
        let app_hash = self.store.stored_app_hash(height - 1).unwrap().to_vec();
        let seconds = self.seconds(height);
        let header = self.validator.header(Facts { chain_id: &self.id, height, seconds, app_hash, salt });
        Header { trusted_height: Some(self.at(trusted)), ..header }
    }

    /// A client state of this chain at its next height.
    #[allow(deprecated)]
    pub(super) fn client_state(&self) -> ClientState {
        let seconds = |seconds| Some(Duration { seconds, nanos: 0 });
        ClientState {
            chain_id: self.id.clone(),
            trust_level: Some(Fraction { numerator: 1, denominator: 3 }),
            trusting_period: seconds(TRUSTING),
            unbonding_period: seconds(21 * DAY),
            max_clock_drift: seconds(40),
            frozen_height: Some(Height::default()),
            latest_height: Some(self.at(self.height + 1)),
            proof_specs: vec![jmt::ics23_spec(), ics23::tendermint_spec()],
            upgrade_path: vec!["upgrade".into(), "upgradedIBCState".into()],
            allow_update_after_expiry: false,
            allow_update_after_misbehaviour: false,
        }
    }

    pub(super) fn consensus_state(&self) -> ConsensusState {
        ConsensusState {
            timestamp: Some(Timestamp { seconds: self.seconds(self.height + 1), nanos: 0 }),
            root: Some(MerkleRoot { hash: self.store.stored_app_hash(self.height).unwrap().to_vec() }),
            next_validators_hash: self.validator.set_hash(),
        }
    }

    /// Creates a client of `other` here.
    pub(super) fn create_client(&mut self, other: &Chain, signer: &Address) -> Result<String, Error> {
        let message = MsgCreateClient {
            client_state: Some(pack(&other.client_state())),
            consensus_state: Some(pack(&other.consensus_state())),
            signer: signer.to_string(),
        };
        let answer: synergy_proto::ibc::core::client::v1::MsgCreateClientResponse = self.deliver(&message, signer)?;
        Ok(answer.client_id)
    }

    /// Tells a client here of `other`'s newest state; the height to prove against.
    pub(super) fn update_client(&mut self, id: &str, other: &Chain, signer: &Address) -> Result<Height, Error> {
        let trusted = self.read(|ctx| crate::tendermint::latest_height(ctx, id))?.revision_height;
        let height = other.height + 1;
        if trusted < height {
            let header = other.header(height, trusted, 0);
            self.tell_client(id, &pack(&header), signer)?;
        }
        Ok(other.at(height))
    }

    pub(super) fn tell_client(&mut self, id: &str, message: &Any, signer: &Address) -> Result<(), Error> {
        let message = MsgUpdateClient {
            client_id: id.to_owned(),
            client_message: Some(message.clone()),
            signer: signer.to_string(),
        };
        self.deliver::<()>(&message, signer)
    }
}

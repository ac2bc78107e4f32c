//! Two chains with clients of each other, and a relayer between them.
//!
//! The headers that the light clients see are signed by one validator made up for it:
//! what CometBFT would sign is its own affair, and not the application's.

use std::collections::BTreeMap;

use prost::{Message, Name};
use synergy_abci::{
    Application,
    messages::{ExecTxResult, RequestInfo},
};
use synergy_proto::{
    Any,
    ibc::{
        core::{
            channel::v1::{
                Channel, Counterparty as Other, MsgAcknowledgement, MsgChannelCloseConfirm, MsgChannelOpenAck,
                MsgChannelOpenConfirm, MsgChannelOpenInit, MsgChannelOpenInitResponse, MsgChannelOpenTry,
                MsgChannelOpenTryResponse, MsgRecvPacket, MsgTimeout, Order, Packet, State,
            },
            client::v1::{Height, MsgCreateClient, MsgUpdateClient},
            commitment::v1::{MerklePrefix, MerkleProof, MerkleRoot},
            connection::v1::{
                Counterparty, MsgConnectionOpenAck, MsgConnectionOpenConfirm, MsgConnectionOpenInit,
                MsgConnectionOpenTry, Version,
            },
        },
        tendermint::{ClientState, ConsensusState, Fraction, Header},
    },
    pack,
    tendermint::google::protobuf::{Duration, Timestamp},
};
use synergy_test_headers::{Facts, Validator};

use crate::{Account, CHAIN_ID, Fee, TestChain, contracts::response};

const CLIENT: &str = "07-tendermint-0";
const CONNECTION: &str = "connection-0";
const DAY: i64 = 86_400;
/// Gas of a relayer's transaction, enough for any packet of the tests.
pub const RELAY_GAS: u64 = 60_000_000;

/// A channel of two ports. The first of each pair is at A.
#[derive(Debug, Clone)]
pub struct Path {
    /// Ports.
    pub ports: (String, String),
    /// Channels.
    pub channels: (String, String),
    /// Whether packets keep their order.
    pub ordering: Order,
    /// What both agreed on.
    pub version: String,
}

/// One of the chains.
pub struct End {
    /// The chain.
    pub chain: TestChain,
    /// Somebody with coins.
    pub alice: Account,
    relayer: Account,
    validator: Validator,
    /// This chain's height that the other's client knows best.
    known: u64,
}

/// Two chains.
pub struct Link {
    /// One.
    pub a: End,
    /// The other.
    pub b: End,
}

fn height(revision_height: u64) -> Height {
    Height { revision_number: 1, revision_height }
}

impl End {
    fn new(seed: u8) -> Self {
        let mut accounts = Account::many(2).into_iter();
        let (alice, relayer) = (accounts.next().expect("alice"), accounts.next().expect("relayer"));
        let mut chain = TestChain::new(&[&alice, &relayer]);
        chain.block(&[]);
        Self { chain, alice, relayer, validator: Validator::new([seed; 32]), known: 0 }
    }

    /// The last height.
    pub fn height(&self) -> u64 {
        self.chain.app.info(RequestInfo::default()).expect("info").last_block_height as u64
    }

    /// A height so many blocks from now.
    pub fn after(&self, blocks: u64) -> Height {
        height(self.height() + blocks)
    }

    /// A transaction of Alice.
    pub fn send(&mut self, message: &impl Name) -> ExecTxResult {
        let result = self.chain.deliver(self.alice.sign(&[pack(message)], Fee::of(RELAY_GAS)));
        self.chain.resync(&mut self.alice);
        result
    }

    /// A transaction of the relayer.
    pub fn relay(&mut self, message: &impl Name) -> ExecTxResult {
        self.relay_with(message, RELAY_GAS)
    }

    /// The same with so much gas.
    pub fn relay_with(&mut self, message: &impl Name, gas: u64) -> ExecTxResult {
        let result = self.chain.deliver(self.relayer.sign(&[pack(message)], Fee::of(gas)));
        self.chain.resync(&mut self.relayer);
        result
    }

    /// The relayer's next transaction, for the mempool.
    pub fn relayed(&mut self, message: &impl Name) -> Vec<u8> {
        self.relayer.sign(&[pack(message)], Fee::of(RELAY_GAS))
    }

    fn done<R: Message + Default>(&mut self, message: &impl Name) -> R {
        response(&self.relay(message))
    }

    fn signer(&self) -> String {
        self.relayer.address().to_string()
    }

    /// The balance of an account in any coin.
    pub fn balance(&self, owner: &str, denom: &str) -> u128 {
        let (owner, denom) = (owner.parse().expect("address"), denom.parse().expect("denom"));
        self.chain.app.read(|ctx| synergy_bank::balance(ctx, &owner, &denom)).expect("balance")
    }

    /// Proof of a path of IBC's store after the last block.
    fn proof(&self, path: &str) -> Vec<u8> {
        let answer = self.chain.raw_query("store/ibc/key", path.as_bytes().to_vec(), 0, true);
        let ops = answer.proof_ops.unwrap_or_else(|| panic!("{path}: {}", answer.log)).ops;
        let proofs = ops.iter().map(|op| Message::decode(op.data.as_slice()).expect("proof")).collect();
        MerkleProof { proofs }.encode_to_vec()
    }

    fn seconds(&self, height: u64) -> i64 {
        1_767_225_600 + height as i64 + self.chain.delay
    }

    fn app_hash(&self) -> Vec<u8> {
        self.chain.app.info(RequestInfo::default()).expect("info").last_block_app_hash.to_vec()
    }

    /// The header of the next height, which proofs of the last one verify against.
    pub fn header(&self) -> Header {
        let height = self.height() + 1;
        let (seconds, app_hash) = (self.seconds(height), self.app_hash());
        let header = self.validator.header(Facts { chain_id: CHAIN_ID, height, seconds, app_hash, salt: 3 });
        Header { trusted_height: Some(self::height(self.known)), ..header }
    }

    #[allow(deprecated, reason = "relayers still fill these")]
    fn client(&self) -> (ClientState, ConsensusState) {
        let seconds = |seconds| Some(Duration { seconds, nanos: 0 });
        let next = self.height() + 1;
        let client = ClientState {
            chain_id: CHAIN_ID.to_owned(),
            trust_level: Some(Fraction { numerator: 1, denominator: 3 }),
            trusting_period: seconds(14 * DAY),
            unbonding_period: seconds(21 * DAY),
            // The chains count their own blocks' seconds.
            max_clock_drift: seconds(DAY),
            frozen_height: Some(Height::default()),
            latest_height: Some(height(next)),
            proof_specs: vec![jmt::ics23_spec(), ics23::tendermint_spec()],
            upgrade_path: vec!["upgrade".into(), "upgradedIBCState".into()],
            allow_update_after_expiry: false,
            allow_update_after_misbehaviour: false,
        };
        let consensus = ConsensusState {
            timestamp: Some(Timestamp { seconds: self.seconds(next), nanos: 0 }),
            root: Some(MerkleRoot { hash: self.app_hash() }),
            next_validators_hash: self.validator.set_hash(),
        };
        (client, consensus)
    }
}

/// Creates a client of `of` at `at`.
fn create_client(at: &mut End, of: &mut End) {
    let (client, consensus) = of.client();
    let signer = at.signer();
    let message =
        MsgCreateClient { client_state: Some(pack(&client)), consensus_state: Some(pack(&consensus)), signer };
    let _: () = at.done(&message);
    of.known = of.height() + 1;
}

/// Proof of what `of` holds for a message to `at`, whose client hears of it.
fn prove(of: &mut End, at: &mut End, path: &str) -> (Vec<u8>, Option<Height>) {
    let proof = of.proof(path);
    if let Some(update) = news(of, at) {
        let _: () = at.done(&update);
    }
    (proof, Some(height(of.known)))
}

/// What the client at `at` does not know yet of `of`.
fn news(of: &mut End, at: &End) -> Option<MsgUpdateClient> {
    let next = of.height() + 1;
    (of.known < next).then(|| {
        let client_message: Option<Any> = Some(pack(&of.header()));
        of.known = next;
        MsgUpdateClient { client_id: CLIENT.into(), client_message, signer: at.signer() }
    })
}

fn version() -> Version {
    Version { identifier: "1".into(), features: vec!["ORDER_ORDERED".into(), "ORDER_UNORDERED".into()] }
}

fn counterparty(connection: &str) -> Option<Counterparty> {
    let prefix = Some(MerklePrefix { key_prefix: "ibc".into() });
    Some(Counterparty { client_id: CLIENT.into(), connection_id: connection.into(), prefix })
}

impl Default for Link {
    fn default() -> Self {
        Self::new()
    }
}

impl Link {
    /// Chains with an open connection.
    pub fn new() -> Self {
        let (mut a, mut b) = (End::new(1), End::new(2));
        create_client(&mut a, &mut b);
        create_client(&mut b, &mut a);
        let mut link = Self { a, b };
        link.connect();
        link
    }

    fn connect(&mut self) {
        let Self { a, b } = self;
        let path = format!("connections/{CONNECTION}");
        let init = MsgConnectionOpenInit {
            client_id: CLIENT.into(),
            counterparty: counterparty(""),
            signer: a.signer(),
            ..MsgConnectionOpenInit::default()
        };
        let _: () = a.done(&init);
        let (proof_init, proof_height) = prove(a, b, &path);
        let open_try = MsgConnectionOpenTry {
            client_id: CLIENT.into(),
            counterparty: counterparty(CONNECTION),
            counterparty_versions: vec![version()],
            proof_init,
            proof_height,
            signer: b.signer(),
            ..MsgConnectionOpenTry::default()
        };
        let _: () = b.done(&open_try);
        let (proof_try, proof_height) = prove(b, a, &path);
        let ack = MsgConnectionOpenAck {
            connection_id: CONNECTION.into(),
            counterparty_connection_id: CONNECTION.into(),
            version: Some(version()),
            proof_try,
            proof_height,
            signer: a.signer(),
            ..MsgConnectionOpenAck::default()
        };
        let _: () = a.done(&ack);
        let (proof_ack, proof_height) = prove(a, b, &path);
        let signer = b.signer();
        let confirm = MsgConnectionOpenConfirm { connection_id: CONNECTION.into(), proof_ack, proof_height, signer };
        let _: () = b.done(&confirm);
    }

    /// What was A is B.
    pub fn turn(&mut self) {
        std::mem::swap(&mut self.a, &mut self.b);
    }

    /// The message that opens a channel from A.
    pub fn open_init(&self, ports: (&str, &str), ordering: Order, version: &str) -> MsgChannelOpenInit {
        let channel = Channel {
            state: State::Init.into(),
            ordering: ordering.into(),
            counterparty: Some(Other { port_id: ports.1.into(), channel_id: String::new() }),
            connection_hops: vec![CONNECTION.into()],
            version: version.into(),
        };
        MsgChannelOpenInit { port_id: ports.0.into(), channel: Some(channel), signer: self.a.signer() }
    }

    /// Opens a channel. What the last two steps, which tell applications that they are
    /// connected, gave at A and B.
    pub fn open_channel(
        &mut self,
        ports: (&str, &str),
        ordering: Order,
        version: &str,
    ) -> (Path, ExecTxResult, ExecTxResult) {
        let init = self.open_init(ports, ordering, version);
        let Self { a, b } = self;
        let here: MsgChannelOpenInitResponse = a.done(&init);
        let (proof_init, proof_height) = prove(a, b, &channel_path(ports.0, &here.channel_id));
        let mut channel = init.channel.expect("channel");
        channel.state = State::Tryopen.into();
        channel.counterparty = Some(Other { port_id: ports.0.into(), channel_id: here.channel_id.clone() });
        let open_try = MsgChannelOpenTry {
            port_id: ports.1.into(),
            channel: Some(channel),
            counterparty_version: here.version,
            proof_init,
            proof_height,
            signer: b.signer(),
            ..MsgChannelOpenTry::default()
        };
        let there: MsgChannelOpenTryResponse = b.done(&open_try);
        let (proof_try, proof_height) = prove(b, a, &channel_path(ports.1, &there.channel_id));
        let ack = MsgChannelOpenAck {
            port_id: ports.0.into(),
            channel_id: here.channel_id.clone(),
            counterparty_channel_id: there.channel_id.clone(),
            counterparty_version: there.version.clone(),
            proof_try,
            proof_height,
            signer: a.signer(),
        };
        let acknowledged = a.relay(&ack);
        assert_eq!(acknowledged.code, 0, "{}", acknowledged.log);
        let (proof_ack, proof_height) = prove(a, b, &channel_path(ports.0, &here.channel_id));
        let confirm = MsgChannelOpenConfirm {
            port_id: ports.1.into(),
            channel_id: there.channel_id.clone(),
            proof_ack,
            proof_height,
            signer: b.signer(),
        };
        let confirmed = b.relay(&confirm);
        assert_eq!(confirmed.code, 0, "{}", confirmed.log);
        let path = Path {
            ports: (ports.0.into(), ports.1.into()),
            channels: (here.channel_id, there.channel_id),
            ordering,
            version: there.version,
        };
        (path, acknowledged, confirmed)
    }

    /// A channel for coins.
    pub fn open_transfer(&mut self) -> Path {
        self.open_channel(("transfer", "transfer"), Order::Unordered, "ics20-1").0
    }

    /// Tells B that A has closed a channel.
    pub fn close_confirm(&mut self, path: &Path) -> ExecTxResult {
        let (proof_init, proof_height) =
            prove(&mut self.a, &mut self.b, &channel_path(&path.ports.0, &path.channels.0));
        let message = MsgChannelCloseConfirm {
            port_id: path.ports.1.clone(),
            channel_id: path.channels.1.clone(),
            proof_init,
            proof_height,
            signer: self.b.signer(),
        };
        self.b.relay(&message)
    }

    /// The message that takes a packet of A to B.
    pub fn recv_message(&mut self, packet: &Packet) -> MsgRecvPacket {
        let path = sequence_path("commitments", &packet.source_port, &packet.source_channel, packet.sequence);
        let (proof_commitment, proof_height) = prove(&mut self.a, &mut self.b, &path);
        MsgRecvPacket { packet: Some(packet.clone()), proof_commitment, proof_height, signer: self.b.signer() }
    }

    /// The same with the update of the client that it needs, which B has not seen.
    pub fn recv_unseen(&mut self, packet: &Packet) -> (MsgUpdateClient, MsgRecvPacket) {
        let update = news(&mut self.a, &self.b).expect("A went on");
        (update, self.recv_message(packet))
    }

    /// Takes a packet of A to B.
    pub fn recv(&mut self, packet: &Packet) -> ExecTxResult {
        let message = self.recv_message(packet);
        self.b.relay(&message)
    }

    /// The message that takes B's acknowledgement to A.
    pub fn ack_message(&mut self, packet: &Packet, ack: &[u8]) -> MsgAcknowledgement {
        let path = sequence_path("acks", &packet.destination_port, &packet.destination_channel, packet.sequence);
        let (proof_acked, proof_height) = prove(&mut self.b, &mut self.a, &path);
        MsgAcknowledgement {
            packet: Some(packet.clone()),
            acknowledgement: ack.to_vec(),
            proof_acked,
            proof_height,
            signer: self.a.signer(),
        }
    }

    /// Takes B's acknowledgement to A.
    pub fn acknowledge(&mut self, packet: &Packet, ack: &[u8]) -> ExecTxResult {
        let message = self.ack_message(packet, ack);
        self.a.relay(&message)
    }

    /// Takes a packet there and its acknowledgement back.
    pub fn round_trip(&mut self, packet: &Packet) -> (ExecTxResult, ExecTxResult) {
        let received = self.recv(packet);
        let ack = acknowledgement(&received).unwrap_or_else(|| panic!("no acknowledgement: {}", received.log));
        let acknowledged = self.acknowledge(packet, &ack);
        (received, acknowledged)
    }

    /// Tells A that a packet over an unordered channel did not arrive at B.
    pub fn timeout(&mut self, packet: &Packet) -> ExecTxResult {
        let path = sequence_path("receipts", &packet.destination_port, &packet.destination_channel, packet.sequence);
        let (proof_unreceived, proof_height) = prove(&mut self.b, &mut self.a, &path);
        let message = MsgTimeout {
            packet: Some(packet.clone()),
            proof_unreceived,
            proof_height,
            next_sequence_recv: 1,
            signer: self.a.signer(),
        };
        self.a.relay(&message)
    }
}

fn channel_path(port: &str, channel: &str) -> String {
    format!("channelEnds/ports/{port}/channels/{channel}")
}

fn sequence_path(kind: &str, port: &str, channel: &str, sequence: u64) -> String {
    format!("{kind}/ports/{port}/channels/{channel}/sequences/{sequence}")
}

/// Events of a kind, each as its attributes by key.
pub fn events<'a>(result: &'a ExecTxResult, kind: &str) -> Vec<BTreeMap<&'a str, &'a str>> {
    let of_kind = result.events.iter().filter(|event| event.r#type == kind);
    of_kind.map(|event| event.attributes.iter().map(|a| (a.key.as_str(), a.value.as_str())).collect()).collect()
}

/// The packets that a transaction sent.
pub fn packets(result: &ExecTxResult) -> Vec<Packet> {
    assert_eq!(result.code, 0, "{}", result.log);
    let read = |event: &BTreeMap<&str, &str>| {
        let (revision, at) = event["packet_timeout_height"].split_once('-').expect("height");
        let timeout_height =
            Height { revision_number: revision.parse().expect("number"), revision_height: at.parse().expect("number") };
        Packet {
            sequence: event["packet_sequence"].parse().expect("number"),
            source_port: event["packet_src_port"].into(),
            source_channel: event["packet_src_channel"].into(),
            destination_port: event["packet_dst_port"].into(),
            destination_channel: event["packet_dst_channel"].into(),
            data: hex::decode(event["packet_data_hex"]).expect("hex"),
            timeout_height: Some(timeout_height),
            timeout_timestamp: event["packet_timeout_timestamp"].parse().expect("number"),
        }
    };
    events(result, "send_packet").iter().map(read).collect()
}

/// The acknowledgement that a transaction wrote.
pub fn acknowledgement(result: &ExecTxResult) -> Option<Vec<u8>> {
    events(result, "write_acknowledgement").first().map(|e| hex::decode(e["packet_ack_hex"]).expect("hex"))
}

//! Two chains with an open channel between them, relayed by hand.

use synergy_kernel::Error;
use synergy_proto::{
    Address, coin,
    ibc::{
        core::{
            channel::v1::{
                Channel, Counterparty as ChannelCounterparty, MsgAcknowledgement, MsgAcknowledgementResponse,
                MsgChannelOpenAck, MsgChannelOpenConfirm, MsgChannelOpenInit, MsgChannelOpenTry, MsgRecvPacket,
                MsgRecvPacketResponse, MsgTimeout, MsgTimeoutResponse, Order, Packet, State,
            },
            client::v1::Height,
            commitment::v1::MerklePrefix,
            connection::v1::{
                Counterparty, MsgConnectionOpenAck, MsgConnectionOpenConfirm, MsgConnectionOpenInit,
                MsgConnectionOpenTry, Version,
            },
        },
        transfer::{MsgTransfer, MsgTransferResponse},
    },
};

use super::chain::Chain;
use crate::path;

pub(super) const CLIENT: &str = "07-tendermint-0";
const CONNECTION: &str = "connection-0";
pub(super) const CHANNEL: &str = "channel-0";
pub(super) const PORT: &str = "transfer";
pub(super) const STORE: &str = "ibc";

pub(super) fn relayer() -> Address {
    Address::from([9; 20])
}

pub(super) fn alice() -> Address {
    Address::from([1; 20])
}

pub(super) struct Link {
    pub(super) a: Chain,
    pub(super) b: Chain,
}

fn counterparty(connection: &str) -> Option<Counterparty> {
    Some(Counterparty {
        client_id: CLIENT.into(),
        connection_id: connection.into(),
        prefix: Some(MerklePrefix { key_prefix: STORE.into() }),
    })
}

pub(super) fn version() -> Version {
    Version { identifier: "1".into(), features: vec!["ORDER_ORDERED".into(), "ORDER_UNORDERED".into()] }
}

impl Link {
    /// The chains with clients of each other; alice has coins on both.
    pub(super) fn clients() -> Self {
        let (mut a, mut b) = (Chain::new("alpha-1"), Chain::new("betachain-4"));
        for (chain, denom) in [(&mut a, "ualpha"), (&mut b, "ubeta")] {
            chain.run(|ctx| synergy_bank::mint(ctx, &alice(), &[(denom.parse().unwrap(), 1_000)]).unwrap());
        }
        assert_eq!(a.create_client(&b, &relayer()).unwrap(), CLIENT);
        assert_eq!(b.create_client(&a, &relayer()).unwrap(), CLIENT);
        Self { a, b }
    }

    /// With an open channel too.
    pub(super) fn new() -> Self {
        let mut link = Self::clients();
        link.connect().unwrap();
        link.open_channel().unwrap();
        link
    }

    /// A proof of what A holds, for a message to B, and its height.
    pub(super) fn proof_of_a(&mut self, path: &str) -> (Vec<u8>, Option<Height>) {
        let proof = self.a.proof(STORE, path, self.a.height);
        (proof, Some(self.b.update_client(CLIENT, &self.a, &relayer()).unwrap()))
    }

    pub(super) fn proof_of_b(&mut self, path: &str) -> (Vec<u8>, Option<Height>) {
        let proof = self.b.proof(STORE, path, self.b.height);
        (proof, Some(self.a.update_client(CLIENT, &self.b, &relayer()).unwrap()))
    }

    fn connect(&mut self) -> Result<(), Error> {
        let signer = relayer().to_string();
        let init = MsgConnectionOpenInit {
            client_id: CLIENT.into(),
            counterparty: counterparty(""),
            version: None,
            delay_period: 0,
            signer: signer.clone(),
        };
        self.a.deliver::<()>(&init, &relayer())?;
        let (proof_init, proof_height) = self.proof_of_a(&path::connection(CONNECTION));
        let open_try = MsgConnectionOpenTry {
            client_id: CLIENT.into(),
            counterparty: counterparty(CONNECTION),
            counterparty_versions: vec![version()],
            proof_init,
            proof_height,
            signer: signer.clone(),
            ..MsgConnectionOpenTry::default()
        };
        self.b.deliver::<()>(&open_try, &relayer())?;
        let (proof_try, proof_height) = self.proof_of_b(&path::connection(CONNECTION));
        let ack = MsgConnectionOpenAck {
            connection_id: CONNECTION.into(),
            counterparty_connection_id: CONNECTION.into(),
            version: Some(version()),
            proof_try,
            proof_height,
            signer: signer.clone(),
            ..MsgConnectionOpenAck::default()
        };
        self.a.deliver::<()>(&ack, &relayer())?;
        let (proof_ack, proof_height) = self.proof_of_a(&path::connection(CONNECTION));
        let confirm = MsgConnectionOpenConfirm { connection_id: CONNECTION.into(), proof_ack, proof_height, signer };
        self.b.deliver::<()>(&confirm, &relayer())
    }

    pub(super) fn channel(state: State, channel: &str) -> Option<Channel> {
        Some(Channel {
            state: state.into(),
            ordering: Order::Unordered.into(),
            counterparty: Some(ChannelCounterparty { port_id: PORT.into(), channel_id: channel.into() }),
            connection_hops: vec![CONNECTION.into()],
            version: "ics20-1".into(),
        })
    }

    fn open_channel(&mut self) -> Result<(), Error> {
        let signer = relayer().to_string();
        let init = MsgChannelOpenInit {
            port_id: PORT.into(),
            channel: Self::channel(State::Init, ""),
            signer: signer.clone(),
        };
        self.a.deliver::<()>(&init, &relayer())?;
        let (proof_init, proof_height) = self.proof_of_a(&path::channel(PORT, CHANNEL));
        let open_try = MsgChannelOpenTry {
            port_id: PORT.into(),
            channel: Self::channel(State::Tryopen, CHANNEL),
            counterparty_version: "ics20-1".into(),
            proof_init,
            proof_height,
            signer: signer.clone(),
            ..MsgChannelOpenTry::default()
        };
        self.b.deliver::<()>(&open_try, &relayer())?;
        let (proof_try, proof_height) = self.proof_of_b(&path::channel(PORT, CHANNEL));
        let ack = MsgChannelOpenAck {
            port_id: PORT.into(),
            channel_id: CHANNEL.into(),
            counterparty_channel_id: CHANNEL.into(),
            counterparty_version: "ics20-1".into(),
            proof_try,
            proof_height,
            signer: signer.clone(),
        };
        self.a.deliver::<()>(&ack, &relayer())?;
        let (proof_ack, proof_height) = self.proof_of_a(&path::channel(PORT, CHANNEL));
        let confirm =
            MsgChannelOpenConfirm { port_id: PORT.into(), channel_id: CHANNEL.into(), proof_ack, proof_height, signer };
        self.b.deliver::<()>(&confirm, &relayer())
    }

    /// The other way round: what was A is B.
    pub(super) fn turned(self) -> Self {
        Self { a: self.b, b: self.a }
    }

    /// Sends coins from A; the packet as the event tells it.
    pub(super) fn send(&mut self, denom: &str, amount: u128, timeout: Height) -> Result<Packet, Error> {
        let message = MsgTransfer {
            source_port: PORT.into(),
            source_channel: CHANNEL.into(),
            token: Some(coin::coin(amount, denom)),
            sender: alice().to_string(),
            receiver: alice().to_string(),
            timeout_height: Some(timeout),
            ..MsgTransfer::default()
        };
        let answer: MsgTransferResponse = self.a.deliver(&message, &alice())?;
        let event = self.a.event("send_packet");
        assert_eq!(event["packet_sequence"], answer.sequence.to_string());
        Ok(Packet {
            sequence: answer.sequence,
            source_port: event["packet_src_port"].into(),
            source_channel: event["packet_src_channel"].into(),
            destination_port: event["packet_dst_port"].into(),
            destination_channel: event["packet_dst_channel"].into(),
            data: hex::decode(event["packet_data_hex"]).unwrap(),
            timeout_height: Some(timeout),
            timeout_timestamp: event["packet_timeout_timestamp"].parse().unwrap(),
        })
    }

    /// Far in B's future.
    pub(super) fn later(&self) -> Height {
        self.b.at(self.b.height + 1_000)
    }

    pub(super) fn recv_message(&mut self, packet: &Packet) -> MsgRecvPacket {
        let path = path::commitment(PORT, CHANNEL, packet.sequence);
        let (proof_commitment, proof_height) = self.proof_of_a(&path);
        MsgRecvPacket { packet: Some(packet.clone()), proof_commitment, proof_height, signer: relayer().to_string() }
    }

    /// Takes a packet of A to B; the acknowledgement.
    pub(super) fn recv(&mut self, packet: &Packet) -> Result<(MsgRecvPacketResponse, Vec<u8>), Error> {
        let message = self.recv_message(packet);
        let answer = self.b.deliver(&message, &relayer())?;
        let written = self.b.events.iter().any(|e| e.kind == "write_acknowledgement");
        let ack = if written {
            hex::decode(self.b.event("write_acknowledgement")["packet_ack_hex"]).unwrap()
        } else {
            Vec::new()
        };
        Ok((answer, ack))
    }

    /// Takes B's acknowledgement to A.
    pub(super) fn acknowledge(&mut self, packet: &Packet, ack: &[u8]) -> Result<MsgAcknowledgementResponse, Error> {
        let path = path::acknowledgement(PORT, CHANNEL, packet.sequence);
        let (proof_acked, proof_height) = self.proof_of_b(&path);
        let message = MsgAcknowledgement {
            packet: Some(packet.clone()),
            acknowledgement: ack.to_vec(),
            proof_acked,
            proof_height,
            signer: relayer().to_string(),
        };
        self.a.deliver(&message, &relayer())
    }

    /// Tells A that a packet did not arrive at B.
    pub(super) fn timeout(&mut self, packet: &Packet) -> Result<MsgTimeoutResponse, Error> {
        let (proof_unreceived, proof_height) = self.proof_of_b(&path::receipt(PORT, CHANNEL, packet.sequence));
        let message = MsgTimeout {
            packet: Some(packet.clone()),
            proof_unreceived,
            proof_height,
            next_sequence_recv: 1,
            signer: relayer().to_string(),
        };
        self.a.deliver(&message, &relayer())
    }
}

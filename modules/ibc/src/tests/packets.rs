//! Transfers there, back, in vain, and by those who mean no good.

use synergy_kernel::Module;
use synergy_proto::{
    Address,
    cosmos::base::query::v1beta1::PageRequest,
    ibc::{
        core::channel::v1::{
            MsgChannelOpenInit, Order, QueryChannelRequest, QueryChannelResponse, QueryPacketCommitmentsRequest,
            QueryPacketCommitmentsResponse, QueryUnreceivedPacketsRequest, QueryUnreceivedPacketsResponse,
            ResponseResultType, State,
        },
        transfer::{MsgUpdateParams, Params, QueryDenomTraceRequest, QueryDenomTraceResponse},
    },
};

use super::link::{CHANNEL, Link, PORT, alice, relayer};
use crate::{Acknowledgement, escrow_address};

const NOOP: i32 = ResponseResultType::Noop as i32;
const SUCCESS: i32 = ResponseResultType::Success as i32;

fn voucher(base: &str) -> String {
    crate::voucher(PORT, CHANNEL, base)
}

#[test]
fn coins_go_there_and_come_home() {
    let mut link = Link::new();
    let packet = link.send("ualpha", 400, link.later()).unwrap();
    assert_eq!(link.a.balance(&escrow_address(PORT, CHANNEL), "ualpha"), 400);
    let (answer, ack) = link.recv(&packet).unwrap();
    assert_eq!((answer.result, ack.as_slice()), (SUCCESS, &br#"{"result":"AQ=="}"#[..]));
    let there = voucher("ualpha");
    assert_eq!(link.b.balance(&alice(), &there), 400);
    assert_eq!(link.acknowledge(&packet, &ack).unwrap().result, SUCCESS);
    let trace: QueryDenomTraceResponse = link
        .b
        .query("/ibc.applications.transfer.v1.Query/DenomTrace", &QueryDenomTraceRequest { hash: there.clone() })
        .unwrap();
    #[allow(deprecated)]
    let trace = trace.denom_trace.unwrap();
    assert_eq!((trace.path.as_str(), trace.base_denom.as_str()), ("transfer/channel-0", "ualpha"));

    let mut link = link.turned();
    let packet = link.send(&there, 150, link.later()).unwrap();
    assert_eq!(link.a.balance(&alice(), &there), 250);
    let (_, ack) = link.recv(&packet).unwrap();
    assert_eq!(link.acknowledge(&packet, &ack).unwrap().result, SUCCESS);
    assert_eq!(link.b.balance(&alice(), "ualpha"), 750);
    assert_eq!(link.b.balance(&escrow_address(PORT, CHANNEL), "ualpha"), 250);
    link.a.invariants();
    link.b.invariants();
}

#[test]
fn a_repeat_does_nothing() {
    let mut link = Link::new();
    let packet = link.send("ualpha", 10, link.later()).unwrap();
    let (_, ack) = link.recv(&packet).unwrap();
    let (again, nothing) = link.recv(&packet).unwrap();
    assert_eq!((again.result, nothing.len()), (NOOP, 0));
    assert_eq!(link.b.balance(&alice(), &voucher("ualpha")), 10);
    assert_eq!(link.acknowledge(&packet, &ack).unwrap().result, SUCCESS);
    assert_eq!(link.acknowledge(&packet, &ack).unwrap().result, NOOP);
    // What was acknowledged cannot time out.
    let error = link.timeout(&packet).unwrap_err();
    assert_eq!((error.codespace, error.code), ("channel", 39));
}

#[test]
fn a_packet_in_vain_times_out_and_is_refunded() {
    let mut link = Link::new();
    let soon = link.b.at(link.b.height + 6);
    let packet = link.send("ualpha", 1_000, soon).unwrap();
    assert_eq!(link.a.balance(&alice(), "ualpha"), 0);
    let error = link.timeout(&packet).unwrap_err();
    assert_eq!((error.codespace, error.code), ("channel", 39));
    for _ in 0..6 {
        link.b.run(|_| ());
    }
    let error = link.recv(&packet).unwrap_err();
    assert_eq!((error.codespace, error.code), ("channel", 40));
    assert_eq!(link.timeout(&packet).unwrap().result, SUCCESS);
    assert_eq!(link.a.balance(&alice(), "ualpha"), 1_000);
    assert_eq!(link.timeout(&packet).unwrap().result, NOOP);
    // A new one that is late already is not sent.
    let error = link.send("ualpha", 1, soon).unwrap_err();
    assert_eq!((error.codespace, error.code), ("channel", 40));
    link.a.invariants();
}

#[test]
fn what_is_refused_there_comes_back() {
    let mut link = Link::new();
    let gov = Address::module("gov");
    let off = MsgUpdateParams {
        signer: gov.to_string(),
        params: Some(Params { send_enabled: true, receive_enabled: false }),
    };
    link.b.deliver::<()>(&off, &gov).unwrap();
    let not_gov = MsgUpdateParams { signer: alice().to_string(), ..off.clone() };
    let error = link.b.deliver::<()>(&not_gov, &alice()).unwrap_err();
    assert_eq!((error.codespace, error.code), ("ibc", 2));
    let packet = link.send("ualpha", 30, link.later()).unwrap();
    let (answer, ack) = link.recv(&packet).unwrap();
    assert_eq!(answer.result, SUCCESS);
    let refused = Acknowledgement::from_bytes(&ack).unwrap();
    assert_eq!(refused, Acknowledgement::Error("ABCI code: 8: error handling packet: see events for details".into()));
    assert_eq!(link.b.event("ibccallbackerror-fungible_token_packet")["success"], "false");
    assert_eq!(link.b.balance(&alice(), &voucher("ualpha")), 0);
    link.acknowledge(&packet, &ack).unwrap();
    assert_eq!(link.a.balance(&alice(), "ualpha"), 1_000);
}

#[test]
fn hostile_relayers_have_their_codes() {
    let mut link = Link::new();
    let packet = link.send("ualpha", 10, link.later()).unwrap();
    let message = link.recv_message(&packet);
    let mut try_with = |change: &dyn Fn(&mut synergy_proto::ibc::core::channel::v1::MsgRecvPacket)| {
        let mut message = message.clone();
        change(&mut message);
        let error = link.b.deliver::<()>(&message, &relayer()).unwrap_err();
        (error.codespace, error.code)
    };
    let data =
        |m: &mut synergy_proto::ibc::core::channel::v1::MsgRecvPacket| m.packet.as_mut().unwrap().data.push(b' ');
    assert_eq!(try_with(&data), ("commitment", 4));
    assert_eq!(try_with(&|m| m.packet.as_mut().unwrap().sequence = 2), ("commitment", 4));
    assert_eq!(try_with(&|m| m.packet.as_mut().unwrap().timeout_timestamp = u64::MAX), ("commitment", 4));
    assert_eq!(try_with(&|m| m.packet.as_mut().unwrap().source_channel = "channel-7".into()), ("channel", 13));
    assert_eq!(try_with(&|m| m.packet.as_mut().unwrap().destination_channel = "channel-7".into()), ("channel", 3));
    assert_eq!(try_with(&|m| m.packet.as_mut().unwrap().destination_port = "nobody".into()), ("port", 5));
    assert_eq!(try_with(&|m| m.packet.as_mut().unwrap().sequence = 0), ("channel", 13));
    assert_eq!(try_with(&|m| m.packet.as_mut().unwrap().data = vec![0; 262_145]), ("channel", 13));
    assert_eq!(try_with(&|m| m.packet = None), ("channel", 13));
    assert_eq!(try_with(&|m| m.proof_commitment.clear()), ("commitment", 2));
    assert_eq!(try_with(&|m| m.proof_commitment = vec![0xff; 40]), ("commitment", 2));
    assert_eq!(try_with(&|m| m.proof_commitment.truncate(0)), ("commitment", 2));
    assert_eq!(try_with(&|m| m.proof_height.as_mut().unwrap().revision_height += 1), ("ibc", 9));
    assert_eq!(try_with(&|m| m.proof_height.as_mut().unwrap().revision_height -= 1), ("commitment", 4));
    assert_eq!(try_with(&|m| m.proof_height.as_mut().unwrap().revision_height -= 2), ("client", 7));
    for bit in 0..message.proof_commitment.len() {
        let flipped = |m: &mut synergy_proto::ibc::core::channel::v1::MsgRecvPacket| m.proof_commitment[bit] ^= 1;
        assert_eq!(try_with(&flipped).0, "commitment", "byte {bit}");
    }
    // Absence cannot be shown of what is there.
    link.recv(&packet).unwrap();
    let mut late = packet.clone();
    late.timeout_height = Some(link.b.at(1));
    let error = link.timeout(&late).unwrap_err();
    assert_eq!((error.codespace, error.code), ("channel", 13), "another packet than the one sent");
    assert_eq!(link.b.balance(&alice(), &voucher("ualpha")), 10);
}

#[test]
fn a_counterparty_cannot_take_more_than_it_got() {
    let mut link = Link::new();
    // B never sent ubeta vouchers' originals over: A's claim of home coins finds no escrow.
    let there = voucher("ualpha");
    link.b.run(|ctx| synergy_bank::mint(ctx, &alice(), &[(there.parse().unwrap(), 5)]).unwrap());
    let packet = link.send("ualpha", 3, link.later()).unwrap();
    link.recv(&packet).unwrap();
    let mut link = link.turned();
    let packet = link.send(&there, 8, link.later()).unwrap();
    let (_, ack) = link.recv(&packet).unwrap();
    assert!(matches!(Acknowledgement::from_bytes(&ack), Some(Acknowledgement::Error(why)) if why.contains("code: 5:")));
    link.b.invariants();
}

#[test]
fn channels_are_opened_by_the_rules_of_transfer() {
    let mut link = Link::new();
    let mut try_with = |port: &str, ordering: Order, version: &str| {
        let mut channel = Link::channel(State::Init, "").unwrap();
        channel.ordering = ordering.into();
        channel.version = version.into();
        let message =
            MsgChannelOpenInit { port_id: port.into(), channel: Some(channel), signer: relayer().to_string() };
        link.a.deliver::<()>(&message, &relayer()).map_err(|e| (e.codespace, e.code))
    };
    assert_eq!(try_with(PORT, Order::Ordered, "ics20-1"), Err(("channel", 6)));
    assert_eq!(try_with(PORT, Order::Unordered, "ics20-9"), Err(("transfer", 4)));
    assert_eq!(try_with("nobody", Order::Unordered, ""), Err(("port", 5)));
    assert_eq!(try_with(PORT, Order::NoneUnspecified, ""), Err(("channel", 6)));
    assert_eq!(try_with(PORT, Order::Unordered, ""), Ok(()));
}

#[test]
fn queries_page_and_find_nothing_with_not_found() {
    let mut link = Link::new();
    for _ in 0..5 {
        link.send("ualpha", 1, link.later()).unwrap();
    }
    let page = |key: Vec<u8>| QueryPacketCommitmentsRequest {
        port_id: PORT.into(),
        channel_id: CHANNEL.into(),
        pagination: Some(PageRequest { key, limit: 2, ..PageRequest::default() }),
    };
    let (mut key, mut sequences) = (Vec::new(), Vec::new());
    loop {
        let found: QueryPacketCommitmentsResponse =
            link.a.query("/ibc.core.channel.v1.Query/PacketCommitments", &page(key)).unwrap();
        sequences.extend(found.commitments.iter().map(|c| c.sequence));
        assert_eq!(found.height.unwrap().revision_height, link.a.height);
        key = found.pagination.unwrap().next_key;
        if key.is_empty() {
            break;
        }
    }
    assert_eq!(sequences, [1, 2, 3, 4, 5]);
    let ask = QueryUnreceivedPacketsRequest {
        port_id: PORT.into(),
        channel_id: CHANNEL.into(),
        packet_commitment_sequences: sequences,
    };
    let unreceived: QueryUnreceivedPacketsResponse =
        link.b.query("/ibc.core.channel.v1.Query/UnreceivedPackets", &ask).unwrap();
    assert_eq!(unreceived.sequences.len(), 5);
    let none = QueryChannelRequest { port_id: PORT.into(), channel_id: "channel-9".into() };
    let missing = link.a.query::<QueryChannelResponse>("/ibc.core.channel.v1.Query/Channel", &none).unwrap_err();
    assert!(missing.message.contains("code = NotFound"), "{missing}");
}

#[test]
fn an_exported_state_is_the_same_after_import() {
    let mut link = Link::new();
    let packet = link.send("ualpha", 7, link.later()).unwrap();
    link.recv(&packet).unwrap();
    for chain in [&link.a, &link.b] {
        let exported = chain.read(|ctx| crate::Ibc::new(Vec::new()).export_genesis(ctx).unwrap());
        let mut fresh = super::chain::Chain::new("other-1");
        fresh.run(|ctx| crate::Ibc::new(Vec::new()).init_genesis(ctx, &exported).unwrap());
        let again = fresh.read(|ctx| crate::Ibc::new(Vec::new()).export_genesis(ctx).unwrap());
        assert_eq!(exported.get(), again.get());
        assert!(exported.get().len() > 1_000);
        let transfer = chain.read(|ctx| crate::Transfer.export_genesis(ctx).unwrap());
        assert!(transfer.get().contains("channel") || transfer.get().contains("transfer/channel-0/ualpha"));
    }
}

//! The contract by itself; with two chains and a model it is in `tests/tests/interchain.rs`.

use cosmwasm_std::{
    Binary, CosmosMsg, HexBinary, IbcAcknowledgement, IbcChannel, IbcChannelCloseMsg, IbcChannelConnectMsg,
    IbcChannelOpenMsg, IbcMsg, IbcOrder, IbcPacket, IbcPacketAckMsg, IbcPacketTimeoutMsg, OwnedDeps, StdAck, Uint128,
    coins, from_json,
    testing::{
        MockApi, MockQuerier, MockStorage, message_info, mock_dependencies, mock_env, mock_ibc_channel,
        mock_ibc_packet_recv, mock_ibc_packet_timeout,
    },
    to_json_binary,
};
use remote_infer::{
    Asked, Channel, Error, ExecuteMsg, InstantiateMsg, QueryMsg, Status, execute, ibc_channel_close,
    ibc_channel_connect, ibc_channel_open, ibc_packet_ack, ibc_packet_receive, ibc_packet_timeout, instantiate, query,
};
use synergy_interchain::{Answer, DType, PORT, Tensor, VERSION};

type Deps = OwnedDeps<MockStorage, MockApi, MockQuerier>;

const HERE: &str = "channel-2";

fn channel(order: IbcOrder, version: &str) -> IbcChannel {
    let mut channel = mock_ibc_channel(HERE, order, version);
    channel.counterparty_endpoint.port_id = PORT.into();
    channel
}

fn connected() -> Deps {
    let mut deps = mock_dependencies();
    let info = message_info(&deps.api.addr_make("owner"), &[]);
    instantiate(deps.as_mut(), mock_env(), info, InstantiateMsg {}).unwrap();
    let open = channel(IbcOrder::Unordered, VERSION);
    ibc_channel_open(deps.as_mut(), mock_env(), IbcChannelOpenMsg::new_init(open.clone())).unwrap();
    ibc_channel_connect(deps.as_mut(), mock_env(), IbcChannelConnectMsg::new_ack(open, VERSION)).unwrap();
    deps
}

fn tensor() -> Tensor {
    Tensor { name: "x".into(), dtype: DType::F32, shape: vec![1], data: vec![0, 0, 128, 63].into(), blob: None }
}

fn ask(deps: &mut Deps, channel: &str) -> Result<IbcPacket, Error> {
    let msg = ExecuteMsg::Ask {
        channel: channel.into(),
        model: HexBinary::from([1; 32]),
        inputs: vec![tensor()],
        gas: 5_000_000,
        max_price: Uint128::new(10),
        timeout: 60,
    };
    let info = message_info(&deps.api.addr_make("anna"), &[]);
    let response = execute(deps.as_mut(), mock_env(), info, msg)?;
    let [message] = response.messages.as_slice() else { panic!("{response:?}") };
    let CosmosMsg::Ibc(IbcMsg::SendPacket { channel_id, data, timeout }) = &message.msg else { panic!("{message:?}") };
    assert_eq!(timeout.timestamp(), Some(mock_env().block.time.plus_seconds(60)));
    let id: u64 = response.attributes[1].value.parse().unwrap();
    let mut packet = mock_ibc_packet_timeout(channel_id, &()).unwrap().packet;
    // Packets and requests count alike while there is one channel.
    packet.sequence = id;
    packet.data = data.clone();
    Ok(packet)
}

fn acknowledge(deps: &mut Deps, packet: IbcPacket, ack: &[u8]) {
    let relayer = deps.api.addr_make("relayer");
    let msg = IbcPacketAckMsg::new(IbcAcknowledgement::new(ack), packet, relayer);
    ibc_packet_ack(deps.as_mut(), mock_env(), msg).unwrap();
}

fn status(deps: &Deps, id: u64) -> Status {
    let answer: Asked = from_json(query(deps.as_ref(), mock_env(), QueryMsg::Answer { id }).unwrap()).unwrap();
    assert_eq!((answer.channel.as_str(), answer.sequence), (HERE, id));
    answer.status
}

#[test]
fn the_packet_is_the_documented_one() {
    let mut deps = connected();
    let sender = deps.api.addr_make("anna");
    let packet = ask(&mut deps, HERE).unwrap();
    let expected = format!(
        r#"{{"infer":{{"sender":"{sender}","model":"{}","inputs":[{{"name":"x","dtype":"f32","shape":[1],"data":"AACAPw=="}}],"gas":5000000,"max_price":"10"}}}}"#,
        "01".repeat(32)
    );
    assert_eq!(String::from_utf8(packet.data.to_vec()).unwrap(), expected);
}

#[test]
fn an_answer_is_kept() {
    let mut deps = connected();
    let packet = ask(&mut deps, HERE).unwrap();
    let second = ask(&mut deps, HERE).unwrap();
    assert_eq!((status(&deps, 1), status(&deps, 2)), (Status::Pending, Status::Pending));
    let result =
        r#"{"outputs":[{"name":"x","dtype":"f32","shape":[1],"data":"AACAPw=="}],"gas":7,"record_id":3,"price":"10"}"#;
    acknowledge(&mut deps, packet, &StdAck::success(Binary::from(result.as_bytes())).to_binary());
    let answer = Answer { outputs: vec![tensor()], gas: 7, record_id: 3, price: Uint128::new(10) };
    assert_eq!(answer.output("x").unwrap(), &tensor());
    assert_eq!((status(&deps, 1), status(&deps, 2)), (Status::Answered(answer), Status::Pending));
    acknowledge(&mut deps, second, br#"{"error":"modelregistry/2"}"#);
    assert_eq!(status(&deps, 2), Status::Failed("modelregistry/2".into()));
}

#[test]
fn what_cannot_be_read_or_does_not_arrive_has_failed() {
    let mut deps = connected();
    for ack in [&b"x"[..], br#"{"result":"AQ=="}"#, b"{}"] {
        let packet = ask(&mut deps, HERE).unwrap();
        let id = packet.sequence;
        acknowledge(&mut deps, packet, ack);
        assert!(matches!(status(&deps, id), Status::Failed(_)));
    }
    let packet = ask(&mut deps, HERE).unwrap();
    let msg = IbcPacketTimeoutMsg::new(packet, deps.api.addr_make("relayer"));
    ibc_packet_timeout(deps.as_mut(), mock_env(), msg).unwrap();
    assert_eq!(status(&deps, 4), Status::TimedOut);
}

#[test]
fn a_withdrawal_is_a_packet_too() {
    let mut deps = connected();
    let sender = deps.api.addr_make("anna");
    let msg =
        ExecuteMsg::Withdraw { channel: HERE.into(), to: "synergy1x".into(), coins: coins(5, "asnrg"), timeout: 60 };
    let response = execute(deps.as_mut(), mock_env(), message_info(&sender, &[]), msg).unwrap();
    let CosmosMsg::Ibc(IbcMsg::SendPacket { data, .. }) = &response.messages[0].msg else { panic!("{response:?}") };
    let expected = format!(
        r#"{{"withdraw":{{"sender":"{sender}","to":"synergy1x","coins":[{{"denom":"asnrg","amount":"5"}}]}}}}"#
    );
    assert_eq!(String::from_utf8(data.to_vec()).unwrap(), expected);
    let mut packet = mock_ibc_packet_timeout(HERE, &()).unwrap().packet;
    packet.sequence = 1;
    acknowledge(&mut deps, packet, &StdAck::success(to_json_binary(&cosmwasm_std::Empty {}).unwrap()).to_binary());
    assert_eq!(status(&deps, 1), Status::Withdrawn);
}

#[test]
fn channels_are_unordered_to_the_port_and_of_the_version() {
    let mut deps = connected();
    let mut elsewhere = channel(IbcOrder::Unordered, VERSION);
    elsewhere.counterparty_endpoint.port_id = "transfer".into();
    for wrong in [channel(IbcOrder::Ordered, VERSION), channel(IbcOrder::Unordered, "ics20-1"), elsewhere] {
        let opened = ibc_channel_open(deps.as_mut(), mock_env(), IbcChannelOpenMsg::new_init(wrong.clone()));
        assert_eq!(opened, Err(Error::WrongChannel));
        let connected = ibc_channel_connect(deps.as_mut(), mock_env(), IbcChannelConnectMsg::new_confirm(wrong));
        assert_eq!(connected, Err(Error::WrongChannel));
    }
    let good = channel(IbcOrder::Unordered, VERSION);
    let other = IbcChannelConnectMsg::new_ack(good.clone(), "synergy-inference-2");
    assert_eq!(ibc_channel_connect(deps.as_mut(), mock_env(), other), Err(Error::WrongChannel));

    assert_eq!(ask(&mut deps, "channel-9"), Err(Error::NoChannel("channel-9".into())));
    let init = IbcChannelCloseMsg::new_init(good.clone());
    assert_eq!(ibc_channel_close(deps.as_mut(), mock_env(), init), Err(Error::WrongChannel));
    ibc_channel_close(deps.as_mut(), mock_env(), IbcChannelCloseMsg::new_confirm(good)).unwrap();
    assert_eq!(ask(&mut deps, HERE), Err(Error::NoChannel(HERE.into())));
    let channels: Vec<Channel> = from_json(query(deps.as_ref(), mock_env(), QueryMsg::Channels {}).unwrap()).unwrap();
    assert_eq!(channels, [Channel { id: HERE.into(), counterparty: "channel-7".into(), closed: true }]);
    let missing = query(deps.as_ref(), mock_env(), QueryMsg::Answer { id: 1 });
    assert_eq!(missing, Err(Error::NotAsked(1)));
}

#[test]
fn packets_and_coins_are_refused() {
    let mut deps = connected();
    let packet = mock_ibc_packet_recv(HERE, &()).unwrap();
    let response = ibc_packet_receive(deps.as_mut(), mock_env(), packet).unwrap();
    assert!(StdAck::Error("this contract takes no packets".into()).to_binary() == response.acknowledgement.unwrap());
    let info = message_info(&deps.api.addr_make("anna"), &coins(1, "x"));
    let msg = ExecuteMsg::Withdraw { channel: HERE.into(), to: String::new(), coins: vec![], timeout: 1 };
    assert_eq!(execute(deps.as_mut(), mock_env(), info, msg), Err(Error::Coins));
}

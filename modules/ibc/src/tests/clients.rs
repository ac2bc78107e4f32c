//! Light clients that learn, expire, are lied to, and are helped by governance.

use synergy_proto::{
    Address,
    cosmos::upgrade::v1beta1::Plan,
    ibc::{
        core::client::v1::{
            Height, MsgIbcSoftwareUpgrade, MsgRecoverClient, MsgUpdateParams, MsgUpgradeClient, Params,
            QueryClientStatesRequest, QueryClientStatesResponse, QueryClientStatusRequest, QueryClientStatusResponse,
        },
        tendermint::{ConsensusState, Misbehaviour},
    },
    pack,
};

use super::{
    chain::{Chain, TRUSTING},
    link::{CLIENT, Link, relayer},
};

fn status(chain: &Chain, id: &str) -> String {
    let request = QueryClientStatusRequest { client_id: id.into() };
    chain.query::<QueryClientStatusResponse>("/ibc.core.client.v1.Query/ClientStatus", &request).unwrap().status
}

fn recover(chain: &mut Chain, subject: &str, substitute: &str, signer: &Address) -> Result<(), (&'static str, u32)> {
    let message = MsgRecoverClient {
        subject_client_id: subject.into(),
        substitute_client_id: substitute.into(),
        signer: signer.to_string(),
    };
    chain.deliver::<()>(&message, signer).map_err(|e| (e.codespace, e.code))
}

#[test]
fn a_second_header_of_a_height_freezes_and_governance_recovers() {
    let Link { mut a, mut b } = Link::clients();
    let gov = Address::module("gov");
    b.run(|_| ());
    let trusted = a.read(|ctx| crate::tendermint::latest_height(ctx, CLIENT)).unwrap().revision_height;
    let height = b.height + 1;
    let lie = Misbehaviour {
        header_1: Some(b.header(height, trusted, 0)),
        header_2: Some(b.header(height, trusted, 1)),
        ..Misbehaviour::default()
    };
    let honest = Misbehaviour { header_2: lie.header_1.clone(), ..lie.clone() };
    let error = a.tell_client(CLIENT, &pack(&honest), &relayer()).unwrap_err();
    assert_eq!((error.codespace, error.code), ("client", 13));
    assert_eq!(recover(&mut a, CLIENT, "07-tendermint-1", &gov), Err(("client", 24)));
    a.tell_client(CLIENT, &pack(&lie), &relayer()).unwrap();
    assert_eq!(a.event("client_misbehaviour")["client_id"], CLIENT);
    assert_eq!(status(&a, CLIENT), "Frozen");
    let error = a.update_client(CLIENT, &b, &relayer()).unwrap_err();
    assert_eq!((error.codespace, error.code), ("client", 29));

    b.run(|_| ());
    let new = a.create_client(&b, &relayer()).unwrap();
    assert_eq!(recover(&mut a, CLIENT, &new, &relayer()), Err(("ibc", 2)));
    recover(&mut a, CLIENT, &new, &gov).unwrap();
    assert_eq!(status(&a, CLIENT), "Active");
    b.run(|_| ());
    a.update_client(CLIENT, &b, &relayer()).unwrap();
    let all: QueryClientStatesResponse =
        a.query("/ibc.core.client.v1.Query/ClientStates", &QueryClientStatesRequest::default()).unwrap();
    assert_eq!(all.client_states.len(), 2);
    // As in ibc-go: what the two headers were trusted by is still there, and so are they.
    a.tell_client(CLIENT, &pack(&lie), &relayer()).unwrap();
    assert_eq!(status(&a, CLIENT), "Frozen", "the same evidence counts again");
}

#[test]
fn a_conflicting_update_is_misbehaviour_too() {
    let Link { mut a, mut b } = Link::clients();
    b.run(|_| ());
    let trusted = a.read(|ctx| crate::tendermint::latest_height(ctx, CLIENT)).unwrap().revision_height;
    a.update_client(CLIENT, &b, &relayer()).unwrap();
    // The same height again, with another time.
    let height = b.height + 1;
    let same = b.header(height, trusted, 1);
    a.tell_client(CLIENT, &pack(&same), &relayer()).unwrap();
    assert_eq!(status(&a, CLIENT), "Active", "only the consensus state counts");
    b.delay = 1;
    let other = b.header(height, trusted, 0);
    a.tell_client(CLIENT, &pack(&other), &relayer()).unwrap();
    assert_eq!(status(&a, CLIENT), "Frozen");
}

#[test]
fn an_expired_client_is_recovered_too() {
    let Link { mut a, mut b } = Link::clients();
    a.delay = TRUSTING;
    a.run(|_| ());
    assert_eq!(status(&a, CLIENT), "Expired");
    let error = a.update_client(CLIENT, &b, &relayer()).unwrap_err();
    assert_eq!((error.codespace, error.code), ("client", 29));
    b.delay = TRUSTING;
    b.run(|_| ());
    let new = a.create_client(&b, &relayer()).unwrap();
    recover(&mut a, CLIENT, &new, &Address::module("gov")).unwrap();
    assert_eq!(status(&a, CLIENT), "Active");
}

#[test]
fn headers_that_prove_nothing_have_their_codes() {
    let Link { mut a, mut b } = Link::clients();
    b.run(|_| ());
    let trusted = a.read(|ctx| crate::tendermint::latest_height(ctx, CLIENT)).unwrap().revision_height;
    let good = b.header(b.height + 1, trusted, 0);
    let mut try_with = |change: &dyn Fn(&mut synergy_proto::ibc::tendermint::Header)| {
        let mut header = good.clone();
        change(&mut header);
        let error = a.tell_client(CLIENT, &pack(&header), &relayer()).unwrap_err();
        (error.codespace, error.code)
    };
    assert_eq!(try_with(&|h| h.signed_header = None), ("07-tendermint", 6));
    assert_eq!(try_with(&|h| h.validator_set = None), ("07-tendermint", 14));
    assert_eq!(try_with(&|h| h.trusted_validators.as_mut().unwrap().validators.clear()), ("07-tendermint", 14));
    assert_eq!(
        try_with(&|h| h.trusted_height = Some(Height { revision_number: 9, revision_height: 1 })),
        ("07-tendermint", 5)
    );
    assert_eq!(try_with(&|h| h.trusted_height.as_mut().unwrap().revision_height = 10_000), ("client", 12));
    assert_eq!(try_with(&|h| h.trusted_height.as_mut().unwrap().revision_height = 1), ("client", 7));
    let header = |h: &mut synergy_proto::ibc::tendermint::Header| {
        h.signed_header.as_mut().unwrap().header.as_mut().unwrap().app_hash[0] ^= 1
    };
    assert_eq!(try_with(&header), ("07-tendermint", 6));
    let signature = |h: &mut synergy_proto::ibc::tendermint::Header| {
        h.signed_header.as_mut().unwrap().commit.as_mut().unwrap().signatures[0].signature[0] ^= 1;
    };
    assert_eq!(try_with(&signature), ("07-tendermint", 6));
    let error = a.tell_client(CLIENT, &pack(&ConsensusState::default()), &relayer()).unwrap_err();
    assert_eq!((error.codespace, error.code), ("client", 10));
    a.tell_client(CLIENT, &pack(&good), &relayer()).unwrap();
    let event = a.event("update_client");
    assert_eq!(event["consensus_heights"], format!("4-{}", b.height + 1));
}

/// The verifier multiplies power by the trust level's parts in 64 bits.
#[test]
fn a_trust_level_that_overflows_is_no_panic() {
    let Link { mut a, mut b } = Link::clients();
    let mut state = b.client_state();
    let third = u64::MAX / 3;
    state.trust_level = Some(synergy_proto::ibc::tendermint::Fraction { numerator: third, denominator: third });
    let message = synergy_proto::ibc::core::client::v1::MsgCreateClient {
        client_state: Some(pack(&state)),
        consensus_state: Some(pack(&b.consensus_state())),
        signer: relayer().to_string(),
    };
    a.deliver::<()>(&message, &relayer()).unwrap();
    b.run(|_| ());
    let error = a.update_client("07-tendermint-1", &b, &relayer()).unwrap_err();
    assert_eq!((error.codespace, error.code), ("07-tendermint", 14));
}

#[test]
fn bad_client_states_are_refused_with_their_codes() {
    let Link { mut a, b } = Link::clients();
    let mut try_with = |change: &dyn Fn(&mut synergy_proto::ibc::tendermint::ClientState)| {
        let mut state = b.client_state();
        change(&mut state);
        let message = synergy_proto::ibc::core::client::v1::MsgCreateClient {
            client_state: Some(pack(&state)),
            consensus_state: Some(pack(&b.consensus_state())),
            signer: relayer().to_string(),
        };
        let error = a.deliver::<()>(&message, &relayer()).unwrap_err();
        (error.codespace, error.code)
    };
    assert_eq!(try_with(&|s| s.chain_id.clear()), ("07-tendermint", 2));
    assert_eq!(try_with(&|s| s.trust_level = None), ("07-tendermint", 15));
    for (numerator, denominator) in [(0, 1), (1, 4), (2, 1), (u64::MAX, u64::MAX), (1 << 63, (1 << 63) + 1)] {
        let level = Some(synergy_proto::ibc::tendermint::Fraction { numerator, denominator });
        assert_eq!(try_with(&|s| s.trust_level = level), ("07-tendermint", 15));
    }
    assert_eq!(try_with(&|s| s.trusting_period = None), ("07-tendermint", 3));
    assert_eq!(try_with(&|s| s.trusting_period = s.unbonding_period), ("07-tendermint", 3));
    assert_eq!(try_with(&|s| s.unbonding_period = None), ("07-tendermint", 4));
    assert_eq!(try_with(&|s| s.max_clock_drift = None), ("07-tendermint", 7));
    assert_eq!(try_with(&|s| s.latest_height = None), ("07-tendermint", 5));
    assert_eq!(try_with(&|s| s.proof_specs.clear()), ("07-tendermint", 13));
    assert_eq!(try_with(&|s| s.upgrade_path[0].clear()), ("client", 3));
    assert_eq!(
        try_with(&|s| s.frozen_height = Some(Height { revision_number: 0, revision_height: 1 })),
        ("client", 29)
    );
    let gov = Address::module("gov");
    let params = MsgUpdateParams {
        signer: gov.to_string(),
        params: Some(Params { allowed_clients: vec!["06-solomachine".into()] }),
    };
    a.deliver::<()>(&params, &gov).unwrap();
    assert_eq!(status(&a, CLIENT), "Unauthorized");
    let error = a.create_client(&b, &relayer()).unwrap_err();
    assert_eq!((error.codespace, error.code), ("client", 10));
}

#[test]
fn a_client_follows_an_upgrade_of_its_chain() {
    let Link { mut a, mut b } = Link::clients();
    let gov = Address::module("gov");
    let at = b.height as i64 + 4;
    let mut next = b.client_state();
    next.chain_id = "betachain-5".into();
    next.latest_height = Some(Height { revision_number: 5, revision_height: 1 });
    let message = MsgIbcSoftwareUpgrade {
        plan: Some(Plan { name: "five".into(), height: at, ..Plan::default() }),
        upgraded_client_state: Some(pack(&next)),
        signer: gov.to_string(),
    };
    let not_gov = MsgIbcSoftwareUpgrade { signer: relayer().to_string(), ..message.clone() };
    let error = b.deliver::<()>(&not_gov, &relayer()).unwrap_err();
    assert_eq!((error.codespace, error.code), ("ibc", 2));
    b.deliver::<()>(&message, &gov).unwrap();
    while (b.height as i64) < at - 1 {
        b.run(|_| ());
    }
    assert_eq!(b.event("upgrade_chain")["upgrade_store"], "upgrade");
    // The last header of the old chain proves what its clients become.
    a.update_client(CLIENT, &b, &relayer()).unwrap();
    let consensus = b.read(|ctx| synergy_upgrade::upgraded_consensus(ctx, at)).unwrap().unwrap();
    let consensus: synergy_proto::Any = prost::Message::decode(consensus.as_slice()).unwrap();
    let proof = |what: &str| b.proof("upgrade", &format!("upgradedIBCState/{at}/{what}"), b.height);
    let upgrade = MsgUpgradeClient {
        client_id: CLIENT.into(),
        client_state: Some(pack(&next)),
        consensus_state: Some(consensus),
        proof_upgrade_client: proof("upgradedClient"),
        proof_upgrade_consensus_state: proof("upgradedConsState"),
        signer: relayer().to_string(),
    };
    let mut other = next.clone();
    other.unbonding_period = other.trusting_period;
    let wrong = MsgUpgradeClient { client_state: Some(pack(&other)), ..upgrade.clone() };
    let error = a.deliver::<()>(&wrong, &relayer()).unwrap_err();
    assert_eq!((error.codespace, error.code), ("commitment", 4));
    a.deliver::<()>(&upgrade, &relayer()).unwrap();
    assert_eq!(a.event("upgrade_client")["consensus_height"], "5-1");
    assert_eq!(status(&a, CLIENT), "Active");
}

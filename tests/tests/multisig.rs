//! Threshold keys: who may sign, in which form, at what price, and each way to be wrong.

use prost::Message;
use synergy_abci::messages::ExecTxResult;
use synergy_crypto::{AccountKey, Multisig, Scheme};
use synergy_proto::{
    Address, Any, coin,
    cosmos::{
        auth::v1beta1::{BaseAccount, QueryAccountRequest, QueryAccountResponse},
        bank::v1beta1::MsgSend,
        crypto::multisig::v1beta1::{CompactBitArray, MultiSignature},
        tx::{
            signing::v1beta1::SignMode,
            v1beta1::{
                AuthInfo, Fee, ModeInfo, SignDoc, SignerInfo, SimulateRequest, SimulateResponse, TxBody, TxRaw,
                mode_info,
            },
        },
    },
    pack,
};
use synergy_tests::{Account, CHAIN_ID, TestChain, amino_bytes};

struct Group {
    members: Vec<Account>,
    key: AccountKey,
    chain: TestChain,
    number: u64,
    sequence: u64,
    mode: SignMode,
}

impl Group {
    /// A funded account of which `threshold` of these must sign.
    fn new(threshold: u32, schemes: &[Scheme]) -> Self {
        let members: Vec<_> = schemes.iter().zip(10..).map(|(s, i)| Account::new(*s, i, 0)).collect();
        let keys = members.iter().map(|m| m.secret().public_key()).collect();
        let key = AccountKey::Multisig(Multisig::new(threshold, keys).unwrap());
        let mut alice = Account::new(Scheme::Secp256k1, 0, 0);
        let mut chain = TestChain::new(&[&alice]);
        let address = Address::from(key.address());
        assert_eq!(chain.deliver(alice.send(&address, 10_u128.pow(21))).code, 0);
        let mut group = Self { members, key, chain, number: 0, sequence: 0, mode: SignMode::LegacyAminoJson };
        group.number = group.account().account_number;
        group
    }

    fn address(&self) -> Address {
        self.key.address().into()
    }

    fn account(&self) -> BaseAccount {
        let request = QueryAccountRequest { address: self.address().to_string() };
        let answer: QueryAccountResponse = self.chain.query("/cosmos.auth.v1beta1.Query/Account", &request, 0).unwrap();
        BaseAccount::decode(answer.account.unwrap().value.as_slice()).unwrap()
    }

    /// A send, signed by these members; `change` sees mode info and signatures before
    /// they are put in.
    fn tx(&self, signers: &[usize], change: impl FnOnce(&mut mode_info::Multi, &mut Vec<Vec<u8>>)) -> TxRaw {
        let send = MsgSend {
            from_address: self.address().to_string(),
            to_address: self.members[0].address().to_string(),
            amount: vec![coin::coin(1, coin::BASE_DENOM)],
        };
        let body = TxBody { messages: vec![pack(&send)], ..TxBody::default() };
        let size = self.members.len();
        let mut elems = vec![0; size.div_ceil(8)];
        signers.iter().for_each(|i| elems[i / 8] |= 1 << (7 - i % 8));
        let single = ModeInfo { sum: Some(mode_info::Sum::Single(mode_info::Single { mode: self.mode as i32 })) };
        let mut multi = mode_info::Multi {
            bitarray: Some(CompactBitArray { extra_bits_stored: (size % 8) as u32, elems }),
            mode_infos: vec![single; signers.len()],
        };
        let mut raw = TxRaw { body_bytes: body.encode_to_vec(), ..TxRaw::default() };
        raw.auth_info_bytes = self.auth(multi.clone());
        let sign_bytes = match self.mode {
            SignMode::Direct => SignDoc {
                body_bytes: raw.body_bytes.clone(),
                auth_info_bytes: raw.auth_info_bytes.clone(),
                chain_id: CHAIN_ID.into(),
                account_number: self.number,
            }
            .encode_to_vec(),
            _ => amino_bytes(&raw, self.number, self.sequence),
        };
        let mut signatures = signers.iter().map(|i| self.members[*i].secret().sign(&sign_bytes)).collect();
        change(&mut multi, &mut signatures);
        raw.auth_info_bytes = self.auth(multi);
        raw.signatures = vec![MultiSignature { signatures }.encode_to_vec()];
        raw
    }

    fn auth(&self, multi: mode_info::Multi) -> Vec<u8> {
        let (type_url, value) = self.key.to_any();
        let info = SignerInfo {
            public_key: Some(Any { type_url, value }),
            mode_info: Some(ModeInfo { sum: Some(mode_info::Sum::Multi(multi)) }),
            sequence: self.sequence,
        };
        let fee = Fee {
            amount: vec![coin::coin(2_000_000 * 1_000_000_000, coin::BASE_DENOM)],
            gas_limit: 2_000_000,
            ..Fee::default()
        };
        AuthInfo { signer_infos: vec![info], fee: Some(fee), ..AuthInfo::default() }.encode_to_vec()
    }

    fn deliver(&mut self, raw: &TxRaw) -> ExecTxResult {
        let result = self.chain.deliver(raw.encode_to_vec());
        self.sequence = self.account().sequence;
        result
    }
}

const CLASSIC: [Scheme; 3] = [Scheme::Secp256k1, Scheme::Secp256k1, Scheme::Ed25519];

#[test]
fn enough_members_of_any_type_can_spend() {
    for (schemes, shown) in [
        (&CLASSIC[..], true),
        (&[Scheme::MlDsa44, Scheme::Secp256k1, Scheme::Hybrid, Scheme::MlDsa65, Scheme::MlDsa87], false),
    ] {
        let mut group = Group::new(2, schemes);
        let raw = group.tx(&[0, 2], |_, _| {});
        let result = group.deliver(&raw);
        assert_eq!(result.code, 0, "{}", result.log);
        let account = group.account();
        assert_eq!((account.sequence, account.pub_key.is_some()), (1, shown));
        let all: Vec<usize> = (0..schemes.len()).collect();
        let raw = group.tx(&all, |_, _| {});
        assert_eq!(group.deliver(&raw).code, 0, "more than the threshold");
        // The SDK verifies members that sign the protobuf bytes as well.
        group.mode = SignMode::Direct;
        let raw = group.tx(&[1, 2], |_, _| {});
        assert_eq!(group.deliver(&raw).code, 0);
    }
}

#[test]
fn every_fault_is_refused_with_the_sdks_code() {
    let mut group = Group::new(2, &CLASSIC);
    type Change = fn(&mut mode_info::Multi, &mut Vec<Vec<u8>>);
    let cases: [(&str, u32, &[usize], Change); 9] = [
        ("too few", 4, &[0], |_, _| {}),
        ("swapped", 4, &[0, 1], |_, s| s.swap(0, 1)),
        ("one wrong", 4, &[0, 1], |_, s| s[1][5] ^= 1),
        ("another member's bit", 4, &[0, 1], |m, _| m.bitarray.as_mut().unwrap().elems[0] = 0b1010_0000),
        ("a bit too many", 4, &[0, 1], |m, _| m.bitarray.as_mut().unwrap().elems[0] = 0b1110_0000),
        ("a bit outside", 4, &[0, 1], |m, _| m.bitarray.as_mut().unwrap().elems[0] |= 1),
        ("an array too long", 4, &[0, 1], |m, _| m.bitarray.as_mut().unwrap().extra_bits_stored = 4),
        ("a signature without a mode", 4, &[0, 1], |m, _| drop(m.mode_infos.pop())),
        ("a mode that is not taken", 37, &[0, 1], |m, _| {
            let textual = mode_info::Single { mode: SignMode::Textual as i32 };
            m.mode_infos[0].sum = Some(mode_info::Sum::Single(textual));
        }),
    ];
    for (what, code, signers, change) in cases {
        let raw = group.tx(signers, change);
        let result = group.deliver(&raw);
        assert_eq!((result.codespace.as_str(), result.code), ("sdk", code), "{what}: {}", result.log);
    }
    let mut raw = group.tx(&[0, 1], |_, _| {});
    raw.signatures[0].extend([0x10, 1]);
    assert_eq!(group.deliver(&raw).code, 2, "an unknown field beside the signatures");
    let single = ModeInfo { sum: Some(mode_info::Sum::Single(mode_info::Single { mode: 127 })) };
    let mut raw = group.tx(&[0, 1], |_, _| {});
    let mut auth = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
    auth.signer_infos[0].mode_info = Some(single);
    raw.auth_info_bytes = auth.encode_to_vec();
    assert_eq!(group.deliver(&raw).code, 4, "a plain signature for a threshold key");
    let raw = group.tx(&[0, 1], |_, _| {});
    assert_eq!(group.deliver(&raw).code, 0, "and the right one passes");
}

#[test]
fn members_count_as_signatures_and_simulation_promises_enough() {
    let mut group = Group::new(2, &[Scheme::Secp256k1; 8]);
    let raw = group.tx(&[0, 1], |_, _| {});
    assert_eq!(group.deliver(&raw).code, 14, "tx_sig_limit is 7");

    let mut group = Group::new(2, &CLASSIC);
    let signed = group.tx(&[0, 1], |_, _| {});
    let mut unsigned = group.tx(&[], |multi, _| multi.bitarray = None);
    unsigned.signatures = vec![Vec::new()];
    let simulate = |raw: &TxRaw| {
        #[allow(deprecated)]
        let request = SimulateRequest { tx: None, tx_bytes: raw.encode_to_vec() };
        let answer: SimulateResponse = group.chain.query("/cosmos.tx.v1beta1.Service/Simulate", &request, 0).unwrap();
        answer.gas_info.unwrap().gas_used
    };
    let promised = simulate(&unsigned);
    let used = group.chain.deliver(signed.encode_to_vec()).gas_used as u64;
    assert!((used..used + used / 20).contains(&promised), "simulated {promised}, used {used}");
}

#[test]
fn keys_have_one_encoding_and_sane_thresholds() {
    let keys: Vec<_> = CLASSIC.iter().zip(0..).map(|(s, i)| Account::new(*s, i, 0).secret().public_key()).collect();
    for threshold in [0, 4] {
        assert!(Multisig::new(threshold, keys.clone()).is_err());
    }
    let key = AccountKey::Multisig(Multisig::new(2, keys).unwrap());
    let (url, value) = key.to_any();
    assert_eq!(AccountKey::from_any(&url, &value).unwrap(), key);
    for (what, bytes) in [
        ("threshold behind the members", [&value[2..], &value[..2]].concat()),
        ("an unknown field", [&value[..], &[0x18, 1]].concat()),
        ("no members", value[..2].to_vec()),
        ("a long threshold", [&[0x08, 0x82, 0x00][..], &value[2..]].concat()),
    ] {
        assert!(AccountKey::from_any(&url, &bytes).is_err(), "{what}");
    }
}

use crate::{Rules, default_params, price};

fn rules() -> Rules {
    Rules::read(&default_params()).unwrap()
}

#[test]
fn base_fee_follows_demand_and_keeps_its_floor() {
    let r = rules();
    let start = 8_000_000_000;
    assert_eq!(r.next_base_fee(start, 500_000_000), start);
    assert_eq!(r.next_base_fee(start, 1_000_000_000), 9_000_000_000);
    assert_eq!(r.next_base_fee(start, u64::MAX), 9_000_000_000);
    assert_eq!(r.next_base_fee(start, 0), 7_000_000_000);
    assert_eq!(r.next_base_fee(r.min_base_fee, 0), r.min_base_fee);
    assert_eq!(r.next_base_fee(1, 500_000_001).max(2), r.min_base_fee);
}

#[test]
fn a_fee_below_the_base_fee_is_code_13_and_says_what_is_needed() {
    let fee = [("asnrg".parse().unwrap(), 99_999)];
    let error = price(&rules(), 10, &fee, 10_000).unwrap_err();
    assert_eq!((error.codespace, error.code), ("sdk", 13));
    assert!(error.message.contains("required: 100000asnrg"), "{}", error.message);
    assert_eq!(price(&rules(), 10, &[("asnrg".parse().unwrap(), 150_000)], 10_000).unwrap(), 15);
    assert_eq!(price(&rules(), 0, &[], 10_000).unwrap(), 0);
    let other = [("uatom".parse().unwrap(), 1_000_000_000)];
    assert_eq!(price(&rules(), 0, &other, 1).unwrap_err().code, 13);
}

#[test]
fn unreadable_params_are_refused() {
    for change in [
        |p: &mut synergy_proto::synergy::feemarket::Params| p.target_block_gas = 0,
        |p: &mut synergy_proto::synergy::feemarket::Params| p.change_denominator = 0,
        |p: &mut synergy_proto::synergy::feemarket::Params| p.burn_basis_points = 10_001,
        |p: &mut synergy_proto::synergy::feemarket::Params| p.min_base_fee = "-1".into(),
    ] {
        let mut params = default_params();
        change(&mut params);
        assert_eq!(Rules::read(&params).unwrap_err().code, 18);
    }
}

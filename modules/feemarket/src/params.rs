use synergy_kernel::{Result, sdk};
use synergy_proto::{Denom, coin, synergy::feemarket::Params};

/// [`Params`] read once and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// What fees are paid in.
    pub denom: Denom,
    /// The base fee's floor.
    pub min_base_fee: u128,
    target: u64,
    denominator: u64,
    burn_basis_points: u32,
}

/// One gwei-like price, half-full blocks, steps of at most an eighth, half of
/// the base part burned.
pub fn default_params() -> Params {
    Params {
        fee_denom: coin::BASE_DENOM.to_owned(),
        min_base_fee: "1000000000".to_owned(),
        target_block_gas: 500_000_000,
        change_denominator: 8,
        burn_basis_points: 5_000,
    }
}

impl Rules {
    /// Checks params.
    pub fn read(p: &Params) -> Result<Self> {
        let bad = |what: &str| sdk::invalid_request(format!("feemarket params: {what}"));
        if p.target_block_gas == 0 || p.change_denominator == 0 {
            return Err(bad("target_block_gas and change_denominator must be above 0"));
        }
        if p.burn_basis_points > 10_000 {
            return Err(bad("burn_basis_points is at most 10000"));
        }
        Ok(Self {
            denom: p.fee_denom.parse().map_err(|e| bad(&format!("fee_denom: {e}")))?,
            min_base_fee: coin::amount(&p.min_base_fee).map_err(|e| bad(&format!("min_base_fee: {e}")))?,
            target: p.target_block_gas,
            denominator: p.change_denominator,
            burn_basis_points: p.burn_basis_points,
        })
    }

    /// The base fee after a block that used `gas`: moved towards demand by at
    /// most 1/denominator, at least by 1 upwards, never below the floor (EIP-1559).
    pub fn next_base_fee(&self, base_fee: u128, gas: u64) -> u128 {
        // A block of more than twice the target counts as twice the target.
        let gas = gas.min(self.target.saturating_mul(2));
        let step = |distance: u64| {
            base_fee
                .saturating_mul(u128::from(distance))
                .checked_div(u128::from(self.target))
                .and_then(|s| s.checked_div(u128::from(self.denominator)))
                .unwrap_or(0)
        };
        let next = match gas.checked_sub(self.target) {
            Some(0) => base_fee,
            Some(over) => base_fee.saturating_add(step(over).max(1)),
            None => base_fee.saturating_sub(step(self.target.saturating_sub(gas))),
        };
        next.max(self.min_base_fee)
    }

    /// The share of `amount` that is burned, rounded down.
    pub fn burned(&self, amount: u128) -> u128 {
        amount.saturating_mul(u128::from(self.burn_basis_points)).checked_div(10_000).unwrap_or(0)
    }
}

use synergy_kernel::{Ctx, Dec, Error, Item, Result, sdk};
use synergy_proto::{Address, coin, cosmos::gov::v1::Params, tendermint::google::protobuf::Duration};

use crate::{
    STORE,
    coins::{self, Coins},
};

pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1);

/// [`Params`] read once and checked.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) min_deposit: Coins,
    pub(crate) expedited_min_deposit: Coins,
    pub(crate) deposit_seconds: i64,
    pub(crate) voting_seconds: i64,
    pub(crate) expedited_seconds: i64,
    /// Part of the bonded stake that must vote.
    pub(crate) quorum: Dec,
    /// Part of the votes without abstentions that must be yes.
    pub(crate) threshold: Dec,
    pub(crate) expedited_threshold: Dec,
    /// Part of the votes that, as vetoes, reject.
    pub(crate) veto_threshold: Dec,
    /// Part of the deposit that the proposer pays at once.
    pub(crate) min_initial_ratio: Dec,
    /// Part of the deposit that each payment must reach.
    pub(crate) min_deposit_ratio: Dec,
    /// Part of the deposits that cancelling costs.
    pub(crate) cancel_ratio: Dec,
    /// Who gets it; nobody burns it.
    pub(crate) cancel_dest: String,
    pub(crate) burn_quorum: bool,
    pub(crate) burn_prevote: bool,
    pub(crate) burn_veto: bool,
}

/// The SDK's defaults, with deposits of 100 and 500 SNRG.
pub fn default_params() -> Params {
    let snrg = |amount: u128| vec![coin::coin(amount.saturating_mul(1_000_000_000_000_000_000), coin::BASE_DENOM)];
    let dec = |thousandths: u32| format!("0.{thousandths:03}000000000000000");
    let days = |days: i64| Some(Duration { seconds: days.saturating_mul(24 * 3600), nanos: 0 });
    Params {
        min_deposit: snrg(100),
        expedited_min_deposit: snrg(500),
        max_deposit_period: days(2),
        voting_period: days(2),
        expedited_voting_period: days(1),
        quorum: dec(334),
        threshold: dec(500),
        expedited_threshold: dec(667),
        veto_threshold: dec(334),
        min_initial_deposit_ratio: dec(0),
        min_deposit_ratio: dec(10),
        proposal_cancel_ratio: dec(500),
        proposal_cancel_dest: String::new(),
        burn_vote_quorum: false,
        burn_proposal_deposit_prevote: false,
        burn_vote_veto: true,
    }
}

/// The params in force.
pub fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    PARAMS.get(ctx)?.ok_or_else(|| sdk::invalid_request("gov has no params: the chain has no genesis yet"))
}

pub(crate) fn rules(ctx: &mut Ctx<'_>) -> Result<Rules> {
    Rules::read(&params(ctx)?)
}

fn bad(what: impl std::fmt::Display) -> Error {
    sdk::invalid_request(format!("gov params: {what}"))
}

/// A number from 0 (or above it, when `positive`) to 1.
fn ratio(name: &str, text: &str, positive: bool) -> Result<Dec> {
    let number: Dec = if text.is_empty() { Dec::ZERO } else { text.parse()? };
    if number.is_negative() || number > Dec::ONE || positive && number.is_zero() {
        return Err(bad(format_args!(
            "{name} is from 0 to 1{}, not {number}",
            if positive { " and not 0" } else { "" }
        )));
    }
    Ok(number)
}

fn seconds(name: &str, period: Option<&Duration>) -> Result<i64> {
    match period {
        Some(Duration { seconds, nanos: 0 }) if *seconds > 0 => Ok(*seconds),
        _ => Err(bad(format_args!("{name} must be a positive number of whole seconds"))),
    }
}

fn deposit(name: &str, list: &[synergy_proto::Coin]) -> Result<Coins> {
    match coins::read(list)? {
        list if list.is_empty() => Err(bad(format_args!("{name} must name a coin"))),
        list => Ok(list),
    }
}

impl Rules {
    /// The SDK's `Params.ValidateBasic`.
    ///
    /// # Errors
    /// SDK 18 and 10.
    pub(crate) fn read(p: &Params) -> Result<Self> {
        let rules = Self {
            min_deposit: deposit("min_deposit", &p.min_deposit)?,
            expedited_min_deposit: deposit("expedited_min_deposit", &p.expedited_min_deposit)?,
            deposit_seconds: seconds("max_deposit_period", p.max_deposit_period.as_ref())?,
            voting_seconds: seconds("voting_period", p.voting_period.as_ref())?,
            expedited_seconds: seconds("expedited_voting_period", p.expedited_voting_period.as_ref())?,
            quorum: ratio("quorum", &p.quorum, false)?,
            threshold: ratio("threshold", &p.threshold, true)?,
            expedited_threshold: ratio("expedited_threshold", &p.expedited_threshold, true)?,
            veto_threshold: ratio("veto_threshold", &p.veto_threshold, true)?,
            min_initial_ratio: ratio("min_initial_deposit_ratio", &p.min_initial_deposit_ratio, false)?,
            min_deposit_ratio: ratio("min_deposit_ratio", &p.min_deposit_ratio, false)?,
            cancel_ratio: ratio("proposal_cancel_ratio", &p.proposal_cancel_ratio, false)?,
            cancel_dest: p.proposal_cancel_dest.clone(),
            burn_quorum: p.burn_vote_quorum,
            burn_prevote: p.burn_proposal_deposit_prevote,
            burn_veto: p.burn_vote_veto,
        };
        rules.check()?;
        Ok(rules)
    }

    fn check(&self) -> Result<()> {
        if coins::cover(&self.min_deposit, &self.expedited_min_deposit) {
            return Err(bad("expedited_min_deposit must be greater than min_deposit"));
        }
        if self.expedited_threshold <= self.threshold {
            return Err(bad("expedited_threshold must be greater than threshold"));
        }
        if self.expedited_seconds >= self.voting_seconds {
            return Err(bad("expedited_voting_period must be shorter than voting_period"));
        }
        if !self.cancel_dest.is_empty() {
            let dest: std::result::Result<Address, _> = self.cancel_dest.parse();
            dest.map_err(|e| bad(format_args!("proposal_cancel_dest: {e}")))?;
        }
        Ok(())
    }

    /// The deposit with which voting begins.
    pub(crate) fn deposit_for(&self, expedited: bool) -> &Coins {
        if expedited { &self.expedited_min_deposit } else { &self.min_deposit }
    }

    /// How long voting takes.
    pub(crate) fn seconds_for(&self, expedited: bool) -> i64 {
        if expedited { self.expedited_seconds } else { self.voting_seconds }
    }
}

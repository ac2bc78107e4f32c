//! Counting votes (SDK `keeper/tally.go`), in pieces.
//!
//! When voting ends, the bonded validators are copied with their stake and shares.
//! Votes are then counted in order of voters, over as many blocks as it takes. A voter's
//! delegations count as they were at that end, because one that was changed or paid out
//! since is left to its validator's vote: each share of the copy counts exactly once.

use std::collections::BTreeMap;

use synergy_kernel::{Ctx, Dec, Page, Result, sdk};
use synergy_proto::{
    Address,
    cosmos::gov::v1::{TallyResult, Vote, VoteOption, WeightedVoteOption},
};

use crate::{params::Rules, state::VOTES};

/// Votes read at a time.
const BATCH: u64 = 64;

/// A tally as state keeps it between blocks.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Running {
    /// The height at whose end voting ended.
    #[prost(uint64, tag = "1")]
    height: u64,
    /// Where counting goes on: key of the next vote.
    #[prost(bytes = "vec", tag = "2")]
    next: Vec<u8>,
    #[prost(message, repeated, tag = "3")]
    validators: Vec<Copied>,
    /// Yes, abstain, no, no with veto, times 10¹⁸.
    #[prost(string, repeated, tag = "4")]
    counts: Vec<String>,
    /// Bonded stake at the end of voting.
    #[prost(string, tag = "5")]
    bonded: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Copied {
    #[prost(bytes = "vec", tag = "1")]
    operator: Vec<u8>,
    #[prost(string, tag = "2")]
    tokens: String,
    #[prost(string, tag = "3")]
    shares: String,
    #[prost(string, tag = "4")]
    left: String,
    #[prost(message, repeated, tag = "5")]
    vote: Vec<WeightedVoteOption>,
}

/// A validator at the end of voting.
struct Validator {
    tokens: Dec,
    shares: Dec,
    /// Shares whose delegators have not voted themselves.
    left: Dec,
    vote: Vec<WeightedVoteOption>,
}

/// A tally in work.
pub(crate) struct Tally {
    height: u64,
    next: Vec<u8>,
    validators: BTreeMap<Address, Validator>,
    counts: [Dec; 4],
    bonded: Dec,
}

/// What a finished tally says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) passes: bool,
    pub(crate) burn: bool,
    pub(crate) result: TallyResult,
}

impl Tally {
    /// Copies the validators as they are at the end of this block's transactions.
    pub(crate) fn begin(ctx: &mut Ctx<'_>) -> Result<Self> {
        let (mut validators, mut bonded) = (BTreeMap::new(), Dec::ZERO);
        for v in synergy_staking::bonded_validators(ctx)? {
            let tokens = Dec::whole(v.tokens);
            bonded = bonded.plus(tokens)?;
            // A jailed one is about to leave the set and has no vote (the SDK's rule).
            if !v.jailed && !v.shares.is_zero() {
                let copied = Validator { tokens, shares: v.shares, left: v.shares, vote: Vec::new() };
                validators.insert(v.operator, copied);
            }
        }
        Ok(Self { height: ctx.block.height, next: Vec::new(), validators, counts: [Dec::ZERO; 4], bonded })
    }

    /// Counts votes until `work`, votes and delegations, is used up or all are counted;
    /// then returns true. Overshoots by one batch at most.
    pub(crate) fn count(&mut self, ctx: &mut Ctx<'_>, id: u64, work: &mut usize) -> Result<bool> {
        while *work > 0 {
            let page = Page { key: self.next.clone(), limit: BATCH, ..Page::default() };
            let (votes, after) = VOTES.page(ctx, id, &page)?;
            for ((_, voter), vote) in votes {
                let delegations = self.add(ctx, &voter, vote)?;
                *work = work.saturating_sub(delegations.saturating_add(1));
            }
            if after.key.is_empty() {
                self.inherit()?;
                return Ok(true);
            }
            self.next = after.key;
        }
        Ok(false)
    }

    /// Counts a voter's own stake; returns with how many validators it lies.
    fn add(&mut self, ctx: &mut Ctx<'_>, voter: &Address, vote: Vote) -> Result<usize> {
        let delegations = synergy_staking::delegations_of(ctx, voter)?;
        for (operator, shares) in &delegations {
            let Some(v) = self.validators.get_mut(operator) else { continue };
            if synergy_rewards::since(ctx, operator, voter)?.is_some_and(|height| height > self.height) {
                continue;
            }
            v.left = v.left.minus(*shares)?;
            let power = shares.mul_div(v.tokens, v.shares)?;
            spread(&mut self.counts, &vote.options, power)?;
        }
        if let Some(v) = self.validators.get_mut(voter) {
            v.vote = vote.options;
        }
        Ok(delegations.len())
    }

    /// The stake of delegators who have not voted goes with their validator.
    fn inherit(&mut self) -> Result<()> {
        for v in self.validators.values().filter(|v| !v.vote.is_empty()) {
            spread(&mut self.counts, &v.vote, v.left.mul_div(v.tokens, v.shares)?)?;
        }
        Ok(())
    }

    /// Whether the counted votes are enough.
    pub(crate) fn verdict(&self, rules: &Rules, expedited: bool) -> Result<Verdict> {
        let [yes, abstain, no, veto] = self.counts;
        let result = TallyResult {
            yes_count: yes.floor()?.to_string(),
            abstain_count: abstain.floor()?.to_string(),
            no_count: no.floor()?.to_string(),
            no_with_veto_count: veto.floor()?.to_string(),
        };
        let voted = yes.plus(abstain)?.plus(no)?.plus(veto)?;
        let decided = voted.minus(abstain)?;
        let threshold = if expedited { rules.expedited_threshold } else { rules.threshold };
        let (passes, burn) = if self.bonded.is_zero() {
            (false, false)
        } else if voted.over(self.bonded)? < rules.quorum {
            (false, rules.burn_quorum)
        } else if decided.is_zero() {
            (false, false)
        } else if veto.over(voted)? > rules.veto_threshold {
            (false, rules.burn_veto)
        } else {
            (yes.over(decided)? > threshold, false)
        };
        Ok(Verdict { passes, burn, result })
    }

    pub(crate) fn read(running: Running) -> Result<Self> {
        let mut validators = BTreeMap::new();
        for copied in running.validators {
            let operator =
                Address::new(&copied.operator).map_err(|e| sdk::invalid_address(format!("a copied validator: {e}")))?;
            let v = Validator {
                tokens: Dec::from_atomics(&copied.tokens)?,
                shares: Dec::from_atomics(&copied.shares)?,
                left: Dec::from_atomics(&copied.left)?,
                vote: copied.vote,
            };
            validators.insert(operator, v);
        }
        let mut counts = [Dec::ZERO; 4];
        for (count, text) in counts.iter_mut().zip(&running.counts) {
            *count = Dec::from_atomics(text)?;
        }
        let bonded = Dec::from_atomics(&running.bonded)?;
        Ok(Self { height: running.height, next: running.next, validators, counts, bonded })
    }

    pub(crate) fn into_running(self) -> Running {
        let copied = |(operator, v): (Address, Validator)| Copied {
            operator: operator.as_bytes().to_vec(),
            tokens: v.tokens.atomics(),
            shares: v.shares.atomics(),
            left: v.left.atomics(),
            vote: v.vote,
        };
        Running {
            height: self.height,
            next: self.next,
            validators: self.validators.into_iter().map(copied).collect(),
            counts: self.counts.iter().map(Dec::atomics).collect(),
            bonded: self.bonded.atomics(),
        }
    }
}

/// Adds a voting power to the options by their weights.
fn spread(counts: &mut [Dec; 4], options: &[WeightedVoteOption], power: Dec) -> Result<()> {
    let [yes, abstain, no, veto] = counts;
    for option in options {
        let count = match option.option() {
            VoteOption::Yes => &mut *yes,
            VoteOption::Abstain => &mut *abstain,
            VoteOption::No => &mut *no,
            VoteOption::NoWithVeto => &mut *veto,
            VoteOption::Unspecified => continue,
        };
        *count = count.plus(power.times(option.weight.parse()?)?)?;
    }
    Ok(())
}

//! Paying deposits back (or burning, or charging them) and forgetting votes, a bounded
//! number in each block.

use synergy_kernel::{Ctx, Dec, Page, Result};
use synergy_proto::Address;

use crate::{
    coins,
    state::{self, DEPOSITS, SETTLEMENTS, VOTES},
};

/// Deposits and votes that one block removes.
const PER_BLOCK: u64 = 500;

/// What becomes of a proposal's deposits.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Settlement {
    /// The part that depositors lose, times 10¹⁸: 0 pays all back, 1 nothing.
    #[prost(string, tag = "1")]
    pub(crate) charge: String,
    /// Who gets that part; nobody burns it.
    #[prost(string, tag = "2")]
    pub(crate) dest: String,
}

impl Settlement {
    pub(crate) fn new(charge: Dec, dest: &str) -> Self {
        Self { charge: charge.atomics(), dest: dest.to_owned() }
    }

    /// Burns all, or pays all back.
    pub(crate) fn burn(burn: bool) -> Self {
        Self::new(if burn { Dec::ONE } else { Dec::ZERO }, "")
    }
}

/// Works off what was decided, oldest proposals first.
pub(crate) fn work(ctx: &mut Ctx<'_>) -> Result<()> {
    let mut waiting = Vec::new();
    let most = usize::try_from(PER_BLOCK).unwrap_or(usize::MAX);
    SETTLEMENTS.for_each(ctx, (), |id, settlement| {
        waiting.push((id, settlement));
        Ok(waiting.len() < most)
    })?;
    let mut left = PER_BLOCK;
    for (id, settlement) in waiting {
        let page = Page { limit: left, ..Page::default() };
        let (deposits, _) = DEPOSITS.page(ctx, id, &page)?;
        left = left.saturating_sub(deposits.len() as u64);
        for ((_, depositor), deposit) in deposits {
            DEPOSITS.remove(ctx, (id, &depositor))?;
            pay(ctx, &settlement, &depositor, &coins::read(&deposit.amount)?)?;
        }
        if left == 0 {
            break;
        }
        let (votes, more) = VOTES.page(ctx, id, &Page { limit: left, ..Page::default() })?;
        left = left.saturating_sub(votes.len() as u64);
        for ((_, voter), _) in votes {
            VOTES.remove(ctx, (id, &voter))?;
        }
        if more.key.is_empty() {
            SETTLEMENTS.remove(ctx, id)?;
        }
        if left == 0 {
            break;
        }
    }
    Ok(())
}

fn pay(ctx: &mut Ctx<'_>, settlement: &Settlement, depositor: &Address, amount: &coins::Coins) -> Result<()> {
    let account = state::account();
    let charged = coins::part(amount, Dec::from_atomics(&settlement.charge)?)?;
    let back = coins::minus(amount, &charged);
    if !back.is_empty() {
        synergy_bank::transfer(ctx, &account, depositor, &back)?;
    }
    if charged.is_empty() {
        return Ok(());
    }
    match settlement.dest.parse::<Address>() {
        Err(_) => synergy_bank::burn(ctx, &account, &charged),
        // The pool's account counts what is its own, as the SDK has it.
        Ok(dest) if dest == Address::module(synergy_rewards::ACCOUNT) => {
            synergy_rewards::fund_pool(ctx, &account, &charged)
        }
        Ok(dest) => synergy_bank::transfer(ctx, &account, &dest, &charged),
    }
}

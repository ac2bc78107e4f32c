//! Who may run a model, and what it costs.

use std::collections::BTreeSet;

use synergy_kernel::{Ctx, Hash, Result, address};
use synergy_proto::{
    Address, coin,
    synergy::modelregistry::{Model, Status, Terms},
};

use crate::{
    error,
    state::{ALLOWED, stored_address, stored_amount, transfer},
};

const WHOLE: u32 = 10_000;
/// Most recipients of a royalty.
const MAX_ROYALTIES: usize = 16;

/// For whom a model is run.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// A query from outside of the chain: nothing is paid, and who asks is not known.
    Query,
    /// A query of a contract: it is part of a transaction, but cannot pay.
    Contract,
    /// An account that sends a transaction, or a contract that sends a message.
    Account {
        /// Who pays.
        address: &'a Address,
        /// Most that it is willing to pay, in the base denom.
        max_price: u128,
    },
}

/// The checks that need no state.
///
/// # Errors
/// Code 22.
pub(crate) fn check(terms: &Terms) -> Result<()> {
    if !terms.price.is_empty() {
        coin::amount(&terms.price).map_err(|e| error::bad_terms(&format!("price: {e}")))?;
    }
    let (mut sum, mut seen) = (0_u32, BTreeSet::new());
    for royalty in &terms.royalties {
        let recipient = address(&royalty.recipient, "recipient")?;
        if royalty.basis_points == 0 || !seen.insert(recipient) {
            return Err(error::bad_terms(&format!("name {} once, with basis points above 0", royalty.recipient)));
        }
        sum = sum.saturating_add(royalty.basis_points);
    }
    if sum > WHOLE || terms.royalties.len() > MAX_ROYALTIES {
        return Err(error::bad_terms(&format!(
            "royalties are {sum} basis points for {} recipients, at most {WHOLE} for {MAX_ROYALTIES} are allowed",
            terms.royalties.len()
        )));
    }
    Ok(())
}

/// What an inference costs, in the base denom.
pub fn price(model: &Model) -> u128 {
    model.terms.as_ref().map_or(0, |terms| stored_amount(model, &terms.price))
}

/// Checks that the caller may run the model, and has it pay: each recipient of a royalty
/// its part, rounded down, the owner the rest. Returns what was paid.
///
/// # Errors
/// Code 15 to 18; SDK 5 when the price cannot be paid.
pub fn admit(ctx: &mut Ctx<'_>, id: &Hash, model: &Model, caller: Caller<'_>) -> Result<u128> {
    let owner = stored_address(model, &model.owner);
    let by_owner = matches!(caller, Caller::Account { address, .. } if *address == owner);
    if model.status() == Status::Sealed && !by_owner && !matches!(caller, Caller::Query) {
        return Err(error::not_active(id));
    }
    let restricted = model.terms.as_ref().is_some_and(|terms| terms.restricted);
    let price = price(model);
    match caller {
        Caller::Query => Ok(0),
        Caller::Contract if restricted => Err(error::not_allowed(id)),
        Caller::Contract if price > 0 => Err(error::not_free(id)),
        Caller::Contract => Ok(0),
        Caller::Account { address, .. } if restricted && !by_owner && !ALLOWED.has(ctx, (id, address))? => {
            Err(error::not_allowed(id))
        }
        Caller::Account { max_price, .. } if price > max_price => Err(error::too_expensive(id, price, max_price)),
        Caller::Account { address, .. } => {
            pay(ctx, model, address, &owner, price)?;
            Ok(price)
        }
    }
}

fn pay(ctx: &mut Ctx<'_>, model: &Model, payer: &Address, owner: &Address, price: u128) -> Result<()> {
    if price == 0 {
        return Ok(());
    }
    let mut left = price;
    for royalty in model.terms.iter().flat_map(|terms| &terms.royalties) {
        let part = share(price, royalty.basis_points);
        left = left.saturating_sub(part);
        pay_one(ctx, model, payer, &stored_address(model, &royalty.recipient), part)?;
    }
    pay_one(ctx, model, payer, owner, left)
}

/// `price × basis_points / 10,000` rounded down, without overflow: both parts of the
/// quotient are exact.
fn share(price: u128, basis_points: u32) -> u128 {
    let (whole, points) = (u128::from(WHOLE), u128::from(basis_points));
    let (quotient, rest) = (price.checked_div(whole).unwrap_or(0), price.checked_rem(whole).unwrap_or(0));
    let small = rest.saturating_mul(points).checked_div(whole).unwrap_or(0);
    quotient.saturating_mul(points).saturating_add(small)
}

fn pay_one(ctx: &mut Ctx<'_>, model: &Model, payer: &Address, to: &Address, amount: u128) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    transfer(ctx, payer, to, amount)?;
    let (id, to, amount) = (hex::encode(&model.id), to.to_string(), amount.to_string());
    ctx.emit("pay_royalty", &[("model_id", &id), ("recipient", &to), ("amount", &amount)]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_never_exceed_the_price() {
        assert_eq!((share(10_001, 5_000), share(3, 3_333), share(u128::MAX, WHOLE)), (5_000, 0, u128::MAX));
        for price in [0, 1, 9_999, 10_000, 123_456_789, u128::MAX] {
            let parts: u128 = [1, 99, 2_400, 7_500].iter().map(|points| share(price, *points)).sum();
            assert!(parts <= price && price - parts <= 4, "{price}: {parts}");
        }
    }
}

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use synergy_kernel::{Amount, Ctx, Error, Item, Map, Result, sdk};
use synergy_proto::{
    Address, Denom as Name,
    ibc::transfer::{Denom, Params},
};

use super::{STORE, VERSION, denom};

pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1);
/// Denominations of vouchers by the hash of their path.
pub(crate) const DENOMS: Map<&[u8; 32], Denom> = Map::new(STORE, 2);
/// What of a coin is in escrow, over all channels.
pub(crate) const ESCROWED: Map<&Name, Amount> = Map::new(STORE, 3);
/// The channels that have an escrow account, for the invariant.
pub(crate) const CHANNELS: Map<&str, ()> = Map::new(STORE, 4);

pub(crate) fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    Ok(PARAMS.get(ctx)?.unwrap_or_default())
}

/// The account that holds what went out over a channel (ADR 028 of the Cosmos SDK).
pub fn escrow_address(port: &str, channel: &str) -> Address {
    let digest = Sha256::new()
        .chain_update(VERSION)
        .chain_update([0u8])
        .chain_update(port)
        .chain_update("/")
        .chain_update(channel)
        .finalize();
    let mut address = [0; 20];
    address.copy_from_slice(digest.get(..20).unwrap_or(&[0; 20]));
    address.into()
}

/// The way and base of a coin of this chain.
///
/// # Errors
/// `transfer` 3 for a text that is no hash, 6 for a voucher that never came.
pub(crate) fn trace(ctx: &mut Ctx<'_>, name: &str) -> Result<Denom> {
    let Some(hash) = name.strip_prefix(denom::PREFIX) else {
        return Ok(Denom { base: name.to_owned(), trace: Vec::new() });
    };
    let found = DENOMS.get(ctx, &denom::parse_hash(hash)?)?;
    found.ok_or_else(|| crate::error::transfer::denom_not_found(hash))
}

pub(crate) fn escrowed(ctx: &mut Ctx<'_>, name: &Name) -> Result<u128> {
    Ok(ESCROWED.get(ctx, name)?.map_or(0, u128::from))
}

pub(crate) fn set_escrowed(ctx: &mut Ctx<'_>, name: &Name, amount: u128) -> Result<()> {
    match amount {
        0 => ESCROWED.remove(ctx, name),
        amount => ESCROWED.set(ctx, name, &amount.into()),
    }
}

/// Moves coins to a channel's escrow.
pub(crate) fn escrow(ctx: &mut Ctx<'_>, from: &Address, channel: &str, coin: &(Name, u128)) -> Result<()> {
    synergy_bank::transfer(ctx, from, &escrow_address(super::PORT, channel), std::slice::from_ref(coin))?;
    CHANNELS.set(ctx, channel, &())?;
    let total = escrowed(ctx, &coin.0)?;
    set_escrowed(ctx, &coin.0, Amount::from(total).plus(coin.1)?.into())
}

/// Gives coins back from a channel's escrow.
///
/// # Errors
/// SDK 5 when the channel's escrow has not that much: the other side wants more back than
/// went there.
pub(crate) fn unescrow(ctx: &mut Ctx<'_>, channel: &str, to: &Address, coin: &(Name, u128)) -> Result<()> {
    let from = escrow_address(super::PORT, channel);
    synergy_bank::transfer(ctx, &from, to, std::slice::from_ref(coin)).map_err(|mut e| {
        e.message =
            format!("unable to unescrow tokens, this may be caused by a malicious counterparty module: {}", e.message);
        e
    })?;
    let total = escrowed(ctx, &coin.0)?;
    // Somebody may have sent coins to the escrow account by hand.
    set_escrowed(ctx, &coin.0, total.saturating_sub(coin.1))
}

/// The escrow accounts hold at least what is in escrow. (Anybody may send them more.)
pub(crate) fn check_escrow(ctx: &mut Ctx<'_>) -> Result<()> {
    let mut channels = Vec::new();
    CHANNELS.for_each(ctx, (), |channel, ()| {
        channels.push(channel);
        Ok(true)
    })?;
    let mut held: BTreeMap<Name, u128> = BTreeMap::new();
    for channel in channels {
        for (name, amount) in synergy_bank::balances(ctx, &escrow_address(super::PORT, &channel))? {
            let sum = held.entry(name).or_default();
            *sum = sum.checked_add(amount).ok_or_else(|| sdk::overflow("sum of escrow"))?;
        }
    }
    let mut wrong = None;
    ESCROWED.for_each(ctx, (), |name, amount| {
        let (is, has) = (u128::from(amount), held.get(&name).copied().unwrap_or(0));
        if has < is {
            wrong =
                Some(Error::new("transfer", 1, format!("invariant broken: {is}{name} in escrow, accounts hold {has}")));
        }
        Ok(wrong.is_none())
    })?;
    wrong.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escrow_addresses_are_those_of_ibc_go() {
        // The Cosmos Hub's escrow of its channel to Osmosis.
        let address = escrow_address("transfer", "channel-141").to_bech32("cosmos").unwrap();
        assert_eq!(address, "cosmos1x54ltnyg88k0ejmk8ytwrhd3ltm84xehrnlslf");
    }
}

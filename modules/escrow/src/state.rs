use std::collections::BTreeMap;

use synergy_kernel::{Ctx, Item, Key, KeyReader, Map, Order, Result, sdk};
use synergy_proto::{
    Address, Coin, Denom, coin,
    synergy::escrow::{Escrow, Phase},
};
use synergy_store::fatal;

use crate::{ACCOUNT, STORE, error};

pub(crate) const NEXT_ID: Item<u64> = Item::new(STORE, 2);
pub(crate) const ESCROWS: Map<u64, Escrow> = Map::new(STORE, 3);
/// Escrows by payer, payee and arbiter.
pub(crate) const BY_PARTY: Map<(&Address, u64), ()> = Map::new(STORE, 4);
/// Escrows by the second in which they are due.
pub(crate) const QUEUE: Map<(u64, u64), ()> = Map::new(STORE, 5);

/// The place in the queue that was moved last, in two parts. Nothing is ever put before
/// it, and a database need not step over all that was removed there.
const LAST_SECOND: Item<u64> = Item::new(STORE, 6);
const LAST_ID: Item<u64> = Item::new(STORE, 7);

/// The account that holds the funds.
pub(crate) fn account() -> Address {
    Address::module(ACCOUNT)
}

/// The money of an escrow: `amount` is what was deposited, `paid` went to the payee,
/// `returned` to the payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Funds {
    pub(crate) denom: Denom,
    pub(crate) amount: u128,
    pub(crate) paid: u128,
    pub(crate) returned: u128,
}

impl Funds {
    /// Reads the fields; `None` when they are no funds, which only a genesis file can
    /// come up with.
    pub(crate) fn parse(e: &Escrow) -> Option<Self> {
        let (denom, amount) = coin::read(e.amount.as_ref()?).ok()?;
        let (paid, returned) = (coin::amount(&e.paid).ok()?, coin::amount(&e.returned).ok()?);
        let funds = Self { denom, amount, paid, returned };
        amount.checked_sub(paid)?.checked_sub(returned)?;
        Some(funds)
    }

    pub(crate) fn of(e: &Escrow) -> Self {
        Self::parse(e).unwrap_or_else(|| fatal(format_args!("escrow {}: stored funds cannot be read", e.id)))
    }

    pub(crate) fn left(&self) -> u128 {
        self.amount.saturating_sub(self.paid).saturating_sub(self.returned)
    }

    pub(crate) fn coin(&self, amount: u128) -> Coin {
        coin::coin(amount, &self.denom)
    }
}

/// An address that was checked before it was stored.
pub(crate) fn stored_address(e: &Escrow, text: &str) -> Address {
    text.parse().unwrap_or_else(|why| fatal(format_args!("escrow {}: stored address {text:?}: {why}", e.id)))
}

pub(crate) fn next_id(ctx: &mut Ctx<'_>) -> Result<u64> {
    Ok(NEXT_ID.get(ctx)?.unwrap_or(1))
}

/// # Errors
/// Code 2 when there is none.
pub(crate) fn escrow(ctx: &mut Ctx<'_>, id: u64) -> Result<Escrow> {
    ESCROWS.get(ctx, id)?.ok_or_else(|| error::unknown(id))
}

/// One that still holds funds, before its deadline.
///
/// # Errors
/// Code 2 unknown, 3 closed, 5 past its deadline.
pub(crate) fn live(ctx: &mut Ctx<'_>, id: u64) -> Result<Escrow> {
    let e = escrow(ctx, id)?;
    if e.phase() == Phase::Closed {
        return Err(error::wrong_phase(id, Phase::Closed, "open or disputed"));
    }
    if ctx.block.seconds >= e.deadline {
        return Err(error::past_deadline(id, e.deadline));
    }
    Ok(e)
}

/// One that is open, before its deadline.
pub(crate) fn open(ctx: &mut Ctx<'_>, id: u64) -> Result<Escrow> {
    match live(ctx, id)? {
        e if e.phase() == Phase::Open => Ok(e),
        e => Err(error::wrong_phase(id, e.phase(), "open")),
    }
}

/// Writes an escrow that is new here, with its index and its place in the queue.
pub(crate) fn add(ctx: &mut Ctx<'_>, e: &Escrow) -> Result<()> {
    for party in parties(e) {
        BY_PARTY.set(ctx, (&party, e.id), &())?;
    }
    QUEUE.set(ctx, (second(e.queued)?, e.id), &())?;
    ESCROWS.set(ctx, e.id, e)
}

/// Writes a changed escrow whose place in the queue is to be second `queued`.
pub(crate) fn put(ctx: &mut Ctx<'_>, e: &mut Escrow, queued: i64) -> Result<()> {
    if queued != e.queued {
        QUEUE.remove(ctx, (second(e.queued)?, e.id))?;
        QUEUE.set(ctx, (second(queued)?, e.id), &())?;
        e.queued = queued;
    }
    ESCROWS.set(ctx, e.id, e)
}

pub(crate) fn remove(ctx: &mut Ctx<'_>, e: &Escrow) -> Result<()> {
    for party in parties(e) {
        BY_PARTY.remove(ctx, (&party, e.id))?;
    }
    QUEUE.remove(ctx, (second(e.queued)?, e.id))?;
    ESCROWS.remove(ctx, e.id)
}

fn parties(e: &Escrow) -> impl Iterator<Item = Address> {
    [&e.payer, &e.payee, &e.arbiter].into_iter().filter(|text| !text.is_empty()).map(|text| stored_address(e, text))
}

fn second(time: i64) -> Result<u64> {
    u64::try_from(time).map_err(|_| error::bad_deadline(&format!("second {time} is before 1970")))
}

/// The first `limit` escrows that are due, in the queue's order.
pub(crate) fn take_due(ctx: &mut Ctx<'_>, limit: usize) -> Result<Vec<u64>> {
    let from = (LAST_SECOND.get(ctx)?.unwrap_or(0), LAST_ID.get(ctx)?.unwrap_or(0));
    let until = u64::try_from(ctx.block.seconds).unwrap_or(0).saturating_add(1);
    let mut due = Vec::new();
    ctx.scan(STORE, &QUEUE.key(from), &QUEUE.key((until, 0)), Order::Ascending, |key, _| {
        let place = key.get(1..).and_then(|place| <(u64, u64)>::read(&mut KeyReader(place)));
        due.push(place.unwrap_or_else(|| fatal(format_args!("escrow: key {key:02x?} of the queue cannot be read"))));
        Ok(due.len() < limit)
    })?;
    if let Some((second, id)) = due.last() {
        LAST_SECOND.set(ctx, second)?;
        LAST_ID.set(ctx, id)?;
    }
    Ok(due.into_iter().map(|(_, id)| id).collect())
}

/// What all escrows have left, by denom.
pub(crate) fn held(ctx: &mut Ctx<'_>) -> Result<Vec<(Denom, u128)>> {
    let mut sums: BTreeMap<Denom, u128> = BTreeMap::new();
    ESCROWS.for_each(ctx, (), |_, e| {
        let funds = Funds::of(&e);
        let left = funds.left();
        let sum = sums.entry(funds.denom).or_default();
        *sum = sum.checked_add(left).ok_or_else(|| sdk::overflow("sum of escrows"))?;
        Ok(true)
    })?;
    Ok(sums.into_iter().filter(|(_, sum)| *sum > 0).collect())
}

/// The account holds what the escrows have left; a closed one has nothing left; every
/// escrow stands in the queue once.
pub(crate) fn check_invariants(ctx: &mut Ctx<'_>) -> Result<()> {
    let (held, has) = (held(ctx)?, synergy_bank::balances(ctx, &account())?);
    if held != has {
        return Err(error::broken(&format!("escrows have {held:?} left, the account holds {has:?}")));
    }
    let mut queue = BTreeMap::new();
    QUEUE.for_each(ctx, (), |(second, id), ()| {
        queue.insert(id, second);
        Ok(true)
    })?;
    let (mut wrong, mut count) = (None, 0_usize);
    ESCROWS.for_each(ctx, (), |id, e| {
        count = count.saturating_add(1);
        if queue.get(&id).copied() != u64::try_from(e.queued).ok() {
            wrong = Some(format!("escrow {id} is not in the queue at {}", e.queued));
        } else if e.phase() == Phase::Closed && Funds::of(&e).left() > 0 {
            wrong = Some(format!("escrow {id} is closed and has funds left"));
        }
        Ok(wrong.is_none())
    })?;
    if wrong.is_none() && count != queue.len() {
        wrong = Some(format!("{count} escrows, but {} in the queue", queue.len()));
    }
    wrong.map_or(Ok(()), |what| Err(error::broken(&what)))
}

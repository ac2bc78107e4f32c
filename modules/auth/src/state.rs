use synergy_kernel::{Ctx, Item, Map, Result, State, sdk};
use synergy_proto::{Address, Any, synergy::auth::Account};

use crate::STORE;

pub(crate) const NEXT_NUMBER: Item<u64> = Item::new(STORE, 2);
pub(crate) const ACCOUNTS: Map<&Address, Account> = Map::new(STORE, 3);
/// The vesting account of `cosmos.vesting.v1beta1` without its base account. Apart from
/// the account, because debits look here and post-quantum accounts are large.
pub(crate) const VESTING: Map<&Address, Any> = Map::new(STORE, 4);

/// The account of an address, if it exists.
pub fn account(ctx: &mut Ctx<'_>, address: &Address) -> Result<Option<Account>> {
    ACCOUNTS.get(ctx, address)
}

/// Makes sure that an address has an account. New ones get the next number.
pub fn ensure(ctx: &mut Ctx<'_>, address: &Address) -> Result<()> {
    if !ACCOUNTS.has(ctx, address)? {
        create(ctx, address, Account::default())?;
    }
    Ok(())
}

/// Makes sure that a module has its account, and returns its address.
pub fn ensure_module(ctx: &mut Ctx<'_>, name: &str) -> Result<Address> {
    let address = Address::module(name);
    if !ACCOUNTS.has(ctx, &address)? {
        create(ctx, &address, Account { module: name.to_owned(), ..Account::default() })?;
    }
    Ok(address)
}

/// Whether an address belongs to a module: such accounts take no plain sends.
pub fn is_module(ctx: &mut Ctx<'_>, address: &Address) -> Result<bool> {
    Ok(account(ctx, address)?.is_some_and(|a| !a.module.is_empty()))
}

/// Counts one accepted transaction and, on the first, keeps the key.
pub fn advance(ctx: &mut Ctx<'_>, address: &Address, mut account: Account, key: Option<Any>) -> Result<()> {
    account.sequence = account.sequence.checked_add(1).ok_or_else(|| sdk::overflow("account sequence"))?;
    if account.pub_key.is_none() {
        account.pub_key = key;
    }
    ACCOUNTS.set(ctx, address, &account)
}

/// Stores a new account under the next number.
pub(crate) fn create(ctx: &mut Ctx<'_>, address: &Address, mut account: Account) -> Result<()> {
    account.account_number = NEXT_NUMBER.get(ctx)?.unwrap_or(0);
    let next = account.account_number.checked_add(1).ok_or_else(|| sdk::overflow("account number"))?;
    NEXT_NUMBER.set(ctx, &next)?;
    ACCOUNTS.set(ctx, address, &account)
}

/// Replaces an account by what another state has for it; for simulations.
pub fn replace(ctx: &mut Ctx<'_>, address: &Address, account: &Account) -> Result<()> {
    ACCOUNTS.set(ctx, address, account)
}

/// The account of an address in a state that nobody is charged for.
pub fn peek(state: &State, address: &Address) -> Option<Account> {
    ACCOUNTS.peek(state, address)
}

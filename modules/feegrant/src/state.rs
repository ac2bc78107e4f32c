use synergy_kernel::{Ctx, Map, Result, sdk};
use synergy_proto::{Address, Denom, Timestamp, cosmos::feegrant::v1beta1::Grant};

use crate::{STORE, allowance::Allowance, error};

/// Grantee, granter.
type Pair<'a> = (&'a Address, &'a Address);

pub(crate) const ALLOWANCES: Map<Pair<'_>, Grant> = Map::new(STORE, 1);
/// Granter, grantee: for the query by granter.
pub(crate) const BY_GRANTER: Map<Pair<'_>, ()> = Map::new(STORE, 2);
/// Allowances by the second in which they expire.
const QUEUE: Map<(u64, Pair<'_>), ()> = Map::new(STORE, 3);

fn second(time: &Timestamp) -> u64 {
    u64::try_from(time.seconds).unwrap_or(0)
}

pub(crate) fn allowance(ctx: &mut Ctx<'_>, granter: &Address, grantee: &Address) -> Result<Allowance> {
    let grant = ALLOWANCES.get(ctx, (grantee, granter))?.ok_or_else(|| error::not_found(granter, grantee))?;
    Allowance::from_any(&grant.allowance.unwrap_or_default())
}

/// Writes a new allowance.
///
/// # Errors
/// SDK 18 when there is one already, or it has expired.
pub(crate) fn grant(ctx: &mut Ctx<'_>, granter: &Address, grantee: &Address, allowance: &Allowance) -> Result<()> {
    if ALLOWANCES.has(ctx, (grantee, granter))? {
        return Err(sdk::invalid_request("fee allowance already exists: revoke it first"));
    }
    if let Some(expiration) = allowance.expiration() {
        if (expiration.seconds, i64::from(expiration.nanos)) < (ctx.block.seconds, i64::from(ctx.block.nanos)) {
            return Err(sdk::invalid_request("expiration is before current block time"));
        }
        QUEUE.set(ctx, (second(expiration), (grantee, granter)), &())?;
    }
    synergy_auth::ensure(ctx, grantee)?;
    put(ctx, granter, grantee, allowance)?;
    BY_GRANTER.set(ctx, (granter, grantee), &())?;
    emit(ctx, "set_feegrant", granter, grantee);
    Ok(())
}

fn put(ctx: &mut Ctx<'_>, granter: &Address, grantee: &Address, allowance: &Allowance) -> Result<()> {
    let grant =
        Grant { granter: granter.to_string(), grantee: grantee.to_string(), allowance: Some(allowance.to_any()) };
    ALLOWANCES.set(ctx, (grantee, granter), &grant)
}

/// Removes an allowance.
///
/// # Errors
/// SDK 38 when there is none.
pub(crate) fn revoke(ctx: &mut Ctx<'_>, granter: &Address, grantee: &Address) -> Result<()> {
    let allowance = allowance(ctx, granter, grantee)?;
    if let Some(expiration) = allowance.expiration() {
        QUEUE.remove(ctx, (second(expiration), (grantee, granter)))?;
    }
    ALLOWANCES.remove(ctx, (grantee, granter))?;
    BY_GRANTER.remove(ctx, (granter, grantee))?;
    emit(ctx, "revoke_feegrant", granter, grantee);
    Ok(())
}

/// Takes the fee of a transaction with messages `urls` off what `granter` lets
/// `grantee` spend. The coins themselves are the caller's to move.
///
/// # Errors
/// SDK 38 without an allowance; feegrant 2 above its limit, 3 expired, 7 for a
/// message that it does not allow.
pub fn use_allowance(
    ctx: &mut Ctx<'_>,
    granter: &Address,
    grantee: &Address,
    fee: &[(Denom, u128)],
    urls: &[String],
) -> Result<()> {
    let mut allowance = allowance(ctx, granter, grantee)?;
    let used_up = allowance.accept(ctx, fee, urls).map_err(|mut e| {
        e.message = format!("{granter} does not allow to pay fees for {grantee}: {}", e.message);
        e
    })?;
    emit(ctx, "use_feegrant", granter, grantee);
    if used_up {
        return revoke(ctx, granter, grantee);
    }
    emit(ctx, "update_feegrant", granter, grantee);
    put(ctx, granter, grantee, &allowance)
}

/// Removes up to `limit` allowances whose second of expiry has passed, the oldest
/// first.
pub(crate) fn remove_expired(ctx: &mut Ctx<'_>, limit: usize) -> Result<()> {
    let now = u64::try_from(ctx.block.seconds).unwrap_or(0);
    let mut expired = Vec::new();
    QUEUE.for_each(ctx, (), |(second, pair), ()| {
        if second < now {
            expired.push((second, pair));
        }
        Ok(second < now && expired.len() < limit)
    })?;
    for (second, (grantee, granter)) in expired {
        QUEUE.remove(ctx, (second, (&grantee, &granter)))?;
        ALLOWANCES.remove(ctx, (&grantee, &granter))?;
        BY_GRANTER.remove(ctx, (&granter, &grantee))?;
    }
    Ok(())
}

fn emit(ctx: &mut Ctx<'_>, kind: &str, granter: &Address, grantee: &Address) {
    ctx.emit(kind, &[("granter", &granter.to_string()), ("grantee", &grantee.to_string())]);
}

use synergy_kernel::{Ctx, Key, KeyReader, Map, Result};
use synergy_proto::{
    Address, Timestamp,
    cosmos::authz::v1beta1::{Grant, GrantAuthorization},
};

use crate::{STORE, error};

/// A message's type URL as part of a key. It has at most 255 bytes; messages of
/// this chain are far shorter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeUrl(String);

impl TypeUrl {
    pub(crate) fn new(url: &str) -> Result<Self> {
        if url.len() > 255 {
            return Err(error::not_found("a type URL has at most 255 bytes"));
        }
        Ok(Self(url.to_owned()))
    }
}

impl Key for TypeUrl {
    type Owned = TypeUrl;
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(u8::try_from(self.0.len()));
        out.extend_from_slice(self.0.as_bytes());
    }
    fn read(reader: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self(std::str::from_utf8(reader.take_prefixed()?).ok()?.to_owned()))
    }
}

/// Granter, grantee, message.
type GrantKey<'a> = (&'a Address, (&'a Address, &'a TypeUrl));

pub(crate) const GRANTS: Map<GrantKey<'_>, Grant> = Map::new(STORE, 1);
/// Grantee, granter, message: for the query by grantee.
pub(crate) const BY_GRANTEE: Map<GrantKey<'_>, ()> = Map::new(STORE, 2);
/// Grants by the second in which they expire.
const QUEUE: Map<(u64, GrantKey<'_>), ()> = Map::new(STORE, 3);

/// Expired grants that one block removes at most.
const REMOVED_PER_BLOCK: usize = 200;

/// Whether a time lies before the block's.
pub(crate) fn is_past(ctx: &Ctx<'_>, time: &Timestamp) -> bool {
    (time.seconds, i64::from(time.nanos)) < (ctx.block.seconds, i64::from(ctx.block.nanos))
}

fn second(time: &Timestamp) -> u64 {
    u64::try_from(time.seconds).unwrap_or(0)
}

/// Writes a grant in place of one for the same message.
///
/// # Errors
/// Authz 3 when it has expired already.
pub(crate) fn save(
    ctx: &mut Ctx<'_>,
    granter: &Address,
    grantee: &Address,
    url: &TypeUrl,
    grant: &Grant,
) -> Result<()> {
    if let Some(expiration) = &grant.expiration {
        let (now, nanos) = (ctx.block.seconds, i64::from(ctx.block.nanos));
        if (expiration.seconds, i64::from(expiration.nanos)) <= (now, nanos) {
            return Err(error::invalid_expiration(expiration.seconds, now));
        }
    }
    let key = (granter, (grantee, url));
    if let Some(Grant { expiration: Some(old), .. }) = GRANTS.get(ctx, key)? {
        QUEUE.remove(ctx, (second(&old), key))?;
    }
    if let Some(expiration) = &grant.expiration {
        QUEUE.set(ctx, (second(expiration), key), &())?;
    }
    GRANTS.set(ctx, key, grant)?;
    BY_GRANTEE.set(ctx, (grantee, (granter, url)), &())?;
    emit(ctx, "EventGrant", granter, grantee, url);
    Ok(())
}

/// Removes a grant.
///
/// # Errors
/// Authz 2 when there is none.
pub(crate) fn delete(ctx: &mut Ctx<'_>, granter: &Address, grantee: &Address, url: &TypeUrl) -> Result<()> {
    let key = (granter, (grantee, url));
    let Some(grant) = GRANTS.get(ctx, key)? else {
        return Err(error::not_found(&format!("no grant from {granter} to {grantee} for {}", url.0)));
    };
    if let Some(expiration) = &grant.expiration {
        QUEUE.remove(ctx, (second(expiration), key))?;
    }
    GRANTS.remove(ctx, key)?;
    BY_GRANTEE.remove(ctx, (grantee, (granter, url)))?;
    emit(ctx, "EventRevoke", granter, grantee, url);
    Ok(())
}

/// Removes grants whose second of expiry has passed, the oldest first and a bounded
/// number of them; a use of an expired grant fails whether it is still there or not.
pub(crate) fn remove_expired(ctx: &mut Ctx<'_>) -> Result<()> {
    let now = u64::try_from(ctx.block.seconds).unwrap_or(0);
    let mut expired = Vec::new();
    QUEUE.for_each(ctx, (), |(second, key), ()| {
        if second < now {
            expired.push((second, key));
        }
        Ok(second < now && expired.len() < REMOVED_PER_BLOCK)
    })?;
    for (second, (granter, (grantee, url))) in expired {
        let key = (&granter, (&grantee, &url));
        QUEUE.remove(ctx, (second, key))?;
        GRANTS.remove(ctx, key)?;
        BY_GRANTEE.remove(ctx, (&grantee, (&granter, &url)))?;
    }
    Ok(())
}

pub(crate) fn describe(granter: &Address, grantee: &Address, grant: Grant) -> GrantAuthorization {
    GrantAuthorization {
        granter: granter.to_string(),
        grantee: grantee.to_string(),
        authorization: grant.authorization,
        expiration: grant.expiration,
    }
}

/// Typed events of the SDK: attributes sorted, values in JSON.
fn emit(ctx: &mut Ctx<'_>, kind: &str, granter: &Address, grantee: &Address, url: &TypeUrl) {
    let [granter, grantee, url] = [granter.to_string(), grantee.to_string(), url.0.clone()].map(|v| format!("\"{v}\""));
    let attributes = [("grantee", grantee.as_str()), ("granter", &granter), ("msg_type_url", &url)];
    ctx.emit(&format!("cosmos.authz.v1beta1.{kind}"), &attributes);
}

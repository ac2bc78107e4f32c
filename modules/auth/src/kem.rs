use synergy_kernel::{Ctx, Map, Result, Routes, sdk};
use synergy_proto::{
    Address,
    synergy::auth::{KemKey, MsgPublishKemKey, MsgPublishKemKeyResponse, QueryKemKeyRequest, QueryKemKeyResponse},
};

use crate::STORE;

pub(crate) const KEM_KEYS: Map<&Address, KemKey> = Map::new(STORE, 5);

/// The key to which payloads for an account are sealed, if it has published one: X-Wing,
/// as [`synergy_crypto::KemKey`] takes it.
pub fn kem_key(ctx: &mut Ctx<'_>, address: &Address) -> Result<Option<Vec<u8>>> {
    Ok(KEM_KEYS.get(ctx, address)?.map(|kem| kem.key))
}

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgPublishKemKey, MsgPublishKemKeyResponse>(
        |m| Ok(vec![address(&m.address)?]),
        |m| if m.kem_key.is_empty() { Ok(()) } else { check(&m.kem_key).map(drop) },
        publish,
    );
    routes.query("/synergy.auth.v1.Query/KemKey", |ctx, q: QueryKemKeyRequest| {
        let address = address(&q.address)?;
        let kem_key = kem_key(ctx, &address)?.ok_or_else(|| sdk::not_found(format!("KEM key of {address}")))?;
        Ok(QueryKemKeyResponse { kem_key })
    });
}

fn publish(ctx: &mut Ctx<'_>, m: &MsgPublishKemKey) -> Result<MsgPublishKemKeyResponse> {
    let address = address(&m.address)?;
    let id = if m.kem_key.is_empty() {
        if !KEM_KEYS.has(ctx, &address)? {
            return Err(sdk::not_found(format!("KEM key of {address}")));
        }
        KEM_KEYS.remove(ctx, &address)?;
        String::new()
    } else {
        KEM_KEYS.set(ctx, &address, &KemKey { key: m.kem_key.clone() })?;
        check(&m.kem_key)?
    };
    let attributes = [("address", format!("\"{address}\"")), ("kem_key_id", format!("\"{id}\""))];
    let attributes = attributes.each_ref().map(|(key, value)| (*key, value.as_str()));
    ctx.emit("synergy.auth.v1.EventKemKeyPublished", &attributes);
    Ok(MsgPublishKemKeyResponse {})
}

/// The id of a key, in hexadecimal.
pub(crate) fn check(key: &[u8]) -> Result<String> {
    let key = synergy_crypto::KemKey::from_bytes(key).map_err(|e| sdk::invalid_pubkey(e.to_string()))?;
    Ok(key.id().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn address(text: &str) -> Result<Address> {
    text.parse().map_err(|e| sdk::invalid_address(format!("address {text:?}: {e}")))
}

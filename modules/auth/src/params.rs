use synergy_crypto::Scheme;
use synergy_kernel::{Ctx, Item, Result, Routes, check_authority, sdk};
use synergy_proto::cosmos::auth::v1beta1::{MsgUpdateParams, MsgUpdateParamsResponse, Params};

use crate::STORE;

pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1);

/// The Cosmos SDK's defaults.
pub fn default_params() -> Params {
    Params {
        max_memo_characters: 256,
        tx_sig_limit: 7,
        tx_size_cost_per_byte: 10,
        sig_verify_cost_ed25519: 590,
        sig_verify_cost_secp256k1: 1_000,
    }
}

/// The params in force.
pub fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    PARAMS.get(ctx)?.ok_or_else(|| sdk::invalid_request("auth has no params: the chain has no genesis yet"))
}

/// Gas of verifying one signature. The post-quantum figures are the price of
/// secp256k1 times the measured cost relative to it, decoding of the key included
/// (`docs/accounts.md`, `benches/RESULTS.md`).
pub fn signature_gas(params: &Params, scheme: Scheme) -> u64 {
    let secp256k1 = params.sig_verify_cost_secp256k1;
    match scheme {
        Scheme::Ed25519 => params.sig_verify_cost_ed25519,
        Scheme::Secp256k1 | Scheme::EthSecp256k1 => secp256k1,
        Scheme::MlDsa44 => secp256k1.saturating_mul(6),
        Scheme::MlDsa65 => secp256k1.saturating_mul(9),
        Scheme::MlDsa87 => secp256k1.saturating_mul(14),
        Scheme::Hybrid => secp256k1.saturating_mul(10),
    }
}

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| Ok(vec![m.authority.parse().map_err(|e| sdk::invalid_address(format!("authority: {e}")))?]),
        |m| check(&m.params.clone().unwrap_or_default()),
        |ctx, m| {
            check_authority(&m.authority)?;
            PARAMS.set(ctx, &m.params.clone().unwrap_or_default())?;
            Ok(MsgUpdateParamsResponse {})
        },
    );
}

/// The SDK's `Params.Validate`.
fn check(p: &Params) -> Result<()> {
    let all = [
        p.max_memo_characters,
        p.tx_sig_limit,
        p.tx_size_cost_per_byte,
        p.sig_verify_cost_ed25519,
        p.sig_verify_cost_secp256k1,
    ];
    if all.contains(&0) {
        return Err(sdk::invalid_request("auth params: none of them may be 0"));
    }
    Ok(())
}

use synergy_kernel::{Ctx, Dec, Item, Result, Routes, sdk};
use synergy_proto::{
    cosmos::slashing::v1beta1::{MsgUpdateParams, MsgUpdateParamsResponse, Params},
    tendermint::google::protobuf::Duration,
};

use crate::STORE;

pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1);

/// [`Params`] read once and checked.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// Blocks that are counted.
    pub(crate) window: u64,
    /// Most of them that may be missed.
    pub(crate) max_missed: i64,
    /// Seconds of jail for being away.
    pub(crate) jail_seconds: i64,
    /// Stake that being away costs.
    pub(crate) downtime: Dec,
    /// Stake that signing twice costs.
    pub(crate) double_sign: Dec,
}

/// A day of one-second blocks with half of them signed, ten minutes of jail; 5 % for
/// signing twice and 0.01 % for being away, as the Cosmos Hub has.
pub fn default_params() -> Params {
    Params {
        signed_blocks_window: 86_400,
        min_signed_per_window: bytes(Dec::percent(50)),
        downtime_jail_duration: Some(Duration { seconds: 600, nanos: 0 }),
        slash_fraction_double_sign: bytes(Dec::percent(5)),
        slash_fraction_downtime: bytes("0.0001".parse().unwrap_or(Dec::ZERO)),
    }
}

/// The field's form: the scaled integer's text as bytes (gogoproto's `Dec`).
pub(crate) fn bytes(dec: Dec) -> Vec<u8> {
    dec.atomics().into_bytes()
}

pub(crate) fn dec(bytes: &[u8]) -> Result<Dec> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| sdk::invalid_request("slashing params: a fraction is no text"))?;
    Dec::from_atomics(text)
}

/// The params in force.
pub fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    PARAMS.get(ctx)?.ok_or_else(|| sdk::invalid_request("slashing has no params: the chain has no genesis yet"))
}

pub(crate) fn rules(ctx: &mut Ctx<'_>) -> Result<Rules> {
    Rules::read(&params(ctx)?)
}

impl Rules {
    pub(crate) fn read(p: &Params) -> Result<Self> {
        let bad = |what: &str| sdk::invalid_request(format!("slashing params: {what}"));
        let fraction = |bytes: &[u8], name: &str| {
            let dec = dec(bytes)?;
            if dec.is_negative() || dec > Dec::ONE { Err(bad(&format!("{name} must be from 0 to 1"))) } else { Ok(dec) }
        };
        let window = u64::try_from(p.signed_blocks_window).unwrap_or(0);
        let jail_seconds = p.downtime_jail_duration.as_ref().map_or(0, |d| d.seconds);
        if window == 0 || jail_seconds <= 0 {
            return Err(bad("signed_blocks_window and downtime_jail_duration must be positive"));
        }
        let share = fraction(&p.min_signed_per_window, "min_signed_per_window")?;
        let least = Dec::whole(window.into()).times(share)?.ceil()?;
        Ok(Self {
            window,
            max_missed: i64::try_from(u128::from(window).saturating_sub(least)).unwrap_or(i64::MAX),
            jail_seconds,
            downtime: fraction(&p.slash_fraction_downtime, "slash_fraction_downtime")?,
            double_sign: fraction(&p.slash_fraction_double_sign, "slash_fraction_double_sign")?,
        })
    }
}

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| Ok(vec![m.authority.parse().map_err(|e| sdk::invalid_address(format!("authority: {e}")))?]),
        |m| Rules::read(&m.params.clone().unwrap_or_default()).map(drop),
        |ctx, m| {
            synergy_staking::check_authority(&m.authority)?;
            let (old, new) = (rules(ctx)?.window, m.params.clone().unwrap_or_default());
            PARAMS.set(ctx, &new)?;
            if u64::try_from(new.signed_blocks_window) != Ok(old) {
                // Marks of another window mean other blocks.
                crate::liveness::forget_all(ctx)?;
            }
            Ok(MsgUpdateParamsResponse {})
        },
    );
}

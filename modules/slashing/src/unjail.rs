use synergy_kernel::{Ctx, Result, Routes, sdk};
use synergy_proto::{
    Address,
    cosmos::slashing::v1beta1::{MsgUnjail, MsgUnjailResponse},
};

use crate::{error, state::INFOS};

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgUnjail, MsgUnjailResponse>(|m| Ok(vec![operator(&m.validator_addr)?]), |_| Ok(()), unjail);
}

fn operator(text: &str) -> Result<Address> {
    Address::from_valoper(text).map_err(|e| sdk::invalid_address(format!("invalid validator address {text:?}: {e}")))
}

/// Lets an operator's validator back in when its time is over (SDK `Keeper.Unjail`).
fn unjail(ctx: &mut Ctx<'_>, m: &MsgUnjail) -> Result<MsgUnjailResponse> {
    let operator = operator(&m.validator_addr)?;
    let Some(v) = synergy_staking::validator(ctx, &operator)? else {
        return Err(error::no_validator(&m.validator_addr));
    };
    let Some(shares) = synergy_staking::delegation(ctx, &operator, &operator)? else {
        return Err(error::no_self_delegation(&m.validator_addr));
    };
    let own = v.worth(shares)?.floor()?;
    if own < v.min_self_delegation {
        return Err(error::self_delegation_too_low(format!("{own} less than {}", v.min_self_delegation)));
    }
    if !v.jailed {
        return Err(error::not_jailed(&m.validator_addr));
    }
    let consensus = v.consensus_address()?;
    // No record: jailed for its self-delegation before it ever was in the set.
    if let Some(info) = INFOS.get(ctx, &consensus)? {
        if info.tombstoned {
            return Err(error::still_jailed("tombstoned for signing twice"));
        }
        let until = info.jailed_until.unwrap_or_default();
        let nanos = i32::try_from(ctx.block.nanos).unwrap_or(0);
        if (ctx.block.seconds, nanos) < (until.seconds, until.nanos) {
            return Err(error::still_jailed(format!("until {}", synergy_staking::rfc3339(&until))));
        }
    }
    synergy_staking::unjail(ctx, &consensus)?;
    Ok(MsgUnjailResponse {})
}

use synergy_kernel::{Result, Routes, address, sdk};
use synergy_proto::{
    Address,
    cosmos::feegrant::v1beta1::{
        MsgGrantAllowance, MsgGrantAllowanceResponse, MsgPruneAllowances, MsgPruneAllowancesResponse,
        MsgRevokeAllowance, MsgRevokeAllowanceResponse,
    },
};

use crate::{allowance::Allowance, error, state};

/// Expired allowances that one `MsgPruneAllowances` removes at most (the SDK's).
const PRUNED_BY_MESSAGE: usize = 75;

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgGrantAllowance, MsgGrantAllowanceResponse>(
        |m| Ok(vec![address(&m.granter, "granter")?]),
        |m| {
            parties(&m.granter, &m.grantee)?;
            allowance(m)?.validate()
        },
        |ctx, m| {
            let (granter, grantee) = parties(&m.granter, &m.grantee)?;
            state::grant(ctx, &granter, &grantee, &allowance(m)?)?;
            Ok(MsgGrantAllowanceResponse {})
        },
    );
    routes.message::<MsgRevokeAllowance, MsgRevokeAllowanceResponse>(
        |m| Ok(vec![address(&m.granter, "granter")?]),
        |m| parties(&m.granter, &m.grantee).map(drop),
        |ctx, m| {
            let (granter, grantee) = parties(&m.granter, &m.grantee)?;
            state::revoke(ctx, &granter, &grantee)?;
            Ok(MsgRevokeAllowanceResponse {})
        },
    );
    routes.message::<MsgPruneAllowances, MsgPruneAllowancesResponse>(
        |m| Ok(vec![address(&m.pruner, "pruner")?]),
        |_| Ok(()),
        |ctx, m| {
            state::remove_expired(ctx, PRUNED_BY_MESSAGE)?;
            ctx.emit("prune_feegrant", &[("pruner", &m.pruner)]);
            Ok(MsgPruneAllowancesResponse {})
        },
    );
}

fn parties(granter: &str, grantee: &str) -> Result<(Address, Address)> {
    let (granter, grantee) = (address(granter, "granter")?, address(grantee, "grantee")?);
    match granter == grantee {
        true => Err(sdk::invalid_address("cannot self-grant fee authorization: name another grantee")),
        false => Ok((granter, grantee)),
    }
}

fn allowance(m: &MsgGrantAllowance) -> Result<Allowance> {
    Allowance::from_any(m.allowance.as_ref().ok_or_else(|| error::no_allowance("allowance should not be empty"))?)
}

use synergy_kernel::{Ctx, Result, Routes, address, sdk};
use synergy_proto::{
    Address, Any,
    cosmos::authz::v1beta1::{
        Grant, MsgExec, MsgExecResponse, MsgGrant, MsgGrantResponse, MsgRevoke, MsgRevokeResponse,
    },
};

use crate::{
    authorization::{Authorization, Remains},
    error,
    state::{self, GRANTS, TypeUrl},
};

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgGrant, MsgGrantResponse>(
        |m| Ok(vec![address(&m.granter, "granter")?]),
        |m| {
            parties(&m.granter, &m.grantee)?;
            authorization(m.grant.as_ref())?.validate()
        },
        grant,
    );
    routes.message::<MsgRevoke, MsgRevokeResponse>(
        |m| Ok(vec![address(&m.granter, "granter")?]),
        |m| {
            parties(&m.granter, &m.grantee)?;
            match m.msg_type_url.is_empty() {
                true => Err(sdk::invalid_request("missing msg method name: name the message's type URL")),
                false => Ok(()),
            }
        },
        |ctx, m| {
            let (granter, grantee) = parties(&m.granter, &m.grantee)?;
            state::delete(ctx, &granter, &grantee, &TypeUrl::new(&m.msg_type_url)?)?;
            Ok(MsgRevokeResponse {})
        },
    );
    routes.message::<MsgExec, MsgExecResponse>(
        |m| Ok(vec![address(&m.grantee, "grantee")?]),
        |m| match m.msgs.is_empty() {
            true => Err(sdk::invalid_request("messages cannot be empty")),
            false => Ok(()),
        },
        |ctx, m| {
            let grantee = address(&m.grantee, "grantee")?;
            let results = m.msgs.iter().enumerate().map(|(index, message)| execute(ctx, &grantee, index, message));
            Ok(MsgExecResponse { results: results.collect::<Result<_>>()? })
        },
    );
}

fn parties(granter: &str, grantee: &str) -> Result<(Address, Address)> {
    let (granter, grantee) = (address(granter, "granter")?, address(grantee, "grantee")?);
    if granter == grantee { Err(error::grantee_is_granter()) } else { Ok((granter, grantee)) }
}

fn authorization(grant: Option<&Grant>) -> Result<Authorization> {
    match grant.and_then(|grant| grant.authorization.as_ref()) {
        Some(any) => Authorization::from_any(any),
        None => Err(error::invalid_type("authorization is nil")),
    }
}

fn grant(ctx: &mut Ctx<'_>, m: &MsgGrant) -> Result<MsgGrantResponse> {
    let (granter, grantee) = parties(&m.granter, &m.grantee)?;
    let authorization = authorization(m.grant.as_ref())?;
    synergy_auth::ensure(ctx, &grantee)?;
    let url = authorization.message()?;
    if !ctx.knows_message(&url) {
        return Err(error::invalid_type(&format!("{url} doesn't exist")));
    }
    let grant = Grant {
        authorization: Some(authorization.to_any()),
        expiration: m.grant.as_ref().and_then(|grant| grant.expiration),
    };
    state::save(ctx, &granter, &grantee, &TypeUrl::new(&url)?, &grant)?;
    Ok(MsgGrantResponse {})
}

/// Runs one message in the name of its signer, who has granted that, or of the
/// grantee itself. Returns the bytes of its response.
fn execute(ctx: &mut Ctx<'_>, grantee: &Address, index: usize, message: &Any) -> Result<Vec<u8>> {
    let signers = ctx.signers(message)?;
    let [granter] = signers.as_slice() else { return Err(error::signers(signers.len())) };
    if granter != grantee {
        use_grant(ctx, granter, grantee, message)?;
    }
    ctx.atomic(|ctx| {
        let response = ctx.dispatch(message, granter).map_err(|mut e| {
            e.message = format!("failed to execute message {index} of the grant: {}", e.message);
            e
        })?;
        for mut event in ctx.state.take_events() {
            event.attributes.push(("authz_msg_index".to_owned(), index.to_string()));
            ctx.state.emit(event);
        }
        Ok(response.value)
    })
}

fn use_grant(ctx: &mut Ctx<'_>, granter: &Address, grantee: &Address, message: &Any) -> Result<()> {
    let url = TypeUrl::new(&message.type_url)?;
    let Some(grant) = GRANTS.get(ctx, (granter, (grantee, &url)))? else {
        return Err(error::not_found(&format!(
            "failed to get grant with given granter: {granter}, grantee: {grantee} & msgType: {}",
            message.type_url
        )));
    };
    if grant.expiration.as_ref().is_some_and(|expiration| state::is_past(ctx, expiration)) {
        return Err(error::expired());
    }
    match authorization(Some(&grant))?.accept(ctx, message)? {
        Remains::Unchanged => Ok(()),
        Remains::Nothing => state::delete(ctx, granter, grantee, &url),
        Remains::Reduced(left) => {
            let grant = Grant { authorization: Some(left.to_any()), ..grant };
            GRANTS.set(ctx, (granter, (grantee, &url)), &grant)
        }
    }
}

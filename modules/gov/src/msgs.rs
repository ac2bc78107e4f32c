//! The messages of `cosmos.gov.v1`.

use synergy_kernel::{Ctx, Result, Routes, address, sdk};
use synergy_proto::cosmos::gov::v1::{
    MsgCancelProposal, MsgCancelProposalResponse, MsgDeposit, MsgDepositResponse, MsgSubmitProposal,
    MsgSubmitProposalResponse, MsgUpdateParams, MsgUpdateParamsResponse, MsgVote, MsgVoteResponse, MsgVoteWeighted,
    MsgVoteWeightedResponse,
};

use crate::{
    coins::{self, Coins},
    deposit,
    params::{PARAMS, Rules},
    proposal, state, vote,
};

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgSubmitProposal, MsgSubmitProposalResponse>(
        |m| Ok(vec![address(&m.proposer, "proposer")?]),
        proposal::validate,
        |ctx, m| Ok(MsgSubmitProposalResponse { proposal_id: proposal::submit(ctx, m)? }),
    );
    routes.message::<MsgCancelProposal, MsgCancelProposalResponse>(
        |m| Ok(vec![address(&m.proposer, "proposer")?]),
        |_| Ok(()),
        |ctx, m| {
            proposal::cancel(ctx, m.proposal_id, &m.proposer)?;
            let canceled_time = Some(state::now(ctx));
            let canceled_height = ctx.block.height;
            Ok(MsgCancelProposalResponse { proposal_id: m.proposal_id, canceled_time, canceled_height })
        },
    );
    routes.message::<MsgDeposit, MsgDepositResponse>(
        |m| Ok(vec![address(&m.depositor, "depositor")?]),
        |m| positive(&m.amount).map(drop),
        |ctx, m| {
            pay(ctx, m.proposal_id, &m.depositor, &positive(&m.amount)?)?;
            Ok(MsgDepositResponse {})
        },
    );
    routes.message::<MsgVote, MsgVoteResponse>(
        |m| Ok(vec![address(&m.voter, "voter")?]),
        |m| vote::check(&vote::whole(m.option)),
        |ctx, m| {
            vote::cast(ctx, m.proposal_id, &address(&m.voter, "voter")?, &vote::whole(m.option), &m.metadata)?;
            Ok(MsgVoteResponse {})
        },
    );
    routes.message::<MsgVoteWeighted, MsgVoteWeightedResponse>(
        |m| Ok(vec![address(&m.voter, "voter")?]),
        |m| vote::check(&m.options),
        |ctx, m| {
            vote::cast(ctx, m.proposal_id, &address(&m.voter, "voter")?, &m.options, &m.metadata)?;
            Ok(MsgVoteWeightedResponse {})
        },
    );
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| Ok(vec![address(&m.authority, "authority")?]),
        |m| Rules::read(&m.params.clone().unwrap_or_default()).map(drop),
        |ctx, m| {
            synergy_staking::check_authority(&m.authority)?;
            PARAMS.set(ctx, &m.params.clone().unwrap_or_default())?;
            Ok(MsgUpdateParamsResponse {})
        },
    );
}

pub(crate) fn positive(amount: &[synergy_proto::Coin]) -> Result<Coins> {
    match coins::read(amount)? {
        amount if amount.is_empty() => Err(sdk::invalid_coins("no amount given: name at least one coin")),
        amount => Ok(amount),
    }
}

pub(crate) fn pay(ctx: &mut Ctx<'_>, id: u64, depositor: &str, amount: &Coins) -> Result<()> {
    if deposit::add(ctx, id, &address(depositor, "depositor")?, amount)? {
        ctx.emit("proposal_deposit", &[("voting_period_start", &id.to_string())]);
    }
    Ok(())
}

//! The queries of `cosmos.gov.v1`.

use std::collections::BTreeSet;

use synergy_kernel::{Ctx, Page, Result, Routes, address, sdk};
use synergy_proto::{
    Address,
    cosmos::gov::v1::{
        Deposit, DepositParams, Proposal, ProposalStatus, QueryConstitutionRequest, QueryConstitutionResponse,
        QueryDepositRequest, QueryDepositResponse, QueryDepositsRequest, QueryDepositsResponse, QueryParamsRequest,
        QueryParamsResponse, QueryProposalRequest, QueryProposalResponse, QueryProposalsRequest,
        QueryProposalsResponse, QueryTallyResultRequest, QueryTallyResultResponse, QueryVoteRequest, QueryVoteResponse,
        QueryVotesRequest, QueryVotesResponse, TallyParams, TallyResult, Vote, VotingParams,
    },
};

use crate::{
    params::{params, rules},
    state::{CONSTITUTION, DEPOSITS, PROPOSALS, VOTES},
    tally::Tally,
};

pub(crate) fn register(routes: &mut Routes) {
    routes.query("/cosmos.gov.v1.Query/Constitution", |ctx, _: QueryConstitutionRequest| {
        Ok(QueryConstitutionResponse { constitution: CONSTITUTION.get(ctx)?.unwrap_or_default() })
    });
    routes.query("/cosmos.gov.v1.Query/Proposal", |ctx, q: QueryProposalRequest| {
        Ok(QueryProposalResponse { proposal: Some(proposal(ctx, q.proposal_id)?) })
    });
    routes.query("/cosmos.gov.v1.Query/Proposals", proposals);
    routes.query("/cosmos.gov.v1.Query/Vote", |ctx, q: QueryVoteRequest| {
        Ok(QueryVoteResponse { vote: Some(vote(ctx, q.proposal_id, &q.voter)?) })
    });
    routes.query("/cosmos.gov.v1.Query/Votes", |ctx, q: QueryVotesRequest| {
        let (found, page) = VOTES.page(ctx, q.proposal_id, &Page::from(q.pagination))?;
        Ok(QueryVotesResponse { votes: found.into_iter().map(|(_, vote)| vote).collect(), pagination: page.into() })
    });
    routes.query("/cosmos.gov.v1.Query/Params", |ctx, q: QueryParamsRequest| answer_params(ctx, &q.params_type));
    routes.query("/cosmos.gov.v1.Query/Deposit", |ctx, q: QueryDepositRequest| {
        Ok(QueryDepositResponse { deposit: Some(deposit(ctx, q.proposal_id, &q.depositor)?) })
    });
    routes.query("/cosmos.gov.v1.Query/Deposits", |ctx, q: QueryDepositsRequest| {
        let (found, page) = DEPOSITS.page(ctx, q.proposal_id, &Page::from(q.pagination))?;
        Ok(QueryDepositsResponse { deposits: found.into_iter().map(|(_, d)| d).collect(), pagination: page.into() })
    });
    routes.query("/cosmos.gov.v1.Query/TallyResult", |ctx, q: QueryTallyResultRequest| {
        Ok(QueryTallyResultResponse { tally: Some(tally(ctx, q.proposal_id)?) })
    });
}

pub(crate) fn proposal(ctx: &mut Ctx<'_>, id: u64) -> Result<Proposal> {
    PROPOSALS.get(ctx, id)?.ok_or_else(|| sdk::not_found(format!("proposal {id}")))
}

pub(crate) fn vote(ctx: &mut Ctx<'_>, id: u64, voter: &str) -> Result<Vote> {
    let found = VOTES.get(ctx, (id, &address(voter, "voter")?))?;
    found.ok_or_else(|| sdk::not_found(format!("vote of {voter} on proposal {id}")))
}

pub(crate) fn deposit(ctx: &mut Ctx<'_>, id: u64, depositor: &str) -> Result<Deposit> {
    let found = DEPOSITS.get(ctx, (id, &address(depositor, "depositor")?))?;
    found.ok_or_else(|| sdk::not_found(format!("deposit of {depositor} on proposal {id}")))
}

/// All proposals, or those of a status, voter and depositor.
pub(crate) fn proposals(ctx: &mut Ctx<'_>, q: QueryProposalsRequest) -> Result<QueryProposalsResponse> {
    let voted = ids_of(ctx, &q.voter, "voter", |ctx, id, who| VOTES.has(ctx, (id, who)))?;
    let paid = ids_of(ctx, &q.depositor, "depositor", |ctx, id, who| DEPOSITS.has(ctx, (id, who)))?;
    let status = q.proposal_status();
    let (found, page) = PROPOSALS.page_where(ctx, (), &Page::from(q.pagination), |id, p| {
        (status == ProposalStatus::Unspecified || p.status() == status)
            && [&voted, &paid].iter().all(|ids| ids.as_ref().is_none_or(|ids| ids.contains(id)))
    })?;
    Ok(QueryProposalsResponse { proposals: found.into_iter().map(|(_, p)| p).collect(), pagination: page.into() })
}

/// The proposals that somebody, if named, has to do with.
fn ids_of(
    ctx: &mut Ctx<'_>,
    name: &str,
    what: &str,
    has: impl Fn(&mut Ctx<'_>, u64, &Address) -> Result<bool>,
) -> Result<Option<BTreeSet<u64>>> {
    if name.is_empty() {
        return Ok(None);
    }
    let (who, mut all, mut ids) = (address(name, what)?, Vec::new(), BTreeSet::new());
    PROPOSALS.for_each(ctx, (), |id, _| {
        all.push(id);
        Ok(true)
    })?;
    for id in all {
        if has(ctx, id, &who)? {
            ids.insert(id);
        }
    }
    Ok(Some(ids))
}

/// The tally as it would be if voting ended now; after its end, as it was.
pub(crate) fn tally(ctx: &mut Ctx<'_>, id: u64) -> Result<TallyResult> {
    let p = proposal(ctx, id)?;
    if p.status() != ProposalStatus::VotingPeriod {
        return Ok(p.final_tally_result.unwrap_or_default());
    }
    let mut tally = Tally::begin(ctx)?;
    let mut work = usize::MAX;
    tally.count(ctx, id, &mut work)?;
    Ok(tally.verdict(&rules(ctx)?, p.expedited)?.result)
}

#[allow(deprecated, reason = "old clients ask for parts of the params")]
fn answer_params(ctx: &mut Ctx<'_>, part: &str) -> Result<QueryParamsResponse> {
    let p = params(ctx)?;
    let mut answer = QueryParamsResponse { params: Some(p.clone()), ..QueryParamsResponse::default() };
    match part {
        "deposit" => {
            let (min_deposit, max_deposit_period) = (p.min_deposit, p.max_deposit_period);
            answer.deposit_params = Some(DepositParams { min_deposit, max_deposit_period });
        }
        "voting" => answer.voting_params = Some(VotingParams { voting_period: p.voting_period }),
        "tallying" => {
            let (quorum, threshold, veto_threshold) = (p.quorum, p.threshold, p.veto_threshold);
            answer.tally_params = Some(TallyParams { quorum, threshold, veto_threshold });
        }
        "" => {}
        _ => {
            return Err(sdk::invalid_request(format!(
                "{part} is not a valid parameter type: deposit, voting, tallying"
            )));
        }
    }
    Ok(answer)
}

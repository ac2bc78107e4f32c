//! `cosmos.gov.v1beta1` on top of v1 (SDK `keeper/msg_server.go`, `migrations/v3`): text
//! proposals, votes and deposits, and all queries. A proposal's content is shown as a
//! text with its title and summary, whatever its messages are.

use prost::Message;
use synergy_kernel::{Ctx, Dec, Page, Result, Routes, address, sdk};
use synergy_proto::{
    Any,
    cosmos::gov::{
        v1,
        v1beta1::{
            Deposit, DepositParams, MsgDeposit, MsgDepositResponse, MsgSubmitProposal, MsgSubmitProposalResponse,
            MsgVote, MsgVoteResponse, MsgVoteWeighted, MsgVoteWeightedResponse, Proposal, QueryDepositRequest,
            QueryDepositResponse, QueryDepositsRequest, QueryDepositsResponse, QueryParamsRequest, QueryParamsResponse,
            QueryProposalRequest, QueryProposalResponse, QueryProposalsRequest, QueryProposalsResponse,
            QueryTallyResultRequest, QueryTallyResultResponse, QueryVoteRequest, QueryVoteResponse, QueryVotesRequest,
            QueryVotesResponse, TallyParams, TallyResult, TextProposal, Vote, VotingParams, WeightedVoteOption,
        },
    },
    pack, type_url,
};

use crate::{
    error,
    msgs::{pay, positive},
    params::params,
    proposal, query,
    state::{DEPOSITS, VOTES},
    vote,
};

pub(crate) fn register(routes: &mut Routes) {
    register_messages(routes);
    register_queries(routes);
    register_votes_and_deposits(routes);
}

fn register_messages(routes: &mut Routes) {
    routes.message::<MsgSubmitProposal, MsgSubmitProposalResponse>(
        |m| Ok(vec![address(&m.proposer, "proposer")?]),
        |m| text(m.content.as_ref()).map(drop),
        |ctx, m| {
            let TextProposal { title, description: summary } = text(m.content.as_ref())?;
            let (initial_deposit, proposer) = (m.initial_deposit.clone(), m.proposer.clone());
            let new = v1::MsgSubmitProposal { title, summary, initial_deposit, proposer, ..Default::default() };
            Ok(MsgSubmitProposalResponse { proposal_id: proposal::submit(ctx, &new)? })
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
            vote::cast(ctx, m.proposal_id, &address(&m.voter, "voter")?, &vote::whole(m.option), "")?;
            Ok(MsgVoteResponse {})
        },
    );
    routes.message::<MsgVoteWeighted, MsgVoteWeightedResponse>(
        |m| Ok(vec![address(&m.voter, "voter")?]),
        |m| vote::check(&new_options(&m.options)?),
        |ctx, m| {
            vote::cast(ctx, m.proposal_id, &address(&m.voter, "voter")?, &new_options(&m.options)?, "")?;
            Ok(MsgVoteWeightedResponse {})
        },
    );
}

fn register_queries(routes: &mut Routes) {
    routes.query("/cosmos.gov.v1beta1.Query/Proposal", |ctx, q: QueryProposalRequest| {
        Ok(QueryProposalResponse { proposal: Some(old_proposal(query::proposal(ctx, q.proposal_id)?)) })
    });
    routes.query("/cosmos.gov.v1beta1.Query/Proposals", |ctx, q: QueryProposalsRequest| {
        let QueryProposalsRequest { proposal_status, voter, depositor, pagination } = q;
        let found = query::proposals(ctx, v1::QueryProposalsRequest { proposal_status, voter, depositor, pagination })?;
        let proposals = found.proposals.into_iter().map(old_proposal).collect();
        Ok(QueryProposalsResponse { proposals, pagination: found.pagination })
    });
    routes.query("/cosmos.gov.v1beta1.Query/Params", |ctx, q: QueryParamsRequest| old_params(ctx, &q.params_type));
    routes.query("/cosmos.gov.v1beta1.Query/TallyResult", |ctx, q: QueryTallyResultRequest| {
        Ok(QueryTallyResultResponse { tally: Some(old_tally(query::tally(ctx, q.proposal_id)?)) })
    });
}

fn register_votes_and_deposits(routes: &mut Routes) {
    routes.query("/cosmos.gov.v1beta1.Query/Vote", |ctx, q: QueryVoteRequest| {
        Ok(QueryVoteResponse { vote: Some(old_vote(query::vote(ctx, q.proposal_id, &q.voter)?)?) })
    });
    routes.query("/cosmos.gov.v1beta1.Query/Votes", |ctx, q: QueryVotesRequest| {
        let (found, page) = VOTES.page(ctx, q.proposal_id, &Page::from(q.pagination))?;
        let votes = found.into_iter().map(|(_, vote)| old_vote(vote)).collect::<Result<_>>()?;
        Ok(QueryVotesResponse { votes, pagination: page.into() })
    });
    routes.query("/cosmos.gov.v1beta1.Query/Deposit", |ctx, q: QueryDepositRequest| {
        Ok(QueryDepositResponse { deposit: Some(old_deposit(query::deposit(ctx, q.proposal_id, &q.depositor)?)) })
    });
    routes.query("/cosmos.gov.v1beta1.Query/Deposits", |ctx, q: QueryDepositsRequest| {
        let (found, page) = DEPOSITS.page(ctx, q.proposal_id, &Page::from(q.pagination))?;
        let deposits = found.into_iter().map(|(_, deposit)| old_deposit(deposit)).collect();
        Ok(QueryDepositsResponse { deposits, pagination: page.into() })
    });
}

/// The content of a text proposal, the only kind without a message in v1.
fn text(content: Option<&Any>) -> Result<TextProposal> {
    let content = content.ok_or_else(|| error::content("missing content"))?;
    if content.type_url != type_url::<TextProposal>() {
        let shown: String = content.type_url.chars().take(120).collect();
        return Err(error::no_handler(format_args!(
            "{shown}: propose the message that does the same with cosmos.gov.v1.MsgSubmitProposal"
        )));
    }
    let text = TextProposal::decode(&*content.value).map_err(|e| error::content(format_args!("text: {e}")))?;
    if text.title.is_empty() || text.description.is_empty() {
        return Err(error::content("proposal title and description cannot be empty"));
    }
    proposal::lengths(&text.title, &text.description, "")?;
    Ok(text)
}

/// v1beta1 writes weights times 10¹⁸, v1 as decimal text.
fn new_options(options: &[WeightedVoteOption]) -> Result<Vec<v1::WeightedVoteOption>> {
    let new = |o: &WeightedVoteOption| -> Result<_> {
        let weight = Dec::from_atomics(&o.weight).map_err(|e| error::vote(&e.message))?;
        Ok(v1::WeightedVoteOption { option: o.option, weight: weight.to_string() })
    };
    options.iter().map(new).collect()
}

#[allow(deprecated, reason = "clients of v1beta1 read `option` when there is one")]
fn old_vote(vote: v1::Vote) -> Result<Vote> {
    let old = |o: &v1::WeightedVoteOption| -> Result<_> {
        Ok(WeightedVoteOption { option: o.option, weight: o.weight.parse::<Dec>()?.atomics() })
    };
    let options = vote.options.iter().map(old).collect::<Result<Vec<_>>>()?;
    let option = if let [one] = options.as_slice() { one.option } else { 0 };
    Ok(Vote { proposal_id: vote.proposal_id, voter: vote.voter, option, options })
}

fn old_deposit(deposit: v1::Deposit) -> Deposit {
    Deposit { proposal_id: deposit.proposal_id, depositor: deposit.depositor, amount: deposit.amount }
}

fn old_tally(tally: v1::TallyResult) -> TallyResult {
    TallyResult {
        yes: tally.yes_count,
        abstain: tally.abstain_count,
        no: tally.no_count,
        no_with_veto: tally.no_with_veto_count,
    }
}

fn old_proposal(p: v1::Proposal) -> Proposal {
    Proposal {
        proposal_id: p.id,
        status: p.status,
        content: Some(pack(&TextProposal { title: p.title, description: p.summary })),
        final_tally_result: p.final_tally_result.map(old_tally),
        submit_time: p.submit_time,
        deposit_end_time: p.deposit_end_time,
        total_deposit: p.total_deposit,
        voting_start_time: p.voting_start_time,
        voting_end_time: p.voting_end_time,
    }
}

fn old_params(ctx: &mut Ctx<'_>, part: &str) -> Result<QueryParamsResponse> {
    let p = params(ctx)?;
    let mut answer = QueryParamsResponse::default();
    match part {
        "deposit" => {
            let (min_deposit, max_deposit_period) = (p.min_deposit, p.max_deposit_period);
            answer.deposit_params = Some(DepositParams { min_deposit, max_deposit_period });
        }
        "voting" => answer.voting_params = Some(VotingParams { voting_period: p.voting_period }),
        "tallying" => {
            let atomics = |text: &str| Ok(text.parse::<Dec>()?.atomics().into_bytes());
            let (quorum, threshold) = (atomics(&p.quorum)?, atomics(&p.threshold)?);
            answer.tally_params = Some(TallyParams { quorum, threshold, veto_threshold: atomics(&p.veto_threshold)? });
        }
        _ => {
            return Err(sdk::invalid_request(format!(
                "{part} is not a valid parameter type: deposit, voting, tallying"
            )));
        }
    }
    Ok(answer)
}

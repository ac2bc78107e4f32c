//! The `gov` section, in the Cosmos SDK's shape, but that a proposal's messages stand as
//! type URL and base64, and that `settlements` says which deposits are still to be paid.
//! A tally that is being counted is not written: counting begins anew on the new chain.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Result, address, sdk, text};
use synergy_proto::{
    Any, Coin, Timestamp,
    cosmos::gov::v1::{Deposit, Params, Proposal, ProposalStatus, TallyResult, Vote, VoteOption, WeightedVoteOption},
    tendermint::google::protobuf::Duration,
};

use crate::{
    error,
    params::{PARAMS, Rules, params},
    settle::Settlement,
    state::{self, CONSTITUTION, DEPOSITS, NEXT_ID, PROPOSALS, SETTLEMENTS, VOTES},
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(with = "text")]
    starting_proposal_id: u64,
    deposits: Vec<DepositJson>,
    votes: Vec<VoteJson>,
    proposals: Vec<ProposalJson>,
    params: ParamsJson,
    #[serde(default)]
    constitution: String,
    #[serde(default)]
    settlements: Vec<SettlementJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CoinJson {
    denom: String,
    amount: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DepositJson {
    #[serde(with = "text")]
    proposal_id: u64,
    depositor: String,
    amount: Vec<CoinJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VoteJson {
    #[serde(with = "text")]
    proposal_id: u64,
    voter: String,
    options: Vec<OptionJson>,
    #[serde(default)]
    metadata: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionJson {
    option: String,
    weight: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageJson {
    #[serde(rename = "@type")]
    type_url: String,
    value: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TallyJson {
    yes_count: String,
    abstain_count: String,
    no_count: String,
    no_with_veto_count: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProposalJson {
    #[serde(with = "text")]
    id: u64,
    messages: Vec<MessageJson>,
    status: String,
    final_tally_result: TallyJson,
    submit_time: Option<Timestamp>,
    deposit_end_time: Option<Timestamp>,
    total_deposit: Vec<CoinJson>,
    voting_start_time: Option<Timestamp>,
    voting_end_time: Option<Timestamp>,
    metadata: String,
    title: String,
    summary: String,
    proposer: String,
    expedited: bool,
    failed_reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    min_deposit: Vec<CoinJson>,
    max_deposit_period: String,
    voting_period: String,
    quorum: String,
    threshold: String,
    veto_threshold: String,
    min_initial_deposit_ratio: String,
    proposal_cancel_ratio: String,
    proposal_cancel_dest: String,
    expedited_voting_period: String,
    expedited_threshold: String,
    expedited_min_deposit: Vec<CoinJson>,
    burn_vote_quorum: bool,
    burn_proposal_deposit_prevote: bool,
    burn_vote_veto: bool,
    min_deposit_ratio: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SettlementJson {
    #[serde(with = "text")]
    proposal_id: u64,
    charge: String,
    dest: String,
}

/// The section of a new chain.
pub fn default_section() -> serde_json::Result<serde_json::Value> {
    serde_json::to_value(Section {
        starting_proposal_id: 1,
        deposits: Vec::new(),
        votes: Vec::new(),
        proposals: Vec::new(),
        params: params_to_json(crate::default_params()),
        constitution: String::new(),
        settlements: Vec::new(),
    })
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section =
        serde_json::from_str(section.get()).map_err(|e| sdk::invalid_request(format!("genesis section gov: {e}")))?;
    let params = params_from_json(section.params)?;
    Rules::read(&params)?;
    PARAMS.set(ctx, &params)?;
    CONSTITUTION.set(ctx, &section.constitution)?;
    NEXT_ID.set(ctx, &section.starting_proposal_id.max(1))?;
    for json in section.proposals {
        let p = proposal_from_json(json)?;
        if p.id >= section.starting_proposal_id || PROPOSALS.has(ctx, p.id)? {
            return Err(error::genesis(format_args!("proposal {} is not below starting_proposal_id, or twice", p.id)));
        }
        PROPOSALS.set(ctx, p.id, &p)?;
        state::enqueue(ctx, &p)?;
    }
    for s in section.settlements {
        SETTLEMENTS.set(ctx, s.proposal_id, &Settlement { charge: s.charge, dest: s.dest })?;
    }
    for json in section.deposits {
        let DepositJson { proposal_id, depositor, amount } = json;
        let who = address(&depositor, "depositor")?;
        let amount = coins_from_json(amount);
        DEPOSITS.set(ctx, (proposal_id, &who), &Deposit { proposal_id, depositor, amount })?;
    }
    for json in section.votes {
        let vote = vote_from_json(json)?;
        crate::vote::check(&vote.options)?;
        VOTES.set(ctx, (vote.proposal_id, &address(&vote.voter, "voter")?), &vote)?;
    }
    state::check_deposits(ctx).map_err(|e| error::genesis(&e.message))
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let (mut deposits, mut votes, mut proposals, mut settlements) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    PROPOSALS.for_each(ctx, (), |_, p| {
        proposals.push(proposal_to_json(p));
        Ok(true)
    })?;
    DEPOSITS.for_each(ctx, (), |_, d| {
        let Deposit { proposal_id, depositor, amount } = d;
        deposits.push(DepositJson { proposal_id, depositor, amount: coins_to_json(amount) });
        Ok(true)
    })?;
    VOTES.for_each(ctx, (), |_, vote| {
        votes.push(vote_to_json(vote));
        Ok(true)
    })?;
    SETTLEMENTS.for_each(ctx, (), |proposal_id, s| {
        settlements.push(SettlementJson { proposal_id, charge: s.charge, dest: s.dest });
        Ok(true)
    })?;
    let section = Section {
        starting_proposal_id: NEXT_ID.get(ctx)?.unwrap_or(1),
        deposits,
        votes,
        proposals,
        params: params_to_json(params(ctx)?),
        constitution: CONSTITUTION.get(ctx)?.unwrap_or_default(),
        settlements,
    };
    serde_json::value::to_raw_value(&section).map_err(|e| sdk::invalid_request(format!("export of gov: {e}")))
}

fn coins_from_json(coins: Vec<CoinJson>) -> Vec<Coin> {
    coins.into_iter().map(|c| Coin { denom: c.denom, amount: c.amount }).collect()
}

fn coins_to_json(coins: Vec<Coin>) -> Vec<CoinJson> {
    coins.into_iter().map(|c| CoinJson { denom: c.denom, amount: c.amount }).collect()
}

fn vote_from_json(json: VoteJson) -> Result<Vote> {
    let option = |o: OptionJson| match VoteOption::from_str_name(&o.option) {
        Some(option) => Ok(WeightedVoteOption { option: option.into(), weight: o.weight }),
        None => Err(error::genesis(format_args!("{:?} is no vote option", o.option))),
    };
    let options = json.options.into_iter().map(option).collect::<Result<_>>()?;
    Ok(Vote { proposal_id: json.proposal_id, voter: json.voter, options, metadata: json.metadata })
}

fn vote_to_json(vote: Vote) -> VoteJson {
    let option = |o: WeightedVoteOption| OptionJson { option: o.option().as_str_name().to_owned(), weight: o.weight };
    let options = vote.options.into_iter().map(option).collect();
    VoteJson { proposal_id: vote.proposal_id, voter: vote.voter, options, metadata: vote.metadata }
}

fn proposal_from_json(json: ProposalJson) -> Result<Proposal> {
    let message = |m: MessageJson| match BASE64.decode(&m.value) {
        Ok(value) => Ok(Any { type_url: m.type_url, value }),
        Err(e) => Err(error::genesis(format_args!("value of a {} is not base64: {e}", m.type_url))),
    };
    let status = ProposalStatus::from_str_name(&json.status);
    let status = status.ok_or_else(|| error::genesis(format_args!("{:?} is no status of a proposal", json.status)))?;
    let t = json.final_tally_result;
    Ok(Proposal {
        id: json.id,
        messages: json.messages.into_iter().map(message).collect::<Result<_>>()?,
        status: status.into(),
        final_tally_result: Some(TallyResult {
            yes_count: t.yes_count,
            abstain_count: t.abstain_count,
            no_count: t.no_count,
            no_with_veto_count: t.no_with_veto_count,
        }),
        submit_time: json.submit_time,
        deposit_end_time: json.deposit_end_time,
        total_deposit: coins_from_json(json.total_deposit),
        voting_start_time: json.voting_start_time,
        voting_end_time: json.voting_end_time,
        metadata: json.metadata,
        title: json.title,
        summary: json.summary,
        proposer: json.proposer,
        expedited: json.expedited,
        failed_reason: json.failed_reason,
    })
}

fn proposal_to_json(p: Proposal) -> ProposalJson {
    let message = |any: Any| MessageJson { type_url: any.type_url, value: BASE64.encode(any.value) };
    let status = p.status().as_str_name().to_owned();
    let t = p.final_tally_result.unwrap_or_default();
    ProposalJson {
        id: p.id,
        messages: p.messages.into_iter().map(message).collect(),
        status,
        final_tally_result: TallyJson {
            yes_count: t.yes_count,
            abstain_count: t.abstain_count,
            no_count: t.no_count,
            no_with_veto_count: t.no_with_veto_count,
        },
        submit_time: p.submit_time,
        deposit_end_time: p.deposit_end_time,
        total_deposit: coins_to_json(p.total_deposit),
        voting_start_time: p.voting_start_time,
        voting_end_time: p.voting_end_time,
        metadata: p.metadata,
        title: p.title,
        summary: p.summary,
        proposer: p.proposer,
        expedited: p.expedited,
        failed_reason: p.failed_reason,
    }
}

/// `172800s`, as protobuf's JSON has it.
fn period_from_json(text: &str) -> Result<Option<Duration>> {
    let seconds = text.strip_suffix('s').and_then(|number| number.parse().ok());
    match seconds {
        Some(seconds) => Ok(Some(Duration { seconds, nanos: 0 })),
        None => Err(error::genesis(format_args!("{text:?} is no period: write seconds, e.g. 172800s"))),
    }
}

fn period_to_json(period: Option<Duration>) -> String {
    format!("{}s", period.map_or(0, |p| p.seconds))
}

fn params_from_json(p: ParamsJson) -> Result<Params> {
    Ok(Params {
        min_deposit: coins_from_json(p.min_deposit),
        max_deposit_period: period_from_json(&p.max_deposit_period)?,
        voting_period: period_from_json(&p.voting_period)?,
        quorum: p.quorum,
        threshold: p.threshold,
        veto_threshold: p.veto_threshold,
        min_initial_deposit_ratio: p.min_initial_deposit_ratio,
        proposal_cancel_ratio: p.proposal_cancel_ratio,
        proposal_cancel_dest: p.proposal_cancel_dest,
        expedited_voting_period: period_from_json(&p.expedited_voting_period)?,
        expedited_threshold: p.expedited_threshold,
        expedited_min_deposit: coins_from_json(p.expedited_min_deposit),
        burn_vote_quorum: p.burn_vote_quorum,
        burn_proposal_deposit_prevote: p.burn_proposal_deposit_prevote,
        burn_vote_veto: p.burn_vote_veto,
        min_deposit_ratio: p.min_deposit_ratio,
    })
}

fn params_to_json(p: Params) -> ParamsJson {
    ParamsJson {
        min_deposit: coins_to_json(p.min_deposit),
        max_deposit_period: period_to_json(p.max_deposit_period),
        voting_period: period_to_json(p.voting_period),
        quorum: p.quorum,
        threshold: p.threshold,
        veto_threshold: p.veto_threshold,
        min_initial_deposit_ratio: p.min_initial_deposit_ratio,
        proposal_cancel_ratio: p.proposal_cancel_ratio,
        proposal_cancel_dest: p.proposal_cancel_dest,
        expedited_voting_period: period_to_json(p.expedited_voting_period),
        expedited_threshold: p.expedited_threshold,
        expedited_min_deposit: coins_to_json(p.expedited_min_deposit),
        burn_vote_quorum: p.burn_vote_quorum,
        burn_proposal_deposit_prevote: p.burn_proposal_deposit_prevote,
        burn_vote_veto: p.burn_vote_veto,
        min_deposit_ratio: p.min_deposit_ratio,
    }
}

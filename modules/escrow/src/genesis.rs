//! The `escrow` section: params, the next id and the escrows. Hashes are in hexadecimal.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Error, Result, address, sdk, text};
use synergy_proto::{
    Coin,
    synergy::escrow::{
        ApprovalCondition, Comparison, Condition, Escrow, InferenceCondition, Outcome, Params, Phase, Stream,
        condition::Kind,
    },
};

use crate::{
    ACCOUNT, condition,
    params::{PARAMS, check, params},
    state::{self, ESCROWS, Funds, NEXT_ID, account},
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    params: ParamsJson,
    /// Left out in a new genesis: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_escrow_id: Option<String>,
    #[serde(default)]
    escrows: Vec<EscrowJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    max_due_per_block: u32,
    #[serde(with = "text")]
    max_seconds: i64,
    #[serde(with = "text")]
    max_dispute_seconds: i64,
    #[serde(with = "text")]
    closed_seconds: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EscrowJson {
    #[serde(with = "text")]
    id: u64,
    payer: String,
    payee: String,
    #[serde(default)]
    arbiter: String,
    amount: CoinJson,
    paid: String,
    returned: String,
    phase: String,
    #[serde(with = "text")]
    expires: i64,
    default_outcome: String,
    #[serde(with = "text")]
    dispute_seconds: i64,
    #[serde(with = "text")]
    deadline: i64,
    #[serde(default)]
    condition: Option<ConditionJson>,
    #[serde(default)]
    stream: Option<StreamJson>,
    #[serde(default)]
    approvals: Vec<String>,
    outcome: String,
    #[serde(with = "text")]
    queued: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CoinJson {
    denom: String,
    amount: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum ConditionJson {
    NotBefore(String),
    PreimageHash(String),
    Inference {
        model_id: String,
        input_hash: String,
        output: String,
        element: String,
        comparison: String,
        threshold: String,
    },
    Approval {
        approvers: Vec<String>,
        threshold: u32,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamJson {
    #[serde(with = "text")]
    start: i64,
    #[serde(with = "text")]
    end: i64,
    by_height: bool,
    cancelable: bool,
}

fn bad(what: impl std::fmt::Display) -> Error {
    sdk::invalid_request(format!("genesis escrow: {what}"))
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N> {
    text.parse().map_err(|_| bad(format!("{text:?} is not a whole number")))
}

fn bytes(text: &str) -> Result<Vec<u8>> {
    hex::decode(text).map_err(|e| bad(format!("{text:?} is not hexadecimal: {e}")))
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section = serde_json::from_str(section.get())
        .map_err(|e| sdk::invalid_request(format!("genesis section escrow: {e}")))?;
    let p = section.params;
    let params = Params {
        max_due_per_block: p.max_due_per_block,
        max_seconds: p.max_seconds,
        max_dispute_seconds: p.max_dispute_seconds,
        closed_seconds: p.closed_seconds,
    };
    check(&params)?;
    PARAMS.set(ctx, &params)?;
    let next = section.next_escrow_id.map_or(Ok(1), |text| number(&text))?;
    NEXT_ID.set(ctx, &next)?;
    for json in section.escrows {
        let e = Escrow::try_from(json)?;
        if e.id >= next || ESCROWS.has(ctx, e.id)? {
            return Err(bad(format!("escrow {} is listed twice or not below next_escrow_id", e.id)));
        }
        check_escrow(&e)?;
        state::add(ctx, &e)?;
    }
    synergy_auth::ensure_module(ctx, ACCOUNT)?;
    let (held, has) = (state::held(ctx)?, synergy_bank::balances(ctx, &account())?);
    if held != has {
        return Err(bad(format!("escrows have {held:?} left, but {} holds {has:?}", account())));
    }
    Ok(())
}

/// What later code takes for granted of a stored escrow.
fn check_escrow(e: &Escrow) -> Result<()> {
    let why = |what: &str| Err(bad(format!("escrow {}: {what}", e.id)));
    address(&e.payer, "payer")?;
    address(&e.payee, "payee")?;
    if !e.arbiter.is_empty() {
        address(&e.arbiter, "arbiter")?;
    }
    let Some(funds) = Funds::parse(e) else { return why("its funds cannot be read, or more has left than came") };
    if e.phase() == Phase::Unspecified || (e.phase() == Phase::Closed && funds.left() > 0) {
        return why("its phase is missing, or it is closed with funds left");
    }
    if !matches!(e.default_outcome(), Outcome::Release | Outcome::Refund) || e.queued < 0 {
        return why("its default outcome is neither release nor refund, or its times are negative");
    }
    e.condition.as_ref().map_or(Ok(()), |c| condition::check(c, e.expires))
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let p = params(ctx)?;
    let next_escrow_id = Some(state::next_id(ctx)?.to_string());
    let mut escrows = Vec::new();
    ESCROWS.for_each(ctx, (), |_, e| {
        escrows.push(EscrowJson::from(e));
        Ok(true)
    })?;
    let params = ParamsJson {
        max_due_per_block: p.max_due_per_block,
        max_seconds: p.max_seconds,
        max_dispute_seconds: p.max_dispute_seconds,
        closed_seconds: p.closed_seconds,
    };
    serde_json::value::to_raw_value(&Section { params, next_escrow_id, escrows })
        .map_err(|e| sdk::invalid_request(format!("export of escrow: {e}")))
}

fn outcome(name: &str) -> Result<i32> {
    Outcome::from_str_name(name).map(i32::from).ok_or_else(|| bad(format!("there is no outcome {name:?}")))
}

impl TryFrom<EscrowJson> for Escrow {
    type Error = Error;

    fn try_from(json: EscrowJson) -> Result<Self> {
        let phase =
            Phase::from_str_name(&json.phase).ok_or_else(|| bad(format!("there is no phase {:?}", json.phase)))?;
        Ok(Self {
            id: json.id,
            payer: json.payer,
            payee: json.payee,
            arbiter: json.arbiter,
            amount: Some(Coin { denom: json.amount.denom, amount: json.amount.amount }),
            paid: json.paid,
            returned: json.returned,
            phase: phase.into(),
            expires: json.expires,
            default_outcome: outcome(&json.default_outcome)?,
            dispute_seconds: json.dispute_seconds,
            deadline: json.deadline,
            condition: json.condition.map(Condition::try_from).transpose()?,
            stream: json.stream.map(|s| Stream {
                start: s.start,
                end: s.end,
                by_height: s.by_height,
                cancelable: s.cancelable,
            }),
            approvals: json.approvals,
            outcome: outcome(&json.outcome)?,
            queued: json.queued,
        })
    }
}

impl From<Escrow> for EscrowJson {
    fn from(e: Escrow) -> Self {
        let (phase, default_outcome, outcome) = (e.phase(), e.default_outcome(), e.outcome());
        let amount = e.amount.unwrap_or_default();
        Self {
            id: e.id,
            payer: e.payer,
            payee: e.payee,
            arbiter: e.arbiter,
            amount: CoinJson { denom: amount.denom, amount: amount.amount },
            paid: e.paid,
            returned: e.returned,
            phase: phase.as_str_name().to_owned(),
            expires: e.expires,
            default_outcome: default_outcome.as_str_name().to_owned(),
            dispute_seconds: e.dispute_seconds,
            deadline: e.deadline,
            condition: e.condition.and_then(|c| c.kind).map(ConditionJson::from),
            stream: e.stream.map(|s| StreamJson {
                start: s.start,
                end: s.end,
                by_height: s.by_height,
                cancelable: s.cancelable,
            }),
            approvals: e.approvals,
            outcome: outcome.as_str_name().to_owned(),
            queued: e.queued,
        }
    }
}

impl TryFrom<ConditionJson> for Condition {
    type Error = Error;

    fn try_from(json: ConditionJson) -> Result<Self> {
        let kind = match json {
            ConditionJson::NotBefore(second) => Kind::NotBefore(number(&second)?),
            ConditionJson::PreimageHash(hash) => Kind::PreimageHash(bytes(&hash)?),
            ConditionJson::Inference { model_id, input_hash, output, element, comparison, threshold } => {
                let comparison = Comparison::from_str_name(&comparison)
                    .ok_or_else(|| bad(format!("there is no comparison {comparison:?}")))?;
                Kind::Inference(InferenceCondition {
                    model_id: bytes(&model_id)?,
                    input_hash: bytes(&input_hash)?,
                    output,
                    element: number(&element)?,
                    comparison: comparison.into(),
                    threshold: bytes(&threshold)?,
                })
            }
            ConditionJson::Approval { approvers, threshold } => {
                Kind::Approval(ApprovalCondition { approvers, threshold })
            }
        };
        Ok(Self { kind: Some(kind) })
    }
}

impl From<Kind> for ConditionJson {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::NotBefore(second) => Self::NotBefore(second.to_string()),
            Kind::PreimageHash(hash) => Self::PreimageHash(hex::encode(hash)),
            Kind::Inference(c) => Self::Inference {
                comparison: c.comparison().as_str_name().to_owned(),
                model_id: hex::encode(c.model_id),
                input_hash: hex::encode(c.input_hash),
                output: c.output,
                element: c.element.to_string(),
                threshold: hex::encode(c.threshold),
            },
            Kind::Approval(c) => Self::Approval { approvers: c.approvers, threshold: c.threshold },
        }
    }
}

//! `synergyd tx escrow`.

use std::{
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::{Args, Subcommand, ValueEnum};
use prost::Message;
use sha2::{Digest, Sha256};
use synergy_proto::{
    Coin, pack,
    synergy::{
        aivm::{QueryInferRequest, QueryInferResponse},
        escrow::{
            ApprovalCondition, Comparison, Condition, InferenceCondition, MsgAdvance, MsgApprove, MsgCancel, MsgCreate,
            MsgDispute, MsgPartialRelease, MsgRefund, MsgRelease, MsgResolve, MsgWithdraw, Outcome, QueryEscrowRequest,
            QueryEscrowResponse, Stream, condition::Kind,
        },
    },
};

use super::{
    Session, TxFlags,
    model::{fetch, model_id},
};
use crate::cli::{
    codec::{span_of, time_of},
    coins,
    context::Context,
    error::{Result, bail, error},
    tensor,
};

#[derive(Subcommand, Debug)]
pub(crate) enum Escrow {
    /// Deposit coins for a payee
    Create(Box<Create>),
    /// Pay the payee all that is left: as the payer, or by meeting the condition
    Release(Release),
    /// Pay the payee a part, as the payer
    PartialRelease {
        /// The escrow's number
        id: u64,
        /// E.g. 1.5snrg
        amount: String,
    },
    /// Give back all that is left, as the payee
    Refund {
        /// The escrow's number
        id: u64,
    },
    /// Ask the arbiter, as payer or payee
    Dispute {
        /// The escrow's number
        id: u64,
    },
    /// Decide a dispute, as the arbiter
    Resolve {
        /// The escrow's number
        id: u64,
        /// What the payee gets, e.g. 1.5snrg; the payer gets the rest
        payee_amount: String,
    },
    /// Approve the release, as one of the approvers
    Approve {
        /// The escrow's number
        id: u64,
    },
    /// Take what a stream has accrued, as the payee
    Withdraw {
        /// The escrow's number
        id: u64,
    },
    /// Stop a cancelable stream, as the payer
    Cancel {
        /// The escrow's number
        id: u64,
    },
    /// Move an escrow past its deadline to its default outcome
    Advance {
        /// The escrow's number
        id: u64,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// Address, or name of a key
    payee: String,
    /// E.g. 10snrg
    amount: String,
    /// When it ends by itself: from now (90m, 24h), Unix seconds or RFC 3339
    #[arg(long, value_name = "TIME")]
    expires: String,
    /// What happens then
    #[arg(long = "default", value_name = "OUTCOME", default_value = "refund")]
    default_outcome: Default,
    /// Who decides disputes: address, or name of a key [default: governance]
    #[arg(long, value_name = "ADDRESS")]
    arbiter: Option<String>,
    /// How long the arbiter has, e.g. 72h [default: no disputes]
    #[arg(long, value_name = "TIME")]
    dispute_time: Option<String>,
    #[command(flatten)]
    condition: ConditionFlags,
    #[command(flatten)]
    stream: StreamFlags,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Default {
    /// Back to the payer
    Refund,
    /// To the payee
    Release,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Condition (at most one)")]
struct ConditionFlags {
    /// From when anybody may release: from now (90m), Unix seconds or RFC 3339
    #[arg(long, value_name = "TIME", group = "condition")]
    not_before: Option<String>,
    /// SHA-256 of the secret that releases, in hexadecimal
    #[arg(long, value_name = "HASH", group = "condition")]
    preimage_hash: Option<String>,
    /// Model whose verdict releases
    #[arg(
        long,
        value_name = "ID",
        group = "condition",
        requires = "output_name",
        requires = "is",
        requires = "threshold"
    )]
    model: Option<String>,
    /// Hash of the model's inputs in hexadecimal, instead of the inputs
    #[arg(long, value_name = "HASH", requires = "model", conflicts_with = "inputs")]
    input_hash: Option<String>,
    /// An input of the model, whose hash goes on the chain (as in `tx aivm infer`)
    #[arg(long = "input", value_name = "NAME=VALUE", requires = "model")]
    inputs: Vec<String>,
    /// Output of the model that is looked at
    #[arg(long = "output-name", value_name = "NAME", requires = "model")]
    output_name: Option<String>,
    /// Which of its elements, from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    element: u64,
    /// How it compares with the threshold
    #[arg(long, value_name = "COMPARISON", requires = "model")]
    is: Option<Is>,
    /// A number, or 0x and the element's bytes
    #[arg(long, value_name = "NUMBER", requires = "model", allow_hyphen_values = true)]
    threshold: Option<String>,
    /// Who may approve: addresses or names of keys
    #[arg(long, value_name = "ADDRESSES", value_delimiter = ',', group = "condition", requires = "approvals")]
    approvers: Vec<String>,
    /// How many of them must
    #[arg(long, value_name = "N", requires = "approvers")]
    approvals: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Is {
    /// Equal
    Eq,
    /// Not equal
    Ne,
    /// Less
    Lt,
    /// Less or equal
    Le,
    /// Greater
    Gt,
    /// Greater or equal
    Ge,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Stream")]
struct StreamFlags {
    /// Pay out evenly in these: FROM..TO, each as --expires
    #[arg(long, value_name = "TIMES", conflicts_with = "condition")]
    stream: Option<String>,
    /// The same in heights: FROM..TO
    #[arg(long, value_name = "HEIGHTS", conflicts_with_all = ["stream", "condition"])]
    stream_heights: Option<String>,
    /// The payer may stop the stream
    #[arg(long)]
    cancelable: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Release {
    /// The escrow's number
    id: u64,
    /// The secret, as it is
    #[arg(long, value_name = "TEXT")]
    preimage: Option<String>,
    /// The secret, in a file
    #[arg(long, value_name = "FILE", conflicts_with = "preimage")]
    preimage_file: Option<PathBuf>,
    /// An input of the model (as in `tx aivm infer`)
    #[arg(long = "input", value_name = "NAME=VALUE")]
    inputs: Vec<String>,
}

pub(crate) fn run(context: &Context, flags: &TxFlags, command: Escrow) -> Result<()> {
    let mut session = Session::open(context, flags, None)?;
    let sender = session.sender.to_string();
    let message = match command {
        Escrow::Create(new) => pack(&create(context, &mut session, &new)?),
        Escrow::Release(release) => pack(&release.message(&mut session)?),
        Escrow::PartialRelease { id, amount } => {
            pack(&MsgPartialRelease { payer: sender, escrow_id: id, amount: Some(one_coin(&amount)?) })
        }
        Escrow::Refund { id } => pack(&MsgRefund { payee: sender, escrow_id: id }),
        Escrow::Dispute { id } => pack(&MsgDispute { party: sender, escrow_id: id }),
        Escrow::Resolve { id, payee_amount } => {
            let payee_amount = Some(share(&mut session, id, &payee_amount)?);
            pack(&MsgResolve { arbiter: sender, escrow_id: id, payee_amount })
        }
        Escrow::Approve { id } => pack(&MsgApprove { approver: sender, escrow_id: id }),
        Escrow::Withdraw { id } => pack(&MsgWithdraw { payee: sender, escrow_id: id }),
        Escrow::Cancel { id } => pack(&MsgCancel { payer: sender, escrow_id: id }),
        Escrow::Advance { id } => pack(&MsgAdvance { sender, escrow_id: id }),
    };
    session.send_and_print(vec![message])
}

fn one_coin(text: &str) -> Result<Coin> {
    match coins::parse(text)?.as_slice() {
        [coin] => Ok(coin.clone()),
        _ => bail!("an escrow holds one coin, {text:?} names several: make an escrow for each"),
    }
}

/// An arbiter may say `0`, whatever the coin.
fn share(session: &mut Session<'_>, id: u64, text: &str) -> Result<Coin> {
    if text != "0" {
        return one_coin(text);
    }
    let amount = escrow(session, id)?.amount.unwrap_or_default();
    Ok(Coin { denom: amount.denom, amount: "0".to_owned() })
}

fn escrow(session: &mut Session<'_>, id: u64) -> Result<synergy_proto::synergy::escrow::Escrow> {
    let request = QueryEscrowRequest { escrow_id: id }.encode_to_vec();
    let answer = session.rpc()?.query("/synergy.escrow.v1.Query/Escrow", &request, 0, false)?;
    let response = QueryEscrowResponse::decode(answer.value.as_slice())?;
    response.escrow.ok_or_else(|| error!("the node has no escrow {id}"))
}

/// A time: a span from now, Unix seconds or RFC 3339.
fn time(text: &str) -> Result<i64> {
    match span_of(text) {
        Ok(span) => {
            let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
            now.checked_add(span.seconds).ok_or_else(|| error!("{text:?} is too long"))
        }
        Err(_) => Ok(time_of(text)?.seconds),
    }
}

fn create(context: &Context, session: &mut Session<'_>, new: &Create) -> Result<MsgCreate> {
    let arbiter = new.arbiter.as_deref().map(|text| context.address(text)).transpose()?;
    let stream = new.stream.read()?;
    let default_outcome = match new.default_outcome {
        Default::Refund if stream.is_none() => Outcome::Refund,
        _ => Outcome::Release,
    };
    Ok(MsgCreate {
        payer: session.sender.to_string(),
        payee: context.address(&new.payee)?.to_string(),
        arbiter: arbiter.map(|address| address.to_string()).unwrap_or_default(),
        amount: Some(one_coin(&new.amount)?),
        expires: time(&new.expires)?,
        default_outcome: default_outcome.into(),
        dispute_seconds: new.dispute_time.as_deref().map(span_of).transpose()?.map_or(0, |span| span.seconds),
        condition: new.condition.read(context, session)?.map(|kind| Condition { kind: Some(kind) }),
        stream,
    })
}

impl ConditionFlags {
    fn read(&self, context: &Context, session: &mut Session<'_>) -> Result<Option<Kind>> {
        if let Some(text) = &self.not_before {
            return Ok(Some(Kind::NotBefore(time(text)?)));
        }
        if let Some(text) = &self.preimage_hash {
            return Ok(Some(Kind::PreimageHash(hash(text)?)));
        }
        if let Some(threshold) = self.approvals {
            let approvers = self.approvers.iter().map(|text| Ok(context.address(text)?.to_string()));
            let approvers = approvers.collect::<Result<_>>()?;
            return Ok(Some(Kind::Approval(ApprovalCondition { approvers, threshold })));
        }
        match &self.model {
            Some(model) => Ok(Some(Kind::Inference(self.inference(session, model)?))),
            None => Ok(None),
        }
    }

    fn inference(&self, session: &mut Session<'_>, model: &str) -> Result<InferenceCondition> {
        let id = model_id(model)?;
        let found = fetch(session.rpc()?, &id)?;
        let name = self.output_name.clone().unwrap_or_default();
        let output = found.outputs.iter().find(|output| output.name == name).ok_or_else(|| {
            let names: Vec<&str> = found.outputs.iter().map(|output| output.name.as_str()).collect();
            error!("the model has no output {name:?}: its outputs are {}", names.join(", "))
        })?;
        let input_hash = match &self.input_hash {
            Some(text) => hash(text)?,
            None if self.inputs.is_empty() => bail!("name the inputs with --input, or their hash with --input-hash"),
            None => {
                let inputs =
                    self.inputs.iter().map(|text| tensor::parse(text, &found.inputs)).collect::<Result<_>>()?;
                let request = QueryInferRequest { model_id: id.clone(), inputs }.encode_to_vec();
                let answer = session.rpc()?.query("/synergy.aivm.v1.Query/Infer", &request, 0, false)?;
                QueryInferResponse::decode(answer.value.as_slice())?.input_hash
            }
        };
        let comparison = match self.is {
            Some(Is::Eq) => Comparison::Equal,
            Some(Is::Ne) => Comparison::NotEqual,
            Some(Is::Lt) => Comparison::Less,
            Some(Is::Le) => Comparison::LessOrEqual,
            Some(Is::Gt) => Comparison::Greater,
            Some(Is::Ge) => Comparison::GreaterOrEqual,
            None => bail!("say with --is how the output is compared"),
        };
        let threshold = tensor::element(&output.dtype, self.threshold.as_deref().unwrap_or_default())?;
        let output = name;
        Ok(InferenceCondition {
            model_id: id,
            input_hash,
            output,
            element: self.element,
            comparison: comparison.into(),
            threshold,
        })
    }
}

fn hash(text: &str) -> Result<Vec<u8>> {
    match hex::decode(text) {
        Ok(bytes) if bytes.len() == Sha256::output_size() => Ok(bytes),
        _ => bail!("{text:?} is no SHA-256: 64 digits in hexadecimal"),
    }
}

impl StreamFlags {
    fn read(&self) -> Result<Option<Stream>> {
        let (text, by_height) = match (&self.stream, &self.stream_heights) {
            (Some(text), _) => (text, false),
            (None, Some(text)) => (text, true),
            (None, None) if self.cancelable => bail!("only a stream is cancelable: say --stream FROM..TO"),
            (None, None) => return Ok(None),
        };
        let (from, to) = text.split_once("..").ok_or_else(|| error!("cannot read {text:?}: write FROM..TO"))?;
        let read = |text: &str| match by_height {
            true => text.parse().map_err(|_| error!("{text:?} is no height")),
            false => time(text),
        };
        Ok(Some(Stream { start: read(from)?, end: read(to)?, by_height, cancelable: self.cancelable }))
    }
}

impl Release {
    fn message(&self, session: &mut Session<'_>) -> Result<MsgRelease> {
        let preimage = match (&self.preimage, &self.preimage_file) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(file)) => std::fs::read(file).map_err(|e| error!("cannot read {}: {e}", file.display()))?,
            (None, None) => Vec::new(),
        };
        let mut inputs = Vec::new();
        if !self.inputs.is_empty() {
            let condition = escrow(session, self.id)?.condition.and_then(|c| c.kind);
            let Some(Kind::Inference(inference)) = condition else {
                bail!("escrow {} waits for no model's verdict: leave --input out", self.id);
            };
            let specs = fetch(session.rpc()?, &inference.model_id)?.inputs;
            inputs = self.inputs.iter().map(|text| tensor::parse(text, &specs)).collect::<Result<_>>()?;
        }
        Ok(MsgRelease { sender: session.sender.to_string(), escrow_id: self.id, preimage, inputs })
    }
}

//! Pays the seller when a model accepts the work.
//!
//! The buyer deposits the price and says what the model must see in the work, such
//! as "a picture of a seven". The seller delivers; the contract requests an
//! inference, which leaves a record on the chain that both can prove; the reply
//! pays the seller or leaves the escrow open. After the deadline the buyer may take
//! the price back.

mod msg;

use cosmwasm_std::{
    Addr, BankMsg, Coin, Deps, DepsMut, Env, MessageInfo, QueryResponse, Reply, Response, StdError, SubMsg,
    entry_point, to_json_binary,
};
use cw_storage_plus::Item;
use synergy_std::{DType, Recorded, SynergyMsg, SynergyQuery, Tensor, TensorError};

pub use msg::{Escrow, ExecuteMsg, InstantiateMsg, QueryMsg, Status};

const ESCROW: Item<Escrow> = Item::new("escrow");

/// What can go wrong.
#[derive(Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say it")]
pub enum Error {
    #[error(transparent)]
    Std(#[from] StdError),
    #[error(transparent)]
    Tensor(#[from] TensorError),
    #[error("an escrow needs a price: send coins with it")]
    NoPrice,
    #[error("the deadline is in the past")]
    Deadline,
    #[error("only the {0} may do this")]
    Unauthorized(&'static str),
    #[error("the escrow is closed")]
    Closed,
    #[error("the seller has time until {0}")]
    Early(cosmwasm_std::Timestamp),
    #[error("deliver before {0}")]
    Late(cosmwasm_std::Timestamp),
}

/// Opens the escrow; the sender is the buyer, the coins are the price.
#[entry_point]
pub fn instantiate(
    deps: DepsMut<SynergyQuery>,
    env: Env,
    info: MessageInfo,
    terms: InstantiateMsg,
) -> Result<Response<SynergyMsg>, Error> {
    cw2::set_contract_version(deps.storage, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))?;
    if info.funds.is_empty() {
        return Err(Error::NoPrice);
    }
    if terms.deadline <= env.block.time {
        return Err(Error::Deadline);
    }
    deps.api.addr_validate(&terms.seller)?;
    let escrow =
        Escrow { buyer: info.sender, price: info.funds, terms, status: Status::Open, attempts: 0, last_record: None };
    ESCROW.save(deps.storage, &escrow)?;
    Ok(Response::new())
}

/// Takes the work, or gives the price back.
#[entry_point]
pub fn execute(
    deps: DepsMut<SynergyQuery>,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response<SynergyMsg>, Error> {
    let escrow = ESCROW.load(deps.storage)?;
    if escrow.status != Status::Open {
        return Err(Error::Closed);
    }
    let terms = &escrow.terms;
    let over = env.block.time > terms.deadline;
    match msg {
        ExecuteMsg::Deliver { .. } | ExecuteMsg::DeliverBlob { .. } if info.sender.as_str() != terms.seller => {
            Err(Error::Unauthorized("seller"))
        }
        ExecuteMsg::Deliver { .. } | ExecuteMsg::DeliverBlob { .. } if over => Err(Error::Late(terms.deadline)),
        ExecuteMsg::Deliver { work } => {
            // Each byte of the work is an element of the model's input, in sixteenths.
            let elements: Vec<i64> = work.iter().map(|byte| i64::from(*byte)).collect();
            Ok(judge(terms, Tensor::from_fixed(&terms.input, &terms.shape, &elements, 4)?))
        }
        ExecuteMsg::DeliverBlob { work } => {
            Ok(judge(terms, Tensor::from_blob(&terms.input, DType::F32, &terms.shape, work)))
        }
        ExecuteMsg::Refund {} if info.sender != escrow.buyer => Err(Error::Unauthorized("buyer")),
        ExecuteMsg::Refund {} if !over => Err(Error::Early(terms.deadline)),
        ExecuteMsg::Refund {} => {
            let pay = pay(&escrow.buyer, &escrow.price);
            ESCROW.save(deps.storage, &Escrow { status: Status::Refunded, ..escrow })?;
            Ok(Response::new().add_attribute("action", "refund").add_message(pay))
        }
    }
}

fn judge(terms: &InstantiateMsg, work: Tensor) -> Response<SynergyMsg> {
    let request = SynergyMsg::infer(terms.model.clone(), vec![work]);
    Response::new().add_attribute("action", "deliver").add_submessage(SubMsg::reply_on_success(request, 1))
}

/// Takes the verdict.
#[entry_point]
pub fn reply(deps: DepsMut<SynergyQuery>, _: Env, reply: Reply) -> Result<Response<SynergyMsg>, Error> {
    let mut escrow = ESCROW.load(deps.storage)?;
    let verdict = Recorded::from_reply(reply)?;
    let labels = verdict.output(&escrow.terms.output)?.to_vec::<i64>()?;
    let accepted = labels == [escrow.terms.expected];
    escrow.attempts = escrow.attempts.saturating_add(1);
    escrow.last_record = Some(verdict.record_id);
    let mut response = Response::new()
        .add_attribute("accepted", accepted.to_string())
        .add_attribute("record", verdict.record_id.to_string());
    if accepted {
        escrow.status = Status::Paid;
        response = response.add_message(pay(&Addr::unchecked(&escrow.terms.seller), &escrow.price));
    }
    ESCROW.save(deps.storage, &escrow)?;
    Ok(response)
}

fn pay(to: &Addr, price: &[Coin]) -> BankMsg {
    BankMsg::Send { to_address: to.to_string(), amount: price.to_vec() }
}

/// Answers a query.
#[entry_point]
pub fn query(deps: Deps<SynergyQuery>, _: Env, msg: QueryMsg) -> Result<QueryResponse, Error> {
    let QueryMsg::Escrow {} = msg;
    Ok(to_json_binary(&ESCROW.load(deps.storage)?)?)
}

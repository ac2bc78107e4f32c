//! The life of a contract: instantiate, execute, migrate, sudo, query (wasmd:
//! `x/wasm/keeper/keeper.go`).

use cosmwasm_std::{Addr, Binary, Coin as CwCoin, MessageInfo, MigrateInfo, Reply, Response};
use synergy_kernel::{Ctx, Result, sdk};
use synergy_proto::{
    Address, Coin,
    coin::read_all,
    cosmos::bank::v1beta1::MsgSend,
    cosmwasm::{ContractCodeHistoryEntry, ContractCodeHistoryOperationType as Operation, ContractInfo},
    pack,
};
use synergy_vm::Entry;

use crate::{
    Runtime, access, address,
    call::{Callee, call},
    custom::Custom,
    error, ibc, response,
    state::{self, BY_CREATOR, CONTRACTS, Code, NEXT_INSTANCE},
};

/// Queries that a query may be nested in, wasmd's `DefaultMaxQueryStackSize`.
const MAX_QUERY_DEPTH: u32 = 10;

/// What an instance is made of.
pub(crate) struct Instantiation<'a> {
    pub(crate) code_id: u64,
    pub(crate) creator: &'a str,
    pub(crate) admin: &'a str,
    pub(crate) label: &'a str,
    pub(crate) msg: &'a [u8],
    pub(crate) funds: &'a [Coin],
    /// Salt of a predictable address and whether `msg` is part of it.
    pub(crate) salt: Option<(&'a [u8], bool)>,
}

/// Makes a contract and returns its address and data.
pub(crate) fn instantiate(ctx: &mut Ctx<'_>, runtime: &Runtime, new: &Instantiation<'_>) -> Result<(Address, Vec<u8>)> {
    let creator = address::read(new.creator, "creator")?;
    let code = state::code(ctx, new.code_id)?;
    let governance = creator == access::authority();
    if !governance && !access::allows(code.info.instantiate_config.as_ref(), &creator) {
        return Err(sdk::unauthorized("can not instantiate: unauthorized"));
    }
    let contract = match new.salt {
        Some((salt, fix_msg)) => {
            address::predictable(&code.checksum(), &creator, salt, if fix_msg { new.msg } else { &[] })?
        }
        None => address::classic(new.code_id, state::next(ctx, &NEXT_INSTANCE)?),
    };
    claim(ctx, &contract)?;
    pay(ctx, &creator, &contract, new.funds)?;
    let callee = Callee { address: &contract, code_id: new.code_id, code: &code, query_depth: 0 };
    let info = message_info(&creator, new.funds)?;
    let answer = call(ctx, runtime, &callee, &Entry::Instantiate(&info, new.msg))?;
    let answer: Response<Custom> = answer.map_err(error::instantiate_failed)?;
    record(ctx, &contract, &creator, new, &code)?;
    let code_id = new.code_id.to_string();
    ctx.emit("instantiate", &[("_contract_address", &contract.to_string()), ("code_id", &code_id)]);
    let data = response::handle(ctx, runtime, &contract, answer).map_err(|e| error::wrap("dispatch", e))?;
    Ok((contract, data.unwrap_or_default()))
}

/// Takes the address of a new contract. Coins may lie there already, but no user.
fn claim(ctx: &mut Ctx<'_>, contract: &Address) -> Result<()> {
    if CONTRACTS.has(ctx, contract)? {
        return Err(error::duplicate(
            "contract address already exists, try a different combination of creator, checksum and salt",
        ));
    }
    match synergy_auth::account(ctx, contract)? {
        Some(account) if account.sequence != 0 || account.pub_key.is_some() || !account.module.is_empty() => {
            Err(error::account_exists("address is claimed by external account"))
        }
        _ => synergy_auth::ensure(ctx, contract),
    }
}

/// Stores the contract before its messages run, so that they can call it back.
fn record(
    ctx: &mut Ctx<'_>,
    contract: &Address,
    creator: &Address,
    new: &Instantiation<'_>,
    code: &Code,
) -> Result<()> {
    let created = state::position(ctx)?;
    let info = ContractInfo {
        code_id: new.code_id,
        creator: creator.to_string(),
        admin: new.admin.to_owned(),
        label: new.label.to_owned(),
        created: Some(created),
        ibc_port_id: ibc_port(code, contract),
        ibc2_port_id: String::new(),
        extension: None,
    };
    let entry = ContractCodeHistoryEntry {
        operation: Operation::Init.into(),
        code_id: new.code_id,
        updated: Some(created),
        msg: new.msg.to_vec(),
    };
    state::add_entry(ctx, contract, &entry)?;
    BY_CREATOR.set(ctx, (*creator, (state::key(&entry), *contract)), &())?;
    CONTRACTS.set(ctx, contract, &info)
}

/// The port of a contract with IBC's entry points (wasmd: `PortIDForContract`).
fn ibc_port(code: &Code, contract: &Address) -> String {
    if code.ibc { ibc::port(contract) } else { String::new() }
}

/// Calls a contract and returns its data.
pub(crate) fn execute(
    ctx: &mut Ctx<'_>,
    runtime: &Runtime,
    sender: &Address,
    contract: &Address,
    msg: &[u8],
    funds: &[Coin],
) -> Result<Vec<u8>> {
    let (found, code) = state::contract(ctx, contract)?;
    pay(ctx, sender, contract, funds)?;
    let callee = Callee { address: contract, code_id: found.code_id, code: &code, query_depth: 0 };
    let info = message_info(sender, funds)?;
    let answer = call(ctx, runtime, &callee, &Entry::Execute(&info, msg))?;
    let answer: Response<Custom> = answer.map_err(error::execute_failed)?;
    ctx.emit("execute", &[("_contract_address", &contract.to_string())]);
    Ok(response::handle(ctx, runtime, contract, answer)?.unwrap_or_default())
}

/// Moves a contract to another code and returns the data of its migration.
pub(crate) fn migrate(
    ctx: &mut Ctx<'_>,
    runtime: &Runtime,
    sender: &Address,
    contract: &Address,
    code_id: u64,
    msg: &[u8],
) -> Result<Vec<u8>> {
    let mut info = modifiable(ctx, sender, contract, "can not migrate")?;
    let unknown_code = |_| sdk::invalid_request("unknown code: invalid request");
    let code = state::code(ctx, code_id).map_err(unknown_code)?;
    let governance = *sender == access::authority();
    if !governance && !access::allows(code.info.instantiate_config.as_ref(), sender) {
        return Err(sdk::unauthorized("to use new code: unauthorized"));
    }
    if !code.ibc && !info.ibc_port_id.is_empty() {
        return Err(error::migration_failed("requires ibc callbacks"));
    }
    let old = state::code(ctx, info.code_id)?.migrate_version;
    // Equal versions say that there is nothing to migrate.
    let answer: Option<Response<Custom>> = match code.migrate_version.is_none() || code.migrate_version != old {
        true => {
            let callee = Callee { address: contract, code_id, code: &code, query_depth: 0 };
            let by = MigrateInfo { sender: Addr::unchecked(sender.to_string()), old_migrate_version: old };
            Some(call(ctx, runtime, &callee, &Entry::Migrate(&by, msg))?.map_err(error::migration_failed)?)
        }
        false => None,
    };
    let entry = ContractCodeHistoryEntry {
        operation: Operation::Migrate.into(),
        code_id,
        updated: Some(state::position(ctx)?),
        msg: msg.to_vec(),
    };
    state::add_entry(ctx, contract, &entry)?;
    info.code_id = code_id;
    info.ibc_port_id = ibc_port(&code, contract);
    CONTRACTS.set(ctx, contract, &info)?;
    ctx.emit("migrate", &[("code_id", &code_id.to_string()), ("_contract_address", &contract.to_string())]);
    let Some(answer) = answer else { return Ok(Vec::new()) };
    let data = response::handle(ctx, runtime, contract, answer).map_err(|e| error::wrap("dispatch", e))?;
    Ok(data.unwrap_or_default())
}

/// Calls a contract's privileged entry point; only governance comes here.
pub(crate) fn sudo(ctx: &mut Ctx<'_>, runtime: &Runtime, contract: &Address, msg: &[u8]) -> Result<Vec<u8>> {
    let (found, code) = state::contract(ctx, contract)?;
    let callee = Callee { address: contract, code_id: found.code_id, code: &code, query_depth: 0 };
    let answer = call(ctx, runtime, &callee, &Entry::Sudo(msg))?;
    let answer: Response<Custom> = answer.map_err(error::execute_failed)?;
    ctx.emit("sudo", &[("_contract_address", &contract.to_string())]);
    let data = response::handle(ctx, runtime, contract, answer).map_err(|e| error::wrap("dispatch", e))?;
    Ok(data.unwrap_or_default())
}

/// Tells a contract what became of a message that it sent.
pub(crate) fn reply(
    ctx: &mut Ctx<'_>,
    runtime: &Runtime,
    contract: &Address,
    reply: &Reply,
) -> Result<Option<Vec<u8>>> {
    let (found, code) = state::contract(ctx, contract)?;
    let callee = Callee { address: contract, code_id: found.code_id, code: &code, query_depth: 0 };
    let answer = call(ctx, runtime, &callee, &Entry::Reply(reply))?;
    let answer: Response<Custom> = answer.map_err(error::execute_failed)?;
    ctx.emit("reply", &[("_contract_address", &contract.to_string())]);
    response::handle(ctx, runtime, contract, answer).map_err(|e| error::wrap("dispatch", e))
}

/// Asks a contract. `depth` counts the queries above this one.
pub(crate) fn query(
    ctx: &mut Ctx<'_>,
    runtime: &Runtime,
    contract: &Address,
    msg: &[u8],
    depth: u32,
) -> Result<Vec<u8>> {
    if depth >= MAX_QUERY_DEPTH {
        return Err(error::query_stack(format!("queries are nested deeper than {MAX_QUERY_DEPTH}")));
    }
    let (found, code) = state::contract(ctx, contract)?;
    let query_depth = depth.saturating_add(1);
    let callee = Callee { address: contract, code_id: found.code_id, code: &code, query_depth };
    let answer: Binary = call(ctx, runtime, &callee, &Entry::Query(msg))?.map_err(error::query_failed)?;
    Ok(answer.into())
}

/// The record of a contract that the sender administers; governance does all.
pub(crate) fn modifiable(
    ctx: &mut Ctx<'_>,
    sender: &Address,
    contract: &Address,
    refusal: &str,
) -> Result<ContractInfo> {
    let info = CONTRACTS.get(ctx, contract)?;
    let info = info.ok_or_else(|| sdk::invalid_request("unknown contract: invalid request"))?;
    if *sender != access::authority() && info.admin != sender.to_string() {
        return Err(sdk::unauthorized(format!("{refusal}: unauthorized")));
    }
    Ok(info)
}

/// Sends funds to a contract by the bank's own message and rules.
fn pay(ctx: &mut Ctx<'_>, from: &Address, to: &Address, funds: &[Coin]) -> Result<()> {
    if funds.is_empty() {
        return Ok(());
    }
    let send = MsgSend { from_address: from.to_string(), to_address: to.to_string(), amount: funds.to_vec() };
    ctx.dispatch(&pack(&send), from).map(drop)
}

fn message_info(sender: &Address, funds: &[Coin]) -> Result<MessageInfo> {
    let funds = read_all(funds).map_err(|e| sdk::invalid_coins(e.to_string()))?;
    let funds = funds.into_iter().map(|(denom, amount)| CwCoin::new(amount, denom.to_string())).collect();
    Ok(MessageInfo { sender: Addr::unchecked(sender.to_string()), funds })
}

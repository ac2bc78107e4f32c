//! The `wasm` section, in wasmd's form (`cosmwasm.wasm.v1.GenesisState`): bytes in
//! base64, keys of contracts in hexadecimal, their first messages as JSON.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use prost::Message;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Item, Order, Result, sdk};
use synergy_proto::{
    Address,
    cosmwasm::{
        AbsoluteTxPosition, AccessConfig, ContractCodeHistoryEntry, ContractCodeHistoryOperationType as Operation,
        ContractInfo, Params,
    },
    ibc::core::channel::v1::Packet,
};

use crate::{
    Runtime, STORE, access, code, error,
    params::{PARAMS, params},
    state::{
        self, BY_CREATOR, CODES, CONTRACTS, Code, ENTRY_PREFIX, HISTORY, NEXT_CODE, NEXT_INSTANCE, PINNED,
        UNACKNOWLEDGED, entries_end, entry_key,
    },
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    params: ParamsJson,
    #[serde(default)]
    codes: Vec<CodeJson>,
    #[serde(default)]
    contracts: Vec<ContractJson>,
    #[serde(default)]
    sequences: Vec<SequenceJson>,
    /// Beyond wasmd's: its chains lose these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unacknowledged: Vec<PacketJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessJson {
    permission: String,
    #[serde(default)]
    addresses: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    code_upload_access: AccessJson,
    instantiate_default_permission: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeJson {
    code_id: String,
    code_info: CodeInfoJson,
    code_bytes: String,
    pinned: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeInfoJson {
    code_hash: String,
    creator: String,
    instantiate_config: AccessJson,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContractJson {
    contract_address: String,
    contract_info: InfoJson,
    contract_state: Vec<EntryJson>,
    contract_code_history: Vec<HistoryJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InfoJson {
    code_id: String,
    creator: String,
    admin: String,
    label: String,
    created: PositionJson,
    ibc_port_id: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PositionJson {
    block_height: String,
    tx_index: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryJson {
    key: String,
    value: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryJson {
    operation: String,
    code_id: String,
    updated: PositionJson,
    msg: Box<RawValue>,
}

/// A packet that a contract will acknowledge later.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PacketJson {
    contract_address: String,
    /// `ibc.core.channel.v1.Packet` in base64.
    packet: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SequenceJson {
    id_key: String,
    value: String,
}

/// wasmd's names of the counters.
const SEQUENCES: [(&[u8], &Item<u64>); 2] = [(b"\x04lastCodeId", &NEXT_CODE), (b"\x04lastContractId", &NEXT_INSTANCE)];

fn bad(what: impl std::fmt::Display) -> synergy_kernel::Error {
    sdk::invalid_request(format!("genesis wasm: {what}"))
}

fn number(text: &str) -> Result<u64> {
    text.parse().map_err(|_| bad(format!("{text:?} is not a whole number")))
}

fn bytes(text: &str) -> Result<Vec<u8>> {
    BASE64_STANDARD.decode(text).map_err(|e| bad(format!("{e} in base64")))
}

fn address(text: &str) -> Result<Address> {
    text.parse().map_err(|e| bad(format!("address {text:?}: {e}")))
}

fn read_access(json: &AccessJson) -> Result<AccessConfig> {
    let kind = access::kind(&json.permission).ok_or_else(|| bad(format!("permission {:?}", json.permission)))?;
    let config = AccessConfig { permission: kind.into(), addresses: json.addresses.clone() };
    access::validate(&config)?;
    Ok(config)
}

fn access_json(config: Option<AccessConfig>) -> AccessJson {
    let config = config.unwrap_or_default();
    AccessJson { permission: access::name(config.permission()).to_owned(), addresses: config.addresses }
}

fn read_position(json: &PositionJson) -> Result<AbsoluteTxPosition> {
    Ok(AbsoluteTxPosition { block_height: number(&json.block_height)?, tx_index: number(&json.tx_index)? })
}

fn position_json(position: Option<AbsoluteTxPosition>) -> PositionJson {
    let position = position.unwrap_or_default();
    PositionJson { block_height: position.block_height.to_string(), tx_index: position.tx_index.to_string() }
}

pub(crate) fn init(ctx: &mut Ctx<'_>, runtime: &Runtime, section: &RawValue) -> Result<()> {
    let section: Section = serde_json::from_str(section.get()).map_err(|e| bad(format!("section: {e}")))?;
    let default = &section.params.instantiate_default_permission;
    let default = access::kind(default).ok_or_else(|| bad(format!("permission {default:?}")))?;
    let params = Params {
        code_upload_access: Some(read_access(&section.params.code_upload_access)?),
        instantiate_default_permission: default.into(),
    };
    PARAMS.set(ctx, &params)?;
    for json in &section.codes {
        init_code(ctx, runtime, json).map_err(|e| error::wrap(&format!("code {}", json.code_id), e))?;
    }
    for json in &section.contracts {
        init_contract(ctx, json).map_err(|e| error::wrap(&json.contract_address, e))?;
    }
    for PacketJson { contract_address, packet } in &section.unacknowledged {
        let packet = Packet::decode(bytes(packet)?.as_slice()).map_err(|e| bad(format!("packet: {e}")))?;
        let contract = address(contract_address)?;
        UNACKNOWLEDGED.set(ctx, (&contract, (&packet.destination_channel, packet.sequence)), &packet)?;
    }
    for json in &section.sequences {
        let name = bytes(&json.id_key)?;
        let counter = SEQUENCES.iter().find(|(known, _)| *known == name.as_slice());
        let (_, counter) = counter.ok_or_else(|| bad(format!("unknown sequence {:?}", json.id_key)))?;
        counter.set(ctx, &number(&json.value)?)?;
    }
    check_sequences(ctx, &section)
}

fn init_code(ctx: &mut Ctx<'_>, runtime: &Runtime, json: &CodeJson) -> Result<()> {
    let (id, wasm) = (number(&json.code_id)?, bytes(&json.code_bytes)?);
    if CODES.has(ctx, id)? {
        return Err(error::duplicate("duplicate code"));
    }
    let analysis = runtime.vm.admit(&wasm).map_err(error::create_failed)?;
    let (creator, permission) = (address(&json.code_info.creator)?, read_access(&json.code_info.instantiate_config)?);
    let checksum = code::keep(ctx, id, &creator, &permission, wasm, &analysis)?;
    if bytes(&json.code_info.code_hash)? != checksum {
        return Err(error::invalid("code hashes not same"));
    }
    if json.pinned { PINNED.set(ctx, id, &()) } else { Ok(()) }
}

fn init_contract(ctx: &mut Ctx<'_>, json: &ContractJson) -> Result<()> {
    let contract = crate::address::contract(&json.contract_address)?;
    let creator = address(&json.contract_info.creator)?;
    let info = ContractInfo {
        code_id: number(&json.contract_info.code_id)?,
        creator: creator.to_string(),
        admin: json.contract_info.admin.clone(),
        label: json.contract_info.label.clone(),
        created: Some(read_position(&json.contract_info.created)?),
        ibc_port_id: json.contract_info.ibc_port_id.clone(),
        ibc2_port_id: String::new(),
        extension: None,
    };
    state::code(ctx, info.code_id)?;
    if CONTRACTS.has(ctx, &contract)? {
        return Err(error::duplicate("contract"));
    }
    CONTRACTS.set(ctx, &contract, &info)?;
    let history = json.contract_code_history.iter().map(read_history).collect::<Result<Vec<_>>>()?;
    let first = history.first().ok_or_else(|| error::empty("contract history"))?;
    BY_CREATOR.set(ctx, (creator, (state::key(first), contract)), &())?;
    for entry in &history {
        state::add_entry(ctx, &contract, entry)?;
    }
    for EntryJson { key, value } in &json.contract_state {
        let key = hex::decode(key).map_err(|e| bad(format!("key {key:?}: {e}")))?;
        ctx.set(STORE, &entry_key(&contract, &key), &bytes(value)?)?;
    }
    Ok(())
}

fn read_history(json: &HistoryJson) -> Result<ContractCodeHistoryEntry> {
    let operation = Operation::from_str_name(&json.operation);
    Ok(ContractCodeHistoryEntry {
        operation: operation.ok_or_else(|| bad(format!("operation {:?}", json.operation)))?.into(),
        code_id: number(&json.code_id)?,
        updated: Some(read_position(&json.updated)?),
        msg: json.msg.get().as_bytes().to_vec(),
    })
}

/// The next code and the next address must be unused.
fn check_sequences(ctx: &mut Ctx<'_>, section: &Section) -> Result<()> {
    let next = NEXT_CODE.get(ctx)?.unwrap_or(1);
    let ids = section.codes.iter().map(|json| number(&json.code_id)).collect::<Result<Vec<_>>>()?;
    if ids.iter().any(|id| *id >= next) {
        return Err(error::invalid(format!("sequence lastCodeId is {next}: it must be above every code's id")));
    }
    let instance = NEXT_INSTANCE.get(ctx)?.unwrap_or(1);
    for id in ids {
        if CONTRACTS.has(ctx, &crate::classic(id, instance))? {
            return Err(error::invalid(format!("sequence lastContractId is {instance}, which was used already")));
        }
    }
    Ok(())
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let params = params(ctx)?;
    let instantiate_default_permission = access::name(params.instantiate_default_permission()).to_owned();
    let params =
        ParamsJson { code_upload_access: access_json(params.code_upload_access), instantiate_default_permission };
    let mut codes = Vec::new();
    for (id, code) in all(ctx, |ctx, visit| CODES.for_each(ctx, (), visit))? {
        codes.push(export_code(ctx, id, code)?);
    }
    let mut contracts = Vec::new();
    for (contract, info) in all(ctx, |ctx, visit| CONTRACTS.for_each(ctx, (), visit))? {
        contracts.push(export_contract(ctx, &contract, info)?);
    }
    let mut sequences = Vec::new();
    for (name, counter) in SEQUENCES {
        let value = counter.get(ctx)?.unwrap_or(1).to_string();
        sequences.push(SequenceJson { id_key: BASE64_STANDARD.encode(name), value });
    }
    let mut unacknowledged = Vec::new();
    UNACKNOWLEDGED.for_each(ctx, (), |(contract, _), packet| {
        let packet = BASE64_STANDARD.encode(packet.encode_to_vec());
        unacknowledged.push(PacketJson { contract_address: contract.to_string(), packet });
        Ok(true)
    })?;
    serde_json::value::to_raw_value(&Section { params, codes, contracts, sequences, unacknowledged })
        .map_err(|e| sdk::invalid_request(format!("export of wasm: {e}")))
}

/// The entries that a visit of a map shows, for when the visitor needs the context.
fn all<K, V>(
    ctx: &mut Ctx<'_>,
    for_each: impl FnOnce(&mut Ctx<'_>, &mut dyn FnMut(K, V) -> Result<bool>) -> Result<()>,
) -> Result<Vec<(K, V)>> {
    let mut found = Vec::new();
    for_each(ctx, &mut |key, value| {
        found.push((key, value));
        Ok(true)
    })?;
    Ok(found)
}

fn export_code(ctx: &mut Ctx<'_>, id: u64, code: Code) -> Result<CodeJson> {
    let checksum = code.checksum();
    let wasm = ctx.state.blob(&checksum).ok_or_else(|| bad(format!("code {id} has no bytes")))?;
    Ok(CodeJson {
        code_id: id.to_string(),
        code_info: CodeInfoJson {
            code_hash: BASE64_STANDARD.encode(checksum),
            creator: code.info.creator,
            instantiate_config: access_json(code.info.instantiate_config),
        },
        code_bytes: BASE64_STANDARD.encode(wasm.as_slice()),
        pinned: PINNED.has(ctx, id)?,
    })
}

fn export_contract(ctx: &mut Ctx<'_>, contract: &Address, info: ContractInfo) -> Result<ContractJson> {
    let mut contract_state = Vec::new();
    ctx.scan(STORE, &entry_key(contract, &[]), &entries_end(contract), Order::Ascending, |key, value| {
        let key = hex::encode_upper(key.get(ENTRY_PREFIX..).unwrap_or_default());
        contract_state.push(EntryJson { key, value: BASE64_STANDARD.encode(value) });
        Ok(true)
    })?;
    let history = all(ctx, |ctx, visit| HISTORY.for_each(ctx, contract, visit))?;
    let contract_code_history = history.into_iter().map(|(_, entry)| history_json(entry)).collect::<Result<_>>()?;
    let contract_info = InfoJson {
        code_id: info.code_id.to_string(),
        creator: info.creator,
        admin: info.admin,
        label: info.label,
        created: position_json(info.created),
        ibc_port_id: info.ibc_port_id,
    };
    Ok(ContractJson { contract_address: contract.to_string(), contract_info, contract_state, contract_code_history })
}

fn history_json(entry: ContractCodeHistoryEntry) -> Result<HistoryJson> {
    let operation = entry.operation().as_str_name().to_owned();
    let msg = String::from_utf8(entry.msg).map_err(|e| bad(format!("a contract's message: {e}")))?;
    let msg = RawValue::from_string(msg).map_err(|e| bad(format!("a contract's message: {e}")))?;
    Ok(HistoryJson { operation, code_id: entry.code_id.to_string(), updated: position_json(entry.updated), msg })
}

//! `synergyd query wasm`, as wasmd's users know it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use prost::Message;
use serde_json::{Value, json};
use synergy_proto::cosmwasm as wasm;

use super::{Page, Prove, ask, output, proof};
use crate::cli::{
    context::Context,
    error::{Result, error},
    schema::{self, Schema},
    tx::wasm::Encoding,
};

#[derive(Subcommand, Debug)]
pub(crate) enum Wasm {
    /// All codes
    ListCode(Page),
    /// A code's record
    CodeInfo {
        /// The code's id
        code_id: u64,
    },
    /// Download a code
    Code {
        /// The code's id
        code_id: u64,
        /// Where to write the .wasm file
        file: PathBuf,
    },
    /// A contract's record
    Contract {
        /// The contract's address
        contract: String,
    },
    /// The codes that a contract has had
    ContractHistory {
        /// The contract's address
        contract: String,
        #[command(flatten)]
        page: Page,
    },
    /// What a contract stores, and what it answers
    #[command(subcommand)]
    ContractState(State),
    /// The contracts of a code
    ListContractByCode {
        /// The code's id
        code_id: u64,
        #[command(flatten)]
        page: Page,
    },
    /// The contracts that an account has made
    ListContractsByCreator {
        /// Address, or name of a key
        creator: String,
        #[command(flatten)]
        page: Page,
    },
    /// The codes that every node keeps in memory
    Pinned(Page),
    /// Who may upload and instantiate
    Params,
    /// Limits of a contract's code
    Limits,
    /// The address that instantiate2 would make
    BuildAddress {
        /// SHA-256 of the code in hexadecimal
        code_hash: String,
        /// Who would make it: address, or name of a key
        creator: String,
        /// The salt in hexadecimal
        salt: String,
        /// The first message, if it decides about the address too
        msg: Option<String>,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum State {
    /// All entries
    All {
        /// The contract's address
        contract: String,
        #[command(flatten)]
        page: Page,
    },
    /// One entry
    Raw {
        /// The contract's address
        contract: String,
        /// The entry's key
        key: String,
        /// How the key is written
        #[arg(long, value_enum, default_value_t = Encoding::Hex)]
        key_encoding: Encoding,
        #[command(flatten)]
        prove: Prove,
    },
    /// Ask the contract
    Smart {
        /// The contract's address
        contract: String,
        /// The question, in JSON
        msg: String,
    },
}

pub(crate) fn run(context: &Context, height: u64, command: Wasm) -> Result<()> {
    let ask = |method: &str, request: Vec<u8>, schema: &Schema| {
        ask(context, height, &format!("/cosmwasm.wasm.v1.Query/{method}"), &request, schema)
    };
    match command {
        Wasm::ListCode(page) => {
            let request = wasm::QueryCodesRequest { pagination: page.request()? };
            ask("Codes", request.encode_to_vec(), &schema::CODES_RESPONSE)
        }
        Wasm::CodeInfo { code_id } => {
            ask("CodeInfo", wasm::QueryCodeInfoRequest { code_id }.encode_to_vec(), &schema::CODE_INFO_RESPONSE)
        }
        Wasm::Code { code_id, file } => download(context, height, code_id, &file),
        Wasm::Contract { contract } => {
            let request = wasm::QueryContractInfoRequest { address: contract };
            ask("ContractInfo", request.encode_to_vec(), &schema::CONTRACT_RESPONSE)
        }
        Wasm::ContractHistory { contract, page } => {
            let request = wasm::QueryContractHistoryRequest { address: contract, pagination: page.request()? };
            ask("ContractHistory", request.encode_to_vec(), &schema::CONTRACT_HISTORY_RESPONSE)
        }
        Wasm::ContractState(State::All { contract, page }) => {
            let request = wasm::QueryAllContractStateRequest { address: contract, pagination: page.request()? };
            ask("AllContractState", request.encode_to_vec(), &schema::CONTRACT_STATE_RESPONSE)
        }
        Wasm::ContractState(State::Raw { contract, key, key_encoding, prove }) if prove.prove => {
            proof::contract_state(context, height, &contract.parse()?, &key_encoding.read(&key)?)
        }
        Wasm::ContractState(State::Raw { contract, key, key_encoding, .. }) => {
            let request =
                wasm::QueryRawContractStateRequest { address: contract, query_data: key_encoding.read(&key)? };
            ask("RawContractState", request.encode_to_vec(), &schema::RAW_STATE_RESPONSE)
        }
        Wasm::ContractState(State::Smart { contract, msg }) => smart(context, height, contract, msg),
        Wasm::ListContractByCode { code_id, page } => {
            let request = wasm::QueryContractsByCodeRequest { code_id, pagination: page.request()? };
            ask("ContractsByCode", request.encode_to_vec(), &schema::CONTRACTS_BY_CODE_RESPONSE)
        }
        Wasm::ListContractsByCreator { creator, page } => {
            let creator_address = context.address(&creator)?.to_string();
            let request = wasm::QueryContractsByCreatorRequest { creator_address, pagination: page.request()? };
            ask("ContractsByCreator", request.encode_to_vec(), &schema::CONTRACTS_BY_CREATOR_RESPONSE)
        }
        Wasm::Pinned(page) => {
            let request = wasm::QueryPinnedCodesRequest { pagination: page.request()? };
            ask("PinnedCodes", request.encode_to_vec(), &schema::PINNED_RESPONSE)
        }
        Wasm::Params => ask("Params", Vec::new(), &schema::WASM_PARAMS_RESPONSE),
        Wasm::Limits => ask("WasmLimitsConfig", Vec::new(), &schema::WASM_LIMITS_RESPONSE),
        Wasm::BuildAddress { code_hash, creator, salt, msg } => {
            let creator_address = context.address(&creator)?.to_string();
            let init_args = msg.unwrap_or_default().into_bytes();
            let request = wasm::QueryBuildAddressRequest { code_hash, creator_address, salt, init_args };
            ask("BuildAddress", request.encode_to_vec(), &schema::BUILD_ADDRESS_RESPONSE)
        }
    }
}

/// The answer is the contract's JSON, shown as such.
fn smart(context: &Context, height: u64, contract: String, msg: String) -> Result<()> {
    serde_json::from_str::<Value>(&msg).map_err(|e| error!("the question is not JSON ({e}): {msg}"))?;
    let request = wasm::QuerySmartContractStateRequest { address: contract, query_data: msg.into_bytes() };
    let path = "/cosmwasm.wasm.v1.Query/SmartContractState";
    let answer = context.rpc()?.query(path, &request.encode_to_vec(), height, false)?;
    let answer = wasm::QuerySmartContractStateResponse::decode(answer.value.as_slice())?;
    let data: Value = serde_json::from_slice(&answer.data)?;
    output::value(context.output(), &json!({"data": data}))
}

fn download(context: &Context, height: u64, code_id: u64, file: &Path) -> Result<()> {
    let request = wasm::QueryCodeRequest { code_id }.encode_to_vec();
    let answer = context.rpc()?.query("/cosmwasm.wasm.v1.Query/Code", &request, height, false)?;
    let code = wasm::QueryCodeResponse::decode(answer.value.as_slice())?;
    fs::write(file, &code.data).map_err(|e| error!("cannot write {}: {e}", file.display()))?;
    output::note(&format!("{} bytes of code {code_id} are in {}", code.data.len(), file.display()));
    Ok(())
}

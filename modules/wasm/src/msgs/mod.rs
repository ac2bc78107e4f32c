//! The messages of `cosmwasm.wasm.v1`.

pub(crate) mod validate;

use synergy_kernel::{Ctx, Result, Routes, check_authority, sdk};
use synergy_proto::{Address, cosmwasm::*};

use crate::{
    Runtime, access, address, code,
    contract::{self, Instantiation},
    error,
    params::{PARAMS, params},
    state::CONTRACTS,
};

type Signers = Result<Vec<Address>>;

fn signer(text: &str) -> Signers {
    Ok(vec![address::read(text, "sender")?])
}

fn authority(text: &str) -> Signers {
    Ok(vec![address::read(text, "authority")?])
}

pub(crate) fn register(routes: &mut Routes, runtime: &Runtime) {
    register_codes(routes, runtime);
    register_contracts(routes, runtime);
    register_governance(routes, runtime);
    routes.message::<MsgUpdateAdmin, MsgUpdateAdminResponse>(
        |m| signer(&m.sender),
        validate::update_admin,
        update_admin,
    );
    routes.message::<MsgClearAdmin, MsgClearAdminResponse>(
        |m| signer(&m.sender),
        |m| address::read(&m.contract, "contract").map(drop),
        |ctx, m| set_admin(ctx, &m.sender, &m.contract, "").map(|()| MsgClearAdminResponse {}),
    );
    routes.message::<MsgUpdateContractLabel, MsgUpdateContractLabelResponse>(
        |m| signer(&m.sender),
        |m| validate::label(&m.new_label).and_then(|()| address::read(&m.contract, "contract").map(drop)),
        update_label,
    );
}

fn register_codes(routes: &mut Routes, runtime: &Runtime) {
    let rt = runtime.clone();
    routes.message::<MsgStoreCode, MsgStoreCodeResponse>(
        |m| signer(&m.sender),
        |m| validate::upload(&m.wasm_byte_code, m.instantiate_permission.as_ref()),
        move |ctx, m| {
            let sender = address::read(&m.sender, "sender")?;
            let permission = m.instantiate_permission.as_ref();
            let (code_id, checksum) = code::store(ctx, &rt, &sender, &m.wasm_byte_code, permission)?;
            Ok(MsgStoreCodeResponse { code_id, checksum: checksum.to_vec() })
        },
    );
    routes.message::<MsgUpdateInstantiateConfig, MsgUpdateInstantiateConfigResponse>(
        |m| signer(&m.sender),
        validate::instantiate_config,
        |ctx, m| {
            let sender = address::read(&m.sender, "sender")?;
            let config = m.new_instantiate_permission.as_ref();
            let config = config.ok_or_else(|| sdk::invalid_request("instantiate permission is required"))?;
            code::set_access(ctx, &sender, m.code_id, config)?;
            Ok(MsgUpdateInstantiateConfigResponse {})
        },
    );
}

fn register_contracts(routes: &mut Routes, runtime: &Runtime) {
    let rt = runtime.clone();
    routes.message::<MsgInstantiateContract, MsgInstantiateContractResponse>(
        |m| signer(&m.sender),
        |m| validate::instantiate(m.code_id, &m.label, &m.funds, &m.admin, &m.msg),
        move |ctx, m| {
            let (address, data) = contract::instantiate(ctx, &rt, &classic(m))?;
            Ok(MsgInstantiateContractResponse { address: address.to_string(), data })
        },
    );
    let rt = runtime.clone();
    routes.message::<MsgInstantiateContract2, MsgInstantiateContract2Response>(
        |m| signer(&m.sender),
        |m| {
            validate::instantiate(m.code_id, &m.label, &m.funds, &m.admin, &m.msg)?;
            validate::salt(&m.salt)
        },
        move |ctx, m| {
            let (address, data) = contract::instantiate(ctx, &rt, &predictable(m))?;
            Ok(MsgInstantiateContract2Response { address: address.to_string(), data })
        },
    );
    let rt = runtime.clone();
    routes.message::<MsgExecuteContract, MsgExecuteContractResponse>(
        |m| signer(&m.sender),
        validate::execute,
        move |ctx, m| {
            let sender = address::read(&m.sender, "sender")?;
            let contract = address::contract(&m.contract)?;
            Ok(MsgExecuteContractResponse { data: contract::execute(ctx, &rt, &sender, &contract, &m.msg, &m.funds)? })
        },
    );
    let rt = runtime.clone();
    routes.message::<MsgMigrateContract, MsgMigrateContractResponse>(
        |m| signer(&m.sender),
        |m| validate::migrate(m.code_id, &m.contract, &m.msg),
        move |ctx, m| {
            let sender = address::read(&m.sender, "sender")?;
            let contract = address::contract(&m.contract)?;
            Ok(MsgMigrateContractResponse { data: contract::migrate(ctx, &rt, &sender, &contract, m.code_id, &m.msg)? })
        },
    );
}

fn classic(m: &MsgInstantiateContract) -> Instantiation<'_> {
    Instantiation {
        code_id: m.code_id,
        creator: &m.sender,
        admin: &m.admin,
        label: &m.label,
        msg: &m.msg,
        funds: &m.funds,
        salt: None,
    }
}

fn predictable(m: &MsgInstantiateContract2) -> Instantiation<'_> {
    Instantiation {
        code_id: m.code_id,
        creator: &m.sender,
        admin: &m.admin,
        label: &m.label,
        msg: &m.msg,
        funds: &m.funds,
        salt: Some((&m.salt, m.fix_msg)),
    }
}

/// Messages whose signer is called authority. All but the last two are for
/// governance alone.
fn register_governance(routes: &mut Routes, runtime: &Runtime) {
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| authority(&m.authority),
        |m| access::validate_params(m.params.as_ref().unwrap_or(&Params::default())),
        |ctx, m| {
            check_authority(&m.authority)?;
            PARAMS.set(ctx, m.params.as_ref().unwrap_or(&Params::default()))?;
            Ok(MsgUpdateParamsResponse {})
        },
    );
    let rt = runtime.clone();
    routes.message::<MsgPinCodes, MsgPinCodesResponse>(
        |m| authority(&m.authority),
        |m| validate::code_ids(&m.code_ids),
        move |ctx, m| pin(ctx, &rt, &m.authority, &m.code_ids, true).map(|()| MsgPinCodesResponse {}),
    );
    let rt = runtime.clone();
    routes.message::<MsgUnpinCodes, MsgUnpinCodesResponse>(
        |m| authority(&m.authority),
        |m| validate::code_ids(&m.code_ids),
        move |ctx, m| pin(ctx, &rt, &m.authority, &m.code_ids, false).map(|()| MsgUnpinCodesResponse {}),
    );
    routes.message::<MsgAddCodeUploadParamsAddresses, MsgAddCodeUploadParamsAddressesResponse>(
        |m| authority(&m.authority),
        |m| access::validate_addresses(&m.addresses),
        |ctx, m| {
            change_uploaders(ctx, &m.authority, |list| {
                let new = m.addresses.iter().filter(|address| !list.contains(address)).cloned().collect::<Vec<_>>();
                list.extend(new);
            })?;
            Ok(MsgAddCodeUploadParamsAddressesResponse {})
        },
    );
    routes.message::<MsgRemoveCodeUploadParamsAddresses, MsgRemoveCodeUploadParamsAddressesResponse>(
        |m| authority(&m.authority),
        |m| access::validate_addresses(&m.addresses),
        |ctx, m| {
            change_uploaders(ctx, &m.authority, |list| list.retain(|address| !m.addresses.contains(address)))?;
            Ok(MsgRemoveCodeUploadParamsAddressesResponse {})
        },
    );
    let rt = runtime.clone();
    routes.message::<MsgSudoContract, MsgSudoContractResponse>(
        |m| authority(&m.authority),
        |m| address::read(&m.contract, "contract").and_then(|_| validate::payload(&m.msg)),
        move |ctx, m| {
            check_authority(&m.authority)?;
            let data = contract::sudo(ctx, &rt, &address::contract(&m.contract)?, &m.msg)?;
            Ok(MsgSudoContractResponse { data })
        },
    );
    register_two_in_one(routes, runtime);
}

fn register_two_in_one(routes: &mut Routes, runtime: &Runtime) {
    let rt = runtime.clone();
    routes.message::<MsgStoreAndInstantiateContract, MsgStoreAndInstantiateContractResponse>(
        |m| authority(&m.authority),
        validate::store_and_instantiate,
        move |ctx, m| store_and_instantiate(ctx, &rt, m),
    );
    let rt = runtime.clone();
    routes.message::<MsgStoreAndMigrateContract, MsgStoreAndMigrateContractResponse>(
        |m| authority(&m.authority),
        |m| {
            address::read(&m.contract, "contract")?;
            validate::payload(&m.msg)?;
            validate::upload(&m.wasm_byte_code, m.instantiate_permission.as_ref())
        },
        move |ctx, m| {
            let sender = address::read(&m.authority, "authority")?;
            let permission = m.instantiate_permission.as_ref();
            let (code_id, checksum) = code::store(ctx, &rt, &sender, &m.wasm_byte_code, permission)?;
            let contract = address::contract(&m.contract)?;
            let data = contract::migrate(ctx, &rt, &sender, &contract, code_id, &m.msg)?;
            Ok(MsgStoreAndMigrateContractResponse { code_id, checksum: checksum.to_vec(), data })
        },
    );
}

fn store_and_instantiate(
    ctx: &mut Ctx<'_>,
    runtime: &Runtime,
    m: &MsgStoreAndInstantiateContract,
) -> Result<MsgStoreAndInstantiateContractResponse> {
    let sender = address::read(&m.authority, "authority")?;
    let (code_id, _) = code::store(ctx, runtime, &sender, &m.wasm_byte_code, m.instantiate_permission.as_ref())?;
    let new = Instantiation {
        code_id,
        creator: &m.authority,
        admin: &m.admin,
        label: &m.label,
        msg: &m.msg,
        funds: &m.funds,
        salt: None,
    };
    let (address, data) = contract::instantiate(ctx, runtime, &new)?;
    Ok(MsgStoreAndInstantiateContractResponse { address: address.to_string(), data })
}

fn pin(ctx: &mut Ctx<'_>, runtime: &Runtime, authority: &str, ids: &[u64], pinned: bool) -> Result<()> {
    check_authority(authority)?;
    ids.iter().try_for_each(|id| code::pin(ctx, runtime, *id, pinned))
}

fn change_uploaders(ctx: &mut Ctx<'_>, authority: &str, change: impl FnOnce(&mut Vec<String>)) -> Result<()> {
    check_authority(authority)?;
    let mut params = params(ctx)?;
    match &mut params.code_upload_access {
        Some(config) if config.permission() == AccessType::AnyOfAddresses => change(&mut config.addresses),
        _ => return Err(error::invalid("permission")),
    }
    PARAMS.set(ctx, &params)
}

fn update_admin(ctx: &mut Ctx<'_>, m: &MsgUpdateAdmin) -> Result<MsgUpdateAdminResponse> {
    set_admin(ctx, &m.sender, &m.contract, &m.new_admin).map(|()| MsgUpdateAdminResponse {})
}

fn set_admin(ctx: &mut Ctx<'_>, sender: &str, contract: &str, admin: &str) -> Result<()> {
    let contract = address::read(contract, "contract")?;
    let sender = address::read(sender, "sender")?;
    let mut info = contract::modifiable(ctx, &sender, &contract, "can not modify contract")?;
    info.admin = admin.to_owned();
    CONTRACTS.set(ctx, &contract, &info)?;
    let attributes = [("_contract_address", contract.to_string()), ("new_admin_address", admin.to_owned())];
    ctx.emit("update_contract_admin", &attributes.each_ref().map(|(key, value)| (*key, value.as_str())));
    Ok(())
}

fn update_label(ctx: &mut Ctx<'_>, m: &MsgUpdateContractLabel) -> Result<MsgUpdateContractLabelResponse> {
    let contract = address::read(&m.contract, "contract")?;
    let sender = address::read(&m.sender, "sender")?;
    let mut info = contract::modifiable(ctx, &sender, &contract, "can not modify contract")?;
    info.label.clone_from(&m.new_label);
    CONTRACTS.set(ctx, &contract, &info)?;
    let address = contract.to_string();
    ctx.emit("update_contract_label", &[("_contract_address", &address), ("new_label", &m.new_label)]);
    Ok(MsgUpdateContractLabelResponse {})
}

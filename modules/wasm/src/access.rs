//! Who may upload and instantiate (wasmd: `AccessConfig`, `AuthorizationPolicy`).

use synergy_kernel::{Result, sdk};
use synergy_proto::{
    Address,
    cosmwasm::{AccessConfig, AccessType, Params},
};

use crate::{address, error};

/// Most addresses of a list.
const MAX_ADDRESSES: usize = 50;

/// The governance module: it may do everything.
pub(crate) fn authority() -> Address {
    Address::module("gov")
}

/// A config of one kind, for `actor` alone where the kind wants addresses.
pub(crate) fn config(kind: AccessType, actor: &Address) -> AccessConfig {
    let addresses = if kind == AccessType::AnyOfAddresses { vec![actor.to_string()] } else { Vec::new() };
    AccessConfig { permission: kind.into(), addresses }
}

/// Whether a config lets the actor through; a missing one lets nobody.
pub(crate) fn allows(config: Option<&AccessConfig>, actor: &Address) -> bool {
    config.is_some_and(|config| match config.permission() {
        AccessType::Everybody => true,
        AccessType::AnyOfAddresses => config.addresses.contains(&actor.to_string()),
        AccessType::Nobody | AccessType::Unspecified => false,
    })
}

/// Whether `config` lets nobody through whom `wider` does not.
pub(crate) fn is_subset(config: &AccessConfig, wider: &AccessConfig) -> bool {
    match wider.permission() {
        AccessType::AnyOfAddresses if config.permission() == AccessType::AnyOfAddresses => {
            config.addresses.iter().all(|address| wider.addresses.contains(address))
        }
        wider => kind_is_subset(config.permission(), wider),
    }
}

/// The same for the kinds alone.
pub(crate) fn kind_is_subset(kind: AccessType, wider: AccessType) -> bool {
    match wider {
        AccessType::Everybody => kind != AccessType::Unspecified,
        AccessType::Nobody => kind == AccessType::Nobody,
        AccessType::AnyOfAddresses => matches!(kind, AccessType::Nobody | AccessType::AnyOfAddresses),
        AccessType::Unspecified => false,
    }
}

/// wasmd's name of a kind, for events and the genesis file.
pub(crate) fn name(kind: AccessType) -> &'static str {
    match kind {
        AccessType::Unspecified => "Unspecified",
        AccessType::Nobody => "Nobody",
        AccessType::Everybody => "Everybody",
        AccessType::AnyOfAddresses => "AnyOfAddresses",
    }
}

/// The kind of that name.
pub(crate) fn kind(text: &str) -> Option<AccessType> {
    [AccessType::Nobody, AccessType::Everybody, AccessType::AnyOfAddresses].into_iter().find(|kind| name(*kind) == text)
}

/// Checks a config for its form.
pub(crate) fn validate(config: &AccessConfig) -> Result<()> {
    match AccessType::try_from(config.permission) {
        Ok(AccessType::Unspecified) => Err(error::empty("type")),
        Ok(AccessType::Nobody | AccessType::Everybody) => Ok(()),
        Ok(AccessType::AnyOfAddresses) => validate_addresses(&config.addresses),
        Err(_) => Err(error::invalid(format!("unknown type: {}", config.permission))),
    }
}

/// Checks a list of addresses: some, not too many, none twice.
pub(crate) fn validate_addresses(addresses: &[String]) -> Result<()> {
    if addresses.is_empty() {
        return Err(error::empty("addresses"));
    }
    if addresses.len() > MAX_ADDRESSES {
        return Err(sdk::invalid_request(format!("total number of addresses is greater than {MAX_ADDRESSES}")));
    }
    let mut read = addresses.iter().map(|text| address::read(text, "access")).collect::<Result<Vec<_>>>()?;
    read.sort_unstable();
    match read.windows(2).any(|pair| pair.first() == pair.last()) {
        true => Err(error::duplicate("duplicate addresses")),
        false => Ok(()),
    }
}

/// Checks params for their form.
pub(crate) fn validate_params(params: &Params) -> Result<()> {
    match AccessType::try_from(params.instantiate_default_permission) {
        Ok(AccessType::Unspecified) => return Err(error::empty("instantiate default permission: type")),
        Ok(_) => {}
        Err(_) => return Err(error::invalid("instantiate default permission: unknown type")),
    }
    params.code_upload_access.as_ref().map_or_else(|| Err(error::empty("upload access: type")), validate)
}

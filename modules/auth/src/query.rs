use synergy_crypto::AccountKey;
use synergy_kernel::{Ctx, Page, Result, Routes, sdk};
use synergy_proto::{
    ADDRESS_PREFIX, Address, Any,
    cosmos::auth::v1beta1::{
        BaseAccount, Bech32PrefixRequest, Bech32PrefixResponse, ModuleAccount, QueryAccountInfoRequest,
        QueryAccountInfoResponse, QueryAccountRequest, QueryAccountResponse, QueryAccountsRequest,
        QueryAccountsResponse, QueryModuleAccountByNameRequest, QueryModuleAccountByNameResponse, QueryParamsRequest,
        QueryParamsResponse,
    },
    pack,
    synergy::auth::{Account, QueryPublicKeyRequest, QueryPublicKeyResponse},
};

use crate::{Vesting, state::ACCOUNTS};

pub(crate) fn register(routes: &mut Routes) {
    routes.query("/cosmos.auth.v1beta1.Query/Account", |ctx, q: QueryAccountRequest| {
        let (address, account) = find(ctx, &q.address)?;
        Ok(QueryAccountResponse { account: Some(as_any(ctx, &address, account)?) })
    });
    routes.query("/cosmos.auth.v1beta1.Query/AccountInfo", |ctx, q: QueryAccountInfoRequest| {
        let (address, account) = find(ctx, &q.address)?;
        Ok(QueryAccountInfoResponse { info: Some(base(&address, account)) })
    });
    routes.query("/cosmos.auth.v1beta1.Query/Accounts", |ctx, q: QueryAccountsRequest| {
        let (accounts, page) = ACCOUNTS.page(ctx, (), &Page::from(q.pagination))?;
        let accounts = accounts.into_iter().map(|(address, account)| as_any(ctx, &address, account));
        Ok(QueryAccountsResponse { accounts: accounts.collect::<Result<_>>()?, pagination: page.into() })
    });
    routes.query("/cosmos.auth.v1beta1.Query/ModuleAccountByName", |ctx, q: QueryModuleAccountByNameRequest| {
        let address = Address::module(&q.name);
        match crate::account(ctx, &address)? {
            Some(account) if account.module == q.name => {
                Ok(QueryModuleAccountByNameResponse { account: Some(as_any(ctx, &address, account)?) })
            }
            _ => Err(sdk::not_found(format!("module account {}", q.name))),
        }
    });
    routes.query("/cosmos.auth.v1beta1.Query/Params", |ctx, _: QueryParamsRequest| {
        Ok(QueryParamsResponse { params: Some(crate::params(ctx)?) })
    });
    routes.query("/cosmos.auth.v1beta1.Query/Bech32Prefix", |_, _: Bech32PrefixRequest| {
        Ok(Bech32PrefixResponse { bech32_prefix: ADDRESS_PREFIX.to_owned() })
    });
    routes.query("/synergy.auth.v1.Query/PublicKey", |ctx, q: QueryPublicKeyRequest| {
        let (_, account) = find(ctx, &q.address)?;
        Ok(QueryPublicKeyResponse { pub_key: account.pub_key })
    });
}

fn find(ctx: &mut Ctx<'_>, text: &str) -> Result<(Address, Account)> {
    let address: Address = text.parse().map_err(|e| sdk::invalid_address(format!("address {text:?}: {e}")))?;
    match crate::account(ctx, &address)? {
        Some(account) => Ok((address, account)),
        None => Err(sdk::not_found(format!("account {address}"))),
    }
}

/// The account as Cosmos clients read it. They refuse key types that they do
/// not know, so post-quantum keys are served by `synergy.auth.v1.Query/PublicKey`.
fn base(address: &Address, account: Account) -> BaseAccount {
    let known = |key: &Any| AccountKey::from_any(&key.type_url, &key.value).is_ok_and(|key| key.is_cosmos());
    BaseAccount {
        address: address.to_string(),
        pub_key: account.pub_key.filter(known),
        account_number: account.account_number,
        sequence: account.sequence,
    }
}

fn as_any(ctx: &mut Ctx<'_>, address: &Address, mut account: Account) -> Result<Any> {
    let name = std::mem::take(&mut account.module);
    let base = base(address, account);
    Ok(match Vesting::of(ctx, address)? {
        Some(vesting) => vesting.to_any(Some(base)),
        None if name.is_empty() => pack(&base),
        None => pack(&ModuleAccount { base_account: Some(base), name, permissions: Vec::new() }),
    })
}

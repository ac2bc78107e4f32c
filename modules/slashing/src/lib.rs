//! Punishing validators that are away or sign twice (the Cosmos SDK's `x/slashing`).
//!
//! Stores a signing record per consensus address and, in chunks of bits, which
//! blocks of the window it missed. At the beginning of a block every vote of the
//! block before is counted; who misses more than the params allow is slashed a
//! little and jailed for a while. `evidence` calls [`tombstone`] for good.

mod error;
mod genesis;
mod liveness;
mod params;
mod state;
mod unjail;

use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Module, Page, Result, Routes, StoreId, sdk};
use synergy_proto::{
    Address,
    cosmos::slashing::v1beta1::{
        QueryParamsRequest, QueryParamsResponse, QuerySigningInfoRequest, QuerySigningInfoResponse,
        QuerySigningInfosRequest, QuerySigningInfosResponse,
    },
};

pub use liveness::{is_tombstoned, tombstone};
pub use params::{default_params, params};

/// The store.
pub const STORE: StoreId = StoreId { name: "slashing", prefix: 11 };

/// The module.
#[derive(Debug)]
pub struct Slashing;

impl Module for Slashing {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, routes: &mut Routes) {
        unjail::register(routes);
        params::register(routes);
        routes.query("/cosmos.slashing.v1beta1.Query/Params", |ctx, _: QueryParamsRequest| {
            Ok(QueryParamsResponse { params: Some(params(ctx)?) })
        });
        routes.query("/cosmos.slashing.v1beta1.Query/SigningInfo", |ctx, q: QuerySigningInfoRequest| {
            let address = state::consensus_address(&q.cons_address)?;
            match state::INFOS.get(ctx, &address)? {
                Some(info) => Ok(QuerySigningInfoResponse { val_signing_info: Some(info) }),
                None => Err(sdk::not_found(format!("SigningInfo for validator {}", q.cons_address))),
            }
        });
        routes.query("/cosmos.slashing.v1beta1.Query/SigningInfos", |ctx, q: QuerySigningInfosRequest| {
            let (infos, page) = state::INFOS.page(ctx, (), &Page::from(q.pagination))?;
            let info = infos.into_iter().map(|(_, info)| info).collect();
            Ok(QuerySigningInfosResponse { info, pagination: page.into() })
        });
    }

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        genesis::init(ctx, section)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        genesis::export(ctx)
    }

    fn begin_block(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        liveness::count_votes(ctx)
    }

    fn invariants(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        let mut infos: Vec<(Address, i64)> = Vec::new();
        state::INFOS.for_each(ctx, (), |address, info| {
            infos.push((address, info.missed_blocks_counter));
            Ok(true)
        })?;
        for (address, counted) in infos {
            let missed = i64::try_from(state::missed(ctx, &address)?.len()).unwrap_or(i64::MAX);
            if missed != counted {
                let name = address.valcons();
                return Err(sdk::invalid_request(format!("{name}: counted {counted} missed blocks, marked {missed}")));
            }
        }
        Ok(())
    }
}

//! The `slashing` section, in the Cosmos SDK's shape.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Dec, Result, sdk, text};
use synergy_proto::{
    cosmos::slashing::v1beta1::{Params, ValidatorSigningInfo},
    tendermint::google::protobuf::Duration,
};

use crate::{
    params::{self, PARAMS, Rules},
    state::{self, INFOS},
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    params: ParamsJson,
    signing_infos: Vec<Info>,
    missed_blocks: Vec<Missed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    #[serde(with = "text")]
    signed_blocks_window: i64,
    #[serde(with = "text")]
    min_signed_per_window: Dec,
    downtime_jail_duration: String,
    #[serde(with = "text")]
    slash_fraction_double_sign: Dec,
    #[serde(with = "text")]
    slash_fraction_downtime: Dec,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Info {
    address: String,
    validator_signing_info: SigningInfo,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SigningInfo {
    address: String,
    #[serde(with = "text")]
    start_height: i64,
    #[serde(with = "text")]
    index_offset: i64,
    jailed_until: String,
    tombstoned: bool,
    #[serde(with = "text")]
    missed_blocks_counter: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Missed {
    address: String,
    missed_blocks: Vec<MissedBlock>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MissedBlock {
    #[serde(with = "text")]
    index: u64,
    missed: bool,
}

fn bad(what: impl std::fmt::Display) -> synergy_kernel::Error {
    sdk::invalid_request(format!("genesis section slashing: {what}"))
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section = serde_json::from_str(section.get()).map_err(bad)?;
    let p = section.params;
    let seconds = p.downtime_jail_duration.strip_suffix('s').and_then(|n| n.parse().ok());
    let seconds = seconds.ok_or_else(|| bad("downtime_jail_duration: whole seconds, as \"600s\""))?;
    let params = Params {
        signed_blocks_window: p.signed_blocks_window,
        min_signed_per_window: params::bytes(p.min_signed_per_window),
        downtime_jail_duration: Some(Duration { seconds, nanos: 0 }),
        slash_fraction_double_sign: params::bytes(p.slash_fraction_double_sign),
        slash_fraction_downtime: params::bytes(p.slash_fraction_downtime),
    };
    Rules::read(&params)?;
    PARAMS.set(ctx, &params)?;
    for Info { address, validator_signing_info: info } in section.signing_infos {
        let until = synergy_staking::parse_rfc3339(&info.jailed_until).ok_or_else(|| bad("jailed_until is no time"))?;
        let value = ValidatorSigningInfo {
            address: info.address,
            start_height: info.start_height,
            index_offset: info.index_offset,
            jailed_until: Some(until),
            tombstoned: info.tombstoned,
            missed_blocks_counter: info.missed_blocks_counter,
        };
        INFOS.set(ctx, &state::consensus_address(&address)?, &value)?;
    }
    for Missed { address, missed_blocks } in section.missed_blocks {
        let address = state::consensus_address(&address)?;
        for block in missed_blocks {
            state::mark(ctx, &address, block.index, block.missed)?;
        }
    }
    Ok(())
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let p = crate::params(ctx)?;
    let mut infos = Vec::new();
    INFOS.for_each(ctx, (), |address, info| {
        infos.push((address, info));
        Ok(true)
    })?;
    let (mut signing_infos, mut missed_blocks) = (Vec::new(), Vec::new());
    for (address, info) in infos {
        let places = state::missed(ctx, &address)?;
        missed_blocks.push(Missed {
            address: address.valcons(),
            missed_blocks: places.into_iter().map(|index| MissedBlock { index, missed: true }).collect(),
        });
        signing_infos.push(Info { address: address.valcons(), validator_signing_info: SigningInfo::of(info) });
    }
    let section = Section {
        params: ParamsJson {
            signed_blocks_window: p.signed_blocks_window,
            min_signed_per_window: params::dec(&p.min_signed_per_window)?,
            downtime_jail_duration: format!("{}s", p.downtime_jail_duration.map_or(0, |d| d.seconds)),
            slash_fraction_double_sign: params::dec(&p.slash_fraction_double_sign)?,
            slash_fraction_downtime: params::dec(&p.slash_fraction_downtime)?,
        },
        signing_infos,
        missed_blocks,
    };
    serde_json::value::to_raw_value(&section).map_err(bad)
}

impl SigningInfo {
    fn of(info: ValidatorSigningInfo) -> Self {
        Self {
            address: info.address,
            start_height: info.start_height,
            index_offset: info.index_offset,
            jailed_until: synergy_staking::rfc3339(&info.jailed_until.unwrap_or_default()),
            tombstoned: info.tombstoned,
            missed_blocks_counter: info.missed_blocks_counter,
        }
    }
}

//! Messages and answers of `cosmos.upgrade.v1beta1`.

use super::{
    EMPTY,
    Kind::{I64, Msg, Str, Time, U64},
    Schema, many, maybe, one,
};

/// Types that stand in an `Any`.
pub(super) static ANY: &[(&str, &Schema)] = &[
    ("cosmos.upgrade.v1beta1.MsgCancelUpgrade", &Schema(&[one(1, "authority", Str)])),
    ("cosmos.upgrade.v1beta1.MsgCancelUpgradeResponse", &EMPTY),
    ("cosmos.upgrade.v1beta1.MsgSoftwareUpgrade", &Schema(&[one(1, "authority", Str), one(2, "plan", Msg(&PLAN))])),
    ("cosmos.upgrade.v1beta1.MsgSoftwareUpgradeResponse", &EMPTY),
];

static PLAN: Schema =
    Schema(&[one(1, "name", Str), maybe(2, "time", Time), one(3, "height", I64), one(4, "info", Str)]);
static VERSION: Schema = Schema(&[one(1, "name", Str), one(2, "version", U64)]);

pub(crate) static CURRENT_PLAN_RESPONSE: Schema = Schema(&[maybe(1, "plan", Msg(&PLAN))]);
pub(crate) static APPLIED_PLAN_RESPONSE: Schema = Schema(&[one(1, "height", I64)]);
pub(crate) static MODULE_VERSIONS_RESPONSE: Schema = Schema(&[many(1, "module_versions", Msg(&VERSION))]);
pub(crate) static AUTHORITY_RESPONSE: Schema = Schema(&[one(1, "address", Str)]);

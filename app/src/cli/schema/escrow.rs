//! Messages of `synergy.escrow.v1`.

use super::{
    COIN, EMPTY,
    Kind::{Bool, Bytes, Enum, Hash, I64, Msg, Str, U32, U64},
    PAGE, Schema, TENSOR, many, maybe, one,
};

/// Types that stand in an `Any`.
pub(super) static ANY: &[(&str, &Schema)] = &[
    ("synergy.escrow.v1.MsgAdvance", &Schema(&[one(1, "sender", Str), ID])),
    ("synergy.escrow.v1.MsgAdvanceResponse", &EMPTY),
    ("synergy.escrow.v1.MsgApprove", &Schema(&[one(1, "approver", Str), ID])),
    ("synergy.escrow.v1.MsgApproveResponse", &Schema(&[one(1, "released", Bool)])),
    ("synergy.escrow.v1.MsgCancel", &Schema(&[one(1, "payer", Str), ID])),
    ("synergy.escrow.v1.MsgCancelResponse", &EMPTY),
    ("synergy.escrow.v1.MsgCreate", &MSG_CREATE),
    ("synergy.escrow.v1.MsgCreateResponse", &Schema(&[one(1, "escrow_id", U64)])),
    ("synergy.escrow.v1.MsgDispute", &Schema(&[one(1, "party", Str), ID])),
    ("synergy.escrow.v1.MsgDisputeResponse", &Schema(&[one(1, "deadline", I64)])),
    ("synergy.escrow.v1.MsgPartialRelease", &Schema(&[one(1, "payer", Str), ID, one(3, "amount", Msg(&COIN))])),
    ("synergy.escrow.v1.MsgPartialReleaseResponse", &EMPTY),
    ("synergy.escrow.v1.MsgRefund", &Schema(&[one(1, "payee", Str), ID])),
    ("synergy.escrow.v1.MsgRefundResponse", &EMPTY),
    (
        "synergy.escrow.v1.MsgRelease",
        &Schema(&[one(1, "sender", Str), ID, one(3, "preimage", Bytes), many(4, "inputs", Msg(&TENSOR))]),
    ),
    ("synergy.escrow.v1.MsgReleaseResponse", &EMPTY),
    ("synergy.escrow.v1.MsgResolve", &Schema(&[one(1, "arbiter", Str), ID, one(3, "payee_amount", Msg(&COIN))])),
    ("synergy.escrow.v1.MsgResolveResponse", &EMPTY),
    ("synergy.escrow.v1.MsgUpdateParams", &Schema(&[one(1, "authority", Str), one(2, "params", Msg(&PARAMS))])),
    ("synergy.escrow.v1.MsgUpdateParamsResponse", &EMPTY),
    ("synergy.escrow.v1.MsgWithdraw", &Schema(&[one(1, "payee", Str), ID])),
    ("synergy.escrow.v1.MsgWithdrawResponse", &Schema(&[one(1, "amount", Msg(&COIN))])),
];

const ID: super::Field = one(2, "escrow_id", U64);

const PHASE: &[(u64, &str)] =
    &[(0, "PHASE_UNSPECIFIED"), (1, "PHASE_OPEN"), (2, "PHASE_DISPUTED"), (3, "PHASE_CLOSED")];
const OUTCOME: &[(u64, &str)] = &[
    (0, "OUTCOME_UNSPECIFIED"),
    (1, "OUTCOME_RELEASE"),
    (2, "OUTCOME_REFUND"),
    (3, "OUTCOME_RESOLVED"),
    (4, "OUTCOME_CANCELLED"),
];
const COMPARISON: &[(u64, &str)] = &[
    (0, "COMPARISON_UNSPECIFIED"),
    (1, "COMPARISON_EQUAL"),
    (2, "COMPARISON_NOT_EQUAL"),
    (3, "COMPARISON_LESS"),
    (4, "COMPARISON_LESS_OR_EQUAL"),
    (5, "COMPARISON_GREATER"),
    (6, "COMPARISON_GREATER_OR_EQUAL"),
];

static CONDITION: Schema = Schema(&[
    maybe(1, "not_before", I64),
    maybe(2, "preimage_hash", Hash),
    maybe(3, "inference", Msg(&INFERENCE)),
    maybe(4, "approval", Msg(&APPROVAL)),
]);
static INFERENCE: Schema = Schema(&[
    one(1, "model_id", Hash),
    one(2, "input_hash", Hash),
    one(3, "output", Str),
    one(4, "element", U64),
    one(5, "comparison", Enum(COMPARISON)),
    one(6, "threshold", Hash),
]);
static APPROVAL: Schema = Schema(&[many(1, "approvers", Str), one(2, "threshold", U32)]);
static STREAM: Schema =
    Schema(&[one(1, "start", I64), one(2, "end", I64), one(3, "by_height", Bool), one(4, "cancelable", Bool)]);
static MSG_CREATE: Schema = Schema(&[
    one(1, "payer", Str),
    one(2, "payee", Str),
    one(3, "arbiter", Str),
    one(4, "amount", Msg(&COIN)),
    one(5, "expires", I64),
    one(6, "default_outcome", Enum(OUTCOME)),
    one(7, "dispute_seconds", I64),
    one(8, "condition", Msg(&CONDITION)),
    one(9, "stream", Msg(&STREAM)),
]);
static ESCROW: Schema = Schema(&[
    one(1, "id", U64),
    one(2, "payer", Str),
    one(3, "payee", Str),
    one(4, "arbiter", Str),
    one(5, "amount", Msg(&COIN)),
    one(6, "paid", Str),
    one(7, "returned", Str),
    one(8, "phase", Enum(PHASE)),
    one(9, "expires", I64),
    one(10, "default_outcome", Enum(OUTCOME)),
    one(11, "dispute_seconds", I64),
    one(12, "deadline", I64),
    one(13, "condition", Msg(&CONDITION)),
    one(14, "stream", Msg(&STREAM)),
    many(15, "approvals", Str),
    one(16, "outcome", Enum(OUTCOME)),
    one(17, "queued", I64),
]);
static PARAMS: Schema = Schema(&[
    one(1, "max_due_per_block", U32),
    one(2, "max_seconds", I64),
    one(3, "max_dispute_seconds", I64),
    one(4, "closed_seconds", I64),
]);
pub(crate) static ESCROW_RESPONSE: Schema = Schema(&[one(1, "escrow", Msg(&ESCROW)), one(2, "withdrawable", Str)]);
pub(crate) static ESCROWS_RESPONSE: Schema =
    Schema(&[many(1, "escrows", Msg(&ESCROW)), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static PARAMS_RESPONSE: Schema = Schema(&[one(1, "params", Msg(&PARAMS))]);

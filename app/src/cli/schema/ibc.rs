//! Messages and answers of `ibc.*` that people write and read. What relayers send is in
//! the API's JSON.

use super::{
    COIN, EMPTY,
    Kind::{Any, Bool, Bytes, Enum, I64, Msg, Span, Str, Time, U32, U64},
    PAGE, Schema, many, maybe, one,
};

/// Types that stand in an `Any`.
pub(super) static ANY: &[(&str, &Schema)] = &[
    ("ibc.applications.transfer.v1.MsgTransfer", &MSG_TRANSFER),
    ("ibc.applications.transfer.v1.MsgTransferResponse", &Schema(&[one(1, "sequence", U64)])),
    (
        "ibc.applications.transfer.v1.MsgUpdateParams",
        &Schema(&[one(1, "signer", Str), one(2, "params", Msg(&TRANSFER_PARAMS))]),
    ),
    ("ibc.applications.transfer.v1.MsgUpdateParamsResponse", &EMPTY),
    (
        "ibc.core.client.v1.MsgRecoverClient",
        &Schema(&[one(1, "subject_client_id", Str), one(2, "substitute_client_id", Str), one(3, "signer", Str)]),
    ),
    ("ibc.core.client.v1.MsgRecoverClientResponse", &EMPTY),
    (
        "ibc.core.client.v1.MsgIBCSoftwareUpgrade",
        &Schema(&[one(1, "plan", Msg(&PLAN)), one(2, "upgraded_client_state", Any), one(3, "signer", Str)]),
    ),
    ("ibc.core.client.v1.MsgIBCSoftwareUpgradeResponse", &EMPTY),
    (
        "ibc.core.client.v1.MsgUpdateParams",
        &Schema(&[one(1, "signer", Str), one(2, "params", Msg(&Schema(&[many(1, "allowed_clients", Str)])))]),
    ),
    ("ibc.core.client.v1.MsgUpdateParamsResponse", &EMPTY),
    (
        "ibc.core.connection.v1.MsgUpdateParams",
        &Schema(&[
            one(1, "signer", Str),
            one(2, "params", Msg(&Schema(&[one(1, "max_expected_time_per_block", U64)]))),
        ]),
    ),
    ("ibc.core.connection.v1.MsgUpdateParamsResponse", &EMPTY),
    ("ibc.lightclients.tendermint.v1.ClientState", &CLIENT_STATE),
];

static PLAN: Schema =
    Schema(&[one(1, "name", Str), maybe(2, "time", Time), one(3, "height", I64), one(4, "info", Str)]);
static HEIGHT: Schema = Schema(&[one(1, "revision_number", U64), one(2, "revision_height", U64)]);
static MSG_TRANSFER: Schema = Schema(&[
    one(1, "source_port", Str),
    one(2, "source_channel", Str),
    one(3, "token", Msg(&COIN)),
    one(4, "sender", Str),
    one(5, "receiver", Str),
    one(6, "timeout_height", Msg(&HEIGHT)),
    one(7, "timeout_timestamp", U64),
    one(8, "memo", Str),
    one(9, "encoding", Str),
]);
static TRANSFER_PARAMS: Schema = Schema(&[one(1, "send_enabled", Bool), one(2, "receive_enabled", Bool)]);

// A light client of CometBFT and the proofs it takes (ICS-07, ICS-23).
static CLIENT_STATE: Schema = Schema(&[
    one(1, "chain_id", Str),
    one(2, "trust_level", Msg(&Schema(&[one(1, "numerator", U64), one(2, "denominator", U64)]))),
    one(3, "trusting_period", Span),
    one(4, "unbonding_period", Span),
    one(5, "max_clock_drift", Span),
    one(6, "frozen_height", Msg(&HEIGHT)),
    one(7, "latest_height", Msg(&HEIGHT)),
    many(8, "proof_specs", Msg(&PROOF_SPEC)),
    many(9, "upgrade_path", Str),
    one(10, "allow_update_after_expiry", Bool),
    one(11, "allow_update_after_misbehaviour", Bool),
]);
const HASH_OP: &[(u64, &str)] = &[(0, "NO_HASH"), (1, "SHA256"), (2, "SHA512"), (3, "KECCAK256"), (4, "RIPEMD160")];
const LENGTH_OP: &[(u64, &str)] = &[(0, "NO_PREFIX"), (1, "VAR_PROTO"), (2, "VAR_RLP")];
static PROOF_SPEC: Schema = Schema(&[
    one(1, "leaf_spec", Msg(&LEAF)),
    one(2, "inner_spec", Msg(&INNER)),
    one(3, "max_depth", U32),
    one(4, "min_depth", U32),
    one(5, "prehash_key_before_comparison", Bool),
]);
static LEAF: Schema = Schema(&[
    one(1, "hash", Enum(HASH_OP)),
    one(2, "prehash_key", Enum(HASH_OP)),
    one(3, "prehash_value", Enum(HASH_OP)),
    one(4, "length", Enum(LENGTH_OP)),
    one(5, "prefix", Bytes),
]);
static INNER: Schema = Schema(&[
    many(1, "child_order", U32),
    one(2, "child_size", U32),
    one(3, "min_prefix_length", U32),
    one(4, "max_prefix_length", U32),
    one(5, "empty_child", Bytes),
    one(6, "hash", Enum(HASH_OP)),
]);

const STATE: &[(u64, &str)] = &[
    (0, "STATE_UNINITIALIZED_UNSPECIFIED"),
    (1, "STATE_INIT"),
    (2, "STATE_TRYOPEN"),
    (3, "STATE_OPEN"),
    (4, "STATE_CLOSED"),
];
const ORDER: &[(u64, &str)] = &[(0, "ORDER_NONE_UNSPECIFIED"), (1, "ORDER_UNORDERED"), (2, "ORDER_ORDERED")];
static CHANNEL: Schema = Schema(&[
    one(1, "state", Enum(STATE)),
    one(2, "ordering", Enum(ORDER)),
    one(3, "counterparty", Msg(&Schema(&[one(1, "port_id", Str), one(2, "channel_id", Str)]))),
    many(4, "connection_hops", Str),
    one(5, "version", Str),
    one(6, "port_id", Str),
    one(7, "channel_id", Str),
]);
static CONNECTION: Schema = Schema(&[
    one(1, "id", Str),
    one(2, "client_id", Str),
    many(3, "versions", Msg(&Schema(&[one(1, "identifier", Str), many(2, "features", Str)]))),
    one(4, "state", Enum(STATE)),
    one(
        5,
        "counterparty",
        Msg(&Schema(&[
            one(1, "client_id", Str),
            one(2, "connection_id", Str),
            one(3, "prefix", Msg(&Schema(&[one(1, "key_prefix", Bytes)]))),
        ])),
    ),
    one(6, "delay_period", U64),
]);
static CLIENT: Schema = Schema(&[one(1, "client_id", Str), one(2, "client_state", Any)]);

pub(crate) static CHANNELS_RESPONSE: Schema =
    Schema(&[many(1, "channels", Msg(&CHANNEL)), one(2, "pagination", Msg(&PAGE)), one(3, "height", Msg(&HEIGHT))]);
pub(crate) static CONNECTIONS_RESPONSE: Schema = Schema(&[
    many(1, "connections", Msg(&CONNECTION)),
    one(2, "pagination", Msg(&PAGE)),
    one(3, "height", Msg(&HEIGHT)),
]);
pub(crate) static CLIENTS_RESPONSE: Schema =
    Schema(&[many(1, "client_states", Msg(&CLIENT)), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static STATUS_RESPONSE: Schema = Schema(&[one(1, "status", Str)]);
pub(crate) static TRANSFER_PARAMS_RESPONSE: Schema = Schema(&[one(1, "params", Msg(&TRANSFER_PARAMS))]);
static DENOM: Schema = Schema(&[
    one(1, "base", Str),
    many(3, "trace", Msg(&Schema(&[one(1, "port_id", Str), one(2, "channel_id", Str)]))),
]);
pub(crate) static DENOM_RESPONSE: Schema = Schema(&[one(1, "denom", Msg(&DENOM))]);
pub(crate) static DENOMS_RESPONSE: Schema = Schema(&[many(1, "denoms", Msg(&DENOM)), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static ESCROW_RESPONSE: Schema = Schema(&[one(1, "escrow_address", Str)]);
pub(crate) static TOTAL_RESPONSE: Schema = Schema(&[one(1, "amount", Msg(&COIN))]);

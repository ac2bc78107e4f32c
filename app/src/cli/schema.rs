//! The protobuf messages that the command line reads and writes as JSON.
//!
//! prost keeps no field names, so they stand here, once, as data; `codec` does
//! the rest in both directions.

pub(crate) mod escrow;
pub(crate) mod ibc;
pub(crate) mod pos;
pub(crate) mod upgrade;

/// The type of a field.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Str,
    /// base64 in JSON.
    Bytes,
    /// Bytes that people know as hexadecimal: base64 in JSON, hex in text.
    Hash,
    /// JSON in bytes; JSON in JSON.
    Json,
    U64,
    U32,
    I64,
    Bool,
    Enum(&'static [(u64, &'static str)]),
    Msg(&'static Schema),
    /// A `google.protobuf.Any`.
    Any,
    /// A decimal number, on the wire times 10¹⁸.
    Dec,
    /// A `google.protobuf.Timestamp`.
    Time,
    /// A `google.protobuf.Duration`.
    Span,
}

/// How often a field stands in a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    /// JSON always shows it, with its default when it is absent.
    One,
    /// A member of a oneof: JSON shows it when it is there.
    Maybe,
    Many,
}

pub(crate) struct Field {
    pub(crate) tag: u32,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) count: Count,
}

/// A message: its fields in order of tag.
pub(crate) struct Schema(pub(crate) &'static [Field]);

use Kind::{Any, Bool, Bytes, Enum, Hash, I64, Json, Msg, Str, U32, U64};

const fn one(tag: u32, name: &'static str, kind: Kind) -> Field {
    Field { tag, name, kind, count: Count::One }
}

const fn maybe(tag: u32, name: &'static str, kind: Kind) -> Field {
    Field { tag, name, kind, count: Count::Maybe }
}

const fn many(tag: u32, name: &'static str, kind: Kind) -> Field {
    Field { tag, name, kind, count: Count::Many }
}

/// The schema of the message that an `Any` holds.
pub(crate) fn by_type_url(type_url: &str) -> Option<&'static Schema> {
    let name = type_url.strip_prefix('/')?;
    let tables = [ANY, pos::ANY, escrow::ANY, ibc::ANY, upgrade::ANY];
    tables.into_iter().flatten().find(|(known, _)| *known == name).map(|(_, schema)| *schema)
}

static ANY: &[(&str, &Schema)] = &[
    ("cosmos.auth.v1beta1.BaseAccount", &BASE_ACCOUNT),
    ("cosmos.auth.v1beta1.ModuleAccount", &MODULE_ACCOUNT),
    ("cosmos.bank.v1beta1.MsgMultiSend", &MSG_MULTI_SEND),
    ("cosmos.bank.v1beta1.MsgMultiSendResponse", &EMPTY),
    ("cosmos.bank.v1beta1.MsgSend", &MSG_SEND),
    ("cosmos.bank.v1beta1.MsgSendResponse", &EMPTY),
    ("cosmos.crypto.ed25519.PubKey", &KEY),
    ("cosmos.crypto.mldsa65.PubKey", &KEY),
    ("cosmos.crypto.multisig.LegacyAminoPubKey", &MULTISIG_KEY),
    ("cosmos.crypto.secp256k1.PubKey", &KEY),
    ("cosmos.evm.crypto.v1.ethsecp256k1.PubKey", &KEY),
    ("cosmwasm.wasm.v1.MsgClearAdmin", &MSG_CLEAR_ADMIN),
    ("cosmwasm.wasm.v1.MsgClearAdminResponse", &EMPTY),
    ("cosmwasm.wasm.v1.MsgExecuteContract", &MSG_EXECUTE_CONTRACT),
    ("cosmwasm.wasm.v1.MsgExecuteContractResponse", &DATA_RESPONSE),
    ("cosmwasm.wasm.v1.MsgInstantiateContract", &MSG_INSTANTIATE_CONTRACT),
    ("cosmwasm.wasm.v1.MsgInstantiateContractResponse", &MSG_INSTANTIATE_RESPONSE),
    ("cosmwasm.wasm.v1.MsgInstantiateContract2", &MSG_INSTANTIATE_CONTRACT2),
    ("cosmwasm.wasm.v1.MsgInstantiateContract2Response", &MSG_INSTANTIATE_RESPONSE),
    ("cosmwasm.wasm.v1.MsgMigrateContract", &MSG_MIGRATE_CONTRACT),
    ("cosmwasm.wasm.v1.MsgMigrateContractResponse", &DATA_RESPONSE),
    ("cosmwasm.wasm.v1.MsgStoreCode", &MSG_STORE_CODE),
    ("cosmwasm.wasm.v1.MsgStoreCodeResponse", &MSG_STORE_CODE_RESPONSE),
    ("cosmwasm.wasm.v1.MsgUpdateAdmin", &MSG_UPDATE_ADMIN),
    ("cosmwasm.wasm.v1.MsgUpdateAdminResponse", &EMPTY),
    ("cosmwasm.wasm.v1.MsgUpdateContractLabel", &MSG_UPDATE_CONTRACT_LABEL),
    ("cosmwasm.wasm.v1.MsgUpdateContractLabelResponse", &EMPTY),
    ("cosmwasm.wasm.v1.MsgUpdateInstantiateConfig", &MSG_UPDATE_INSTANTIATE_CONFIG),
    ("cosmwasm.wasm.v1.MsgUpdateInstantiateConfigResponse", &EMPTY),
    ("synergy.auth.v1.MsgPublishKemKey", &MSG_PUBLISH_KEM_KEY),
    ("synergy.auth.v1.MsgPublishKemKeyResponse", &EMPTY),
    ("synergy.aivm.v1.MsgInfer", &MSG_INFER),
    ("synergy.aivm.v1.MsgExtendBlob", &MSG_EXTEND_BLOB),
    ("synergy.aivm.v1.MsgExtendBlobResponse", &MSG_EXTEND_BLOB_RESPONSE),
    ("synergy.aivm.v1.MsgInferResponse", &MSG_INFER_RESPONSE),
    ("synergy.aivm.v1.MsgRemoveBlob", &MSG_REMOVE_BLOB),
    ("synergy.aivm.v1.MsgRemoveBlobResponse", &EMPTY),
    ("synergy.aivm.v1.MsgUploadBlob", &MSG_UPLOAD_BLOB),
    ("synergy.aivm.v1.MsgUploadBlobResponse", &MSG_UPLOAD_BLOB_RESPONSE),
    ("synergy.crypto.v1.HybridPubKey", &HYBRID_KEY),
    ("synergy.crypto.v1.MlDsa44PubKey", &KEY),
    ("synergy.crypto.v1.MlDsa65PubKey", &KEY),
    ("synergy.crypto.v1.MlDsa87PubKey", &KEY),
    ("synergy.modelregistry.v1.MsgActivateModel", &MSG_OF_MODEL),
    ("synergy.modelregistry.v1.MsgActivateModelResponse", &EMPTY),
    ("synergy.modelregistry.v1.MsgCreateModel", &MSG_CREATE_MODEL),
    ("synergy.modelregistry.v1.MsgCreateModelResponse", &MSG_CREATE_MODEL_RESPONSE),
    ("synergy.modelregistry.v1.MsgDeprecateModel", &MSG_OF_MODEL),
    ("synergy.modelregistry.v1.MsgDeprecateModelResponse", &MSG_DEPRECATE_MODEL_RESPONSE),
    ("synergy.modelregistry.v1.MsgPayRent", &MSG_PAY_RENT),
    ("synergy.modelregistry.v1.MsgPayRentResponse", &MSG_PAY_RENT_RESPONSE),
    ("synergy.modelregistry.v1.MsgRemoveModel", &MSG_OF_MODEL),
    ("synergy.modelregistry.v1.MsgRemoveModelResponse", &MSG_REMOVE_MODEL_RESPONSE),
    ("synergy.modelregistry.v1.MsgSealModel", &MSG_SEAL_MODEL),
    ("synergy.modelregistry.v1.MsgSealModelResponse", &MSG_SEAL_MODEL_RESPONSE),
    ("synergy.modelregistry.v1.MsgSetAllowed", &MSG_SET_ALLOWED),
    ("synergy.modelregistry.v1.MsgSetAllowedResponse", &EMPTY),
    ("synergy.modelregistry.v1.MsgSetResident", &MSG_SET_RESIDENT),
    ("synergy.modelregistry.v1.MsgSetResidentResponse", &EMPTY),
    ("synergy.modelregistry.v1.MsgSetTerms", &MSG_SET_TERMS),
    ("synergy.modelregistry.v1.MsgSetTermsResponse", &EMPTY),
    ("synergy.modelregistry.v1.MsgUploadChunk", &MSG_UPLOAD_CHUNK),
    ("synergy.modelregistry.v1.MsgUploadChunkResponse", &MSG_UPLOAD_CHUNK_RESPONSE),
];

static EMPTY: Schema = Schema(&[]);

// Keys and accounts.
static KEY: Schema = Schema(&[one(1, "key", Bytes)]);
static MULTISIG_KEY: Schema = Schema(&[one(1, "threshold", U32), many(2, "public_keys", Any)]);
static HYBRID_KEY: Schema = Schema(&[one(1, "secp256k1", Bytes), one(2, "ml_dsa_65", Bytes)]);
static BASE_ACCOUNT: Schema =
    Schema(&[one(1, "address", Str), one(2, "pub_key", Any), one(3, "account_number", U64), one(4, "sequence", U64)]);
static MODULE_ACCOUNT: Schema =
    Schema(&[one(1, "base_account", Msg(&BASE_ACCOUNT)), one(2, "name", Str), many(3, "permissions", Str)]);
pub(crate) static STORED_ACCOUNT: Schema = Schema(&[
    one(1, "pub_key", Any),
    one(2, "account_number", U64),
    one(3, "sequence", U64),
    one(4, "module", Str),
    maybe(5, "vesting", Any),
]);
pub(crate) static ACCOUNT_RESPONSE: Schema = Schema(&[one(1, "account", Any)]);
pub(crate) static ACCOUNTS_RESPONSE: Schema = Schema(&[many(1, "accounts", Any), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static AUTH_PARAMS_RESPONSE: Schema = Schema(&[one(1, "params", Msg(&AUTH_PARAMS))]);
static AUTH_PARAMS: Schema = Schema(&[
    one(1, "max_memo_characters", U64),
    one(2, "tx_sig_limit", U64),
    one(3, "tx_size_cost_per_byte", U64),
    one(4, "sig_verify_cost_ed25519", U64),
    one(5, "sig_verify_cost_secp256k1", U64),
]);
static MSG_PUBLISH_KEM_KEY: Schema = Schema(&[one(1, "address", Str), one(2, "kem_key", Bytes)]);
pub(crate) static KEM_KEY_RESPONSE: Schema = Schema(&[one(1, "kem_key", Bytes)]);
pub(crate) static PUBLIC_KEY_RESPONSE: Schema = Schema(&[one(1, "pub_key", Any)]);

// Coins and bank.
static PAGE: Schema = Schema(&[one(1, "next_key", Bytes), one(2, "total", U64)]);
static COIN: Schema = Schema(&[one(1, "denom", Str), one(2, "amount", Str)]);
static IN_OR_OUT: Schema = Schema(&[one(1, "address", Str), many(2, "coins", Msg(&COIN))]);
static MSG_SEND: Schema =
    Schema(&[one(1, "from_address", Str), one(2, "to_address", Str), many(3, "amount", Msg(&COIN))]);
static MSG_MULTI_SEND: Schema = Schema(&[many(1, "inputs", Msg(&IN_OR_OUT)), many(2, "outputs", Msg(&IN_OR_OUT))]);
pub(crate) static BALANCES_RESPONSE: Schema =
    Schema(&[many(1, "balances", Msg(&COIN)), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static BALANCE_RESPONSE: Schema = Schema(&[one(1, "balance", Msg(&COIN))]);
pub(crate) static TOTAL_SUPPLY_RESPONSE: Schema =
    Schema(&[many(1, "supply", Msg(&COIN)), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static SUPPLY_OF_RESPONSE: Schema = Schema(&[one(1, "amount", Msg(&COIN))]);
static DENOM_UNIT: Schema = Schema(&[one(1, "denom", Str), one(2, "exponent", U32), many(3, "aliases", Str)]);
static METADATA: Schema = Schema(&[
    one(1, "description", Str),
    many(2, "denom_units", Msg(&DENOM_UNIT)),
    one(3, "base", Str),
    one(4, "display", Str),
    one(5, "name", Str),
    one(6, "symbol", Str),
    one(7, "uri", Str),
    one(8, "uri_hash", Str),
]);
pub(crate) static METADATA_RESPONSE: Schema = Schema(&[one(1, "metadata", Msg(&METADATA))]);
pub(crate) static METADATAS_RESPONSE: Schema =
    Schema(&[many(1, "metadatas", Msg(&METADATA)), one(2, "pagination", Msg(&PAGE))]);

// Fee market.
static FEEMARKET_PARAMS: Schema = Schema(&[
    one(1, "fee_denom", Str),
    one(2, "min_base_fee", Str),
    one(3, "target_block_gas", U64),
    one(4, "change_denominator", U64),
    one(5, "burn_basis_points", U32),
]);
pub(crate) static FEEMARKET_PARAMS_RESPONSE: Schema = Schema(&[one(1, "params", Msg(&FEEMARKET_PARAMS))]);
pub(crate) static BASE_FEE_RESPONSE: Schema = Schema(&[one(1, "base_fee", Str), one(2, "denom", Str)]);

// Models.
const STATUS: &[(u64, &str)] = &[
    (0, "STATUS_UNSPECIFIED"),
    (1, "STATUS_DRAFT"),
    (2, "STATUS_SEALED"),
    (3, "STATUS_ACTIVE"),
    (4, "STATUS_DEPRECATED"),
];
static BINDING: Schema = Schema(&[one(1, "dimension", Str), one(2, "size", U64)]);
static TENSOR_SPEC: Schema = Schema(&[one(1, "name", Str), one(2, "dtype", Str), many(3, "shape", U64)]);
static ASSET: Schema = Schema(&[one(1, "name", Str), one(2, "hash", Hash), one(3, "size", U64)]);
static ROYALTY: Schema = Schema(&[one(1, "recipient", Str), one(2, "basis_points", U32)]);
static TERMS: Schema = Schema(&[one(1, "price", Str), many(2, "royalties", Msg(&ROYALTY)), one(3, "restricted", Bool)]);
static MANIFEST: Schema = Schema(&[
    one(1, "owner", Str),
    one(2, "name", Str),
    one(3, "version", Str),
    one(4, "content_hash", Hash),
    one(5, "size", U64),
    one(6, "profile", Hash),
    many(7, "bindings", Msg(&BINDING)),
    many(8, "assets", Msg(&ASSET)),
    one(9, "license", Str),
    many(10, "parents", Hash),
]);
static MODEL: Schema = Schema(&[
    one(1, "id", Hash),
    one(2, "owner", Str),
    one(3, "name", Str),
    one(4, "content_hash", Hash),
    one(5, "size", U64),
    many(6, "bindings", Msg(&BINDING)),
    one(7, "profile", Hash),
    one(8, "status", Enum(STATUS)),
    many(10, "inputs", Msg(&TENSOR_SPEC)),
    many(11, "outputs", Msg(&TENSOR_SPEC)),
    one(12, "load_gas", U64),
    one(13, "infer_gas", U64),
    one(14, "variable", Bool),
    one(15, "sealed_height", I64),
    one(16, "uploaded", U64),
    one(18, "frozen", Bool),
    one(19, "version", Str),
    many(20, "assets", Msg(&ASSET)),
    one(21, "license", Str),
    many(22, "parents", Hash),
    one(23, "terms", Msg(&TERMS)),
    one(24, "chunk_bytes", U64),
    one(25, "chunk_root", Hash),
    one(26, "deposit", Str),
    one(27, "memory_bytes", U64),
    one(28, "deprecated_height", I64),
    one(29, "rented_until", U64),
    one(30, "resident", Bool),
    one(31, "dependents", U64),
]);
pub(crate) static MODEL_RESPONSE: Schema = Schema(&[one(1, "model", Msg(&MODEL))]);
pub(crate) static MODELS_RESPONSE: Schema = Schema(&[many(1, "models", Msg(&MODEL)), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static MANIFEST_RESPONSE: Schema = Schema(&[one(1, "manifest", Msg(&MANIFEST)), one(2, "encoded", Bytes)]);
pub(crate) static ALLOWED_RESPONSE: Schema = Schema(&[many(1, "addresses", Str), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static RESIDENTS_RESPONSE: Schema = Schema(&[many(1, "model_ids", Hash), one(2, "bytes", U64)]);
static MODEL_PARAMS: Schema = Schema(&[
    one(1, "max_chunk_bytes", U64),
    one(2, "max_model_bytes", U64),
    one(3, "deprecation_blocks", U64),
    one(4, "deposit_per_byte", Str),
    one(5, "rent_per_mib_block", Str),
    one(6, "max_rent_blocks", U64),
    one(7, "max_resident_bytes", U64),
]);
pub(crate) static MODEL_PARAMS_RESPONSE: Schema = Schema(&[one(1, "params", Msg(&MODEL_PARAMS))]);
static MSG_CREATE_MODEL: Schema = Schema(&[
    one(1, "owner", Str),
    one(2, "name", Str),
    one(3, "content_hash", Hash),
    one(4, "size", U64),
    many(5, "bindings", Msg(&BINDING)),
    one(6, "version", Str),
    many(7, "assets", Msg(&ASSET)),
    one(8, "license", Str),
    many(9, "parents", Hash),
    one(10, "terms", Msg(&TERMS)),
    one(11, "chunk_bytes", U64),
]);
static MSG_CREATE_MODEL_RESPONSE: Schema = Schema(&[one(1, "model_id", Hash), one(2, "version", Str)]);
static MSG_UPLOAD_CHUNK: Schema =
    Schema(&[one(1, "owner", Str), one(2, "model_id", Hash), one(3, "index", U32), one(4, "data", Bytes)]);
static MSG_UPLOAD_CHUNK_RESPONSE: Schema = Schema(&[one(1, "chunk_hash", Hash)]);
static MSG_SEAL_MODEL: Schema = Schema(&[one(1, "owner", Str), one(2, "model_id", Hash), one(3, "hold", Bool)]);
static MSG_SEAL_MODEL_RESPONSE: Schema =
    Schema(&[one(1, "load_gas", U64), one(2, "infer_gas", U64), one(3, "variable", Bool)]);
static MSG_OF_MODEL: Schema = Schema(&[one(1, "owner", Str), one(2, "model_id", Hash)]);
static MSG_DEPRECATE_MODEL_RESPONSE: Schema = Schema(&[one(1, "removable_height", I64)]);
static MSG_REMOVE_MODEL_RESPONSE: Schema = Schema(&[one(1, "deposit", Str)]);
static MSG_SET_TERMS: Schema = Schema(&[one(1, "owner", Str), one(2, "model_id", Hash), one(3, "terms", Msg(&TERMS))]);
static MSG_SET_ALLOWED: Schema =
    Schema(&[one(1, "owner", Str), one(2, "model_id", Hash), many(3, "add", Str), many(4, "remove", Str)]);
static MSG_PAY_RENT: Schema =
    Schema(&[one(1, "payer", Str), one(2, "model_id", Hash), one(3, "blocks", U64), one(4, "max_rent", Str)]);
static MSG_PAY_RENT_RESPONSE: Schema = Schema(&[one(1, "rented_until", U64), one(2, "rent", Str)]);
static MSG_SET_RESIDENT: Schema =
    Schema(&[one(1, "authority", Str), one(2, "model_id", Hash), one(3, "resident", Bool)]);

// Inference.
static TENSOR: Schema = Schema(&[
    one(1, "name", Str),
    one(2, "dtype", Str),
    many(3, "shape", U64),
    one(4, "data", Bytes),
    one(5, "blob", Hash),
]);
pub(crate) static RECORD: Schema = Schema(&[
    one(1, "id", U64),
    one(2, "sender", Str),
    one(3, "model_id", Hash),
    one(4, "profile", Hash),
    one(5, "input_hash", Hash),
    one(6, "output_hash", Hash),
    one(7, "gas", U64),
    one(8, "height", I64),
    many(9, "outputs", Msg(&TENSOR)),
]);
pub(crate) static RECORD_RESPONSE: Schema = Schema(&[one(1, "record", Msg(&RECORD))]);
pub(crate) static RECORDS_RESPONSE: Schema =
    Schema(&[many(1, "records", Msg(&RECORD)), one(2, "pagination", Msg(&PAGE))]);
static AIVM_PARAMS: Schema = Schema(&[
    one(1, "max_input_bytes", U64),
    one(2, "max_inline_output_bytes", U64),
    one(3, "record_blocks", U64),
    one(4, "max_blob_bytes", U64),
    one(5, "max_blob_chunk_bytes", U64),
    one(6, "max_blob_blocks", U64),
    one(7, "blob_deposit_per_byte", Str),
    one(8, "max_block_gas", U64),
]);
pub(crate) static AIVM_PARAMS_RESPONSE: Schema = Schema(&[one(1, "params", Msg(&AIVM_PARAMS))]);
pub(crate) static INTERCHAIN_PAYER_RESPONSE: Schema = Schema(&[one(1, "address", Str)]);
static MSG_INFER: Schema = Schema(&[
    one(1, "sender", Str),
    one(2, "model_id", Hash),
    many(3, "inputs", Msg(&TENSOR)),
    one(4, "output_blocks", U64),
    one(5, "max_price", Str),
]);
static MSG_INFER_RESPONSE: Schema = Schema(&[
    one(1, "record_id", U64),
    many(2, "outputs", Msg(&TENSOR)),
    one(3, "input_hash", Hash),
    one(4, "output_hash", Hash),
    one(5, "gas", U64),
    one(6, "load_gas", U64),
    one(7, "price", Str),
]);
pub(crate) static INFER_RESPONSE: Schema = Schema(&[
    many(1, "outputs", Msg(&TENSOR)),
    one(2, "input_hash", Hash),
    one(3, "output_hash", Hash),
    one(4, "gas", U64),
]);
const TIME_CLASS: &[(u64, &str)] = &[
    (0, "TIME_CLASS_UNSPECIFIED"),
    (1, "TIME_CLASS_INSTANT"),
    (2, "TIME_CLASS_FAST"),
    (3, "TIME_CLASS_MODERATE"),
    (4, "TIME_CLASS_SLOW"),
    (5, "TIME_CLASS_HEAVY"),
];
pub(crate) static ESTIMATE_RESPONSE: Schema = Schema(&[
    one(1, "gas", U64),
    one(2, "exact", Bool),
    one(3, "load_gas", U64),
    one(4, "time_class", Enum(TIME_CLASS)),
    one(5, "memory_bytes", U64),
    one(6, "price", Str),
    one(7, "max_block_gas", U64),
]);
static BLOB: Schema = Schema(&[
    one(1, "owner", Str),
    one(2, "hash", Hash),
    one(3, "size", U64),
    one(4, "chunk_bytes", U64),
    one(5, "uploaded", U64),
    one(6, "deposit", Str),
    one(7, "expires_height", I64),
]);
pub(crate) static BLOB_RESPONSE: Schema = Schema(&[one(1, "blob", Msg(&BLOB)), many(2, "missing", U32)]);
pub(crate) static BLOBS_RESPONSE: Schema = Schema(&[many(1, "blobs", Msg(&BLOB)), one(2, "pagination", Msg(&PAGE))]);
static MSG_UPLOAD_BLOB: Schema = Schema(&[
    one(1, "sender", Str),
    one(2, "hash", Hash),
    one(3, "size", U64),
    one(4, "chunk_bytes", U64),
    one(5, "index", U32),
    one(6, "data", Bytes),
    one(7, "blocks", U64),
]);
static MSG_UPLOAD_BLOB_RESPONSE: Schema = Schema(&[one(1, "complete", Bool), one(2, "expires_height", I64)]);
static MSG_EXTEND_BLOB: Schema = Schema(&[one(1, "sender", Str), one(2, "hash", Hash), one(3, "blocks", U64)]);
static MSG_EXTEND_BLOB_RESPONSE: Schema = Schema(&[one(1, "expires_height", I64)]);
static MSG_REMOVE_BLOB: Schema = Schema(&[one(1, "sender", Str), one(2, "hash", Hash)]);

// Contracts.
const ACCESS_TYPE: &[(u64, &str)] = &[
    (0, "ACCESS_TYPE_UNSPECIFIED"),
    (1, "ACCESS_TYPE_NOBODY"),
    (3, "ACCESS_TYPE_EVERYBODY"),
    (4, "ACCESS_TYPE_ANY_OF_ADDRESSES"),
];
const HISTORY_OPERATION: &[(u64, &str)] = &[
    (0, "CONTRACT_CODE_HISTORY_OPERATION_TYPE_UNSPECIFIED"),
    (1, "CONTRACT_CODE_HISTORY_OPERATION_TYPE_INIT"),
    (2, "CONTRACT_CODE_HISTORY_OPERATION_TYPE_MIGRATE"),
    (3, "CONTRACT_CODE_HISTORY_OPERATION_TYPE_GENESIS"),
];
static ACCESS_CONFIG: Schema = Schema(&[one(1, "permission", Enum(ACCESS_TYPE)), many(3, "addresses", Str)]);
static WASM_PARAMS: Schema = Schema(&[
    one(1, "code_upload_access", Msg(&ACCESS_CONFIG)),
    one(2, "instantiate_default_permission", Enum(ACCESS_TYPE)),
]);
pub(crate) static WASM_PARAMS_RESPONSE: Schema = Schema(&[one(1, "params", Msg(&WASM_PARAMS))]);
pub(crate) static WASM_LIMITS_RESPONSE: Schema = Schema(&[one(1, "config", Str)]);
static MSG_STORE_CODE: Schema = Schema(&[
    one(1, "sender", Str),
    one(2, "wasm_byte_code", Bytes),
    one(5, "instantiate_permission", Msg(&ACCESS_CONFIG)),
]);
static MSG_STORE_CODE_RESPONSE: Schema = Schema(&[one(1, "code_id", U64), one(2, "checksum", Hash)]);
static MSG_INSTANTIATE_CONTRACT: Schema = Schema(&[
    one(1, "sender", Str),
    one(2, "admin", Str),
    one(3, "code_id", U64),
    one(4, "label", Str),
    one(5, "msg", Json),
    many(6, "funds", Msg(&COIN)),
]);
static MSG_INSTANTIATE_CONTRACT2: Schema = Schema(&[
    one(1, "sender", Str),
    one(2, "admin", Str),
    one(3, "code_id", U64),
    one(4, "label", Str),
    one(5, "msg", Json),
    many(6, "funds", Msg(&COIN)),
    one(7, "salt", Bytes),
    one(8, "fix_msg", Bool),
]);
static MSG_INSTANTIATE_RESPONSE: Schema = Schema(&[one(1, "address", Str), one(2, "data", Bytes)]);
static MSG_EXECUTE_CONTRACT: Schema =
    Schema(&[one(1, "sender", Str), one(2, "contract", Str), one(3, "msg", Json), many(5, "funds", Msg(&COIN))]);
static DATA_RESPONSE: Schema = Schema(&[one(1, "data", Bytes)]);
static MSG_MIGRATE_CONTRACT: Schema =
    Schema(&[one(1, "sender", Str), one(2, "contract", Str), one(3, "code_id", U64), one(4, "msg", Json)]);
static MSG_UPDATE_ADMIN: Schema = Schema(&[one(1, "sender", Str), one(2, "new_admin", Str), one(3, "contract", Str)]);
static MSG_CLEAR_ADMIN: Schema = Schema(&[one(1, "sender", Str), one(3, "contract", Str)]);
static MSG_UPDATE_CONTRACT_LABEL: Schema =
    Schema(&[one(1, "sender", Str), one(2, "new_label", Str), one(3, "contract", Str)]);
static MSG_UPDATE_INSTANTIATE_CONFIG: Schema =
    Schema(&[one(1, "sender", Str), one(2, "code_id", U64), one(3, "new_instantiate_permission", Msg(&ACCESS_CONFIG))]);
static POSITION: Schema = Schema(&[one(1, "block_height", U64), one(2, "tx_index", U64)]);
static CODE: Schema = Schema(&[
    one(1, "code_id", U64),
    one(2, "creator", Str),
    one(3, "data_hash", Hash),
    one(6, "instantiate_permission", Msg(&ACCESS_CONFIG)),
]);
pub(crate) static CODES_RESPONSE: Schema =
    Schema(&[many(1, "code_infos", Msg(&CODE)), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static CODE_INFO_RESPONSE: Schema = Schema(&[
    one(1, "code_id", U64),
    one(2, "creator", Str),
    one(3, "checksum", Hash),
    one(4, "instantiate_permission", Msg(&ACCESS_CONFIG)),
]);
static CONTRACT: Schema = Schema(&[
    one(1, "code_id", U64),
    one(2, "creator", Str),
    one(3, "admin", Str),
    one(4, "label", Str),
    one(5, "created", Msg(&POSITION)),
    one(6, "ibc_port_id", Str),
]);
pub(crate) static CONTRACT_RESPONSE: Schema =
    Schema(&[one(1, "address", Str), one(2, "contract_info", Msg(&CONTRACT))]);
static HISTORY_ENTRY: Schema = Schema(&[
    one(1, "operation", Enum(HISTORY_OPERATION)),
    one(2, "code_id", U64),
    one(3, "updated", Msg(&POSITION)),
    one(4, "msg", Json),
]);
pub(crate) static CONTRACT_HISTORY_RESPONSE: Schema =
    Schema(&[many(1, "entries", Msg(&HISTORY_ENTRY)), one(2, "pagination", Msg(&PAGE))]);
static STATE_ENTRY: Schema = Schema(&[one(1, "key", Hash), one(2, "value", Bytes)]);
pub(crate) static CONTRACT_STATE_RESPONSE: Schema =
    Schema(&[many(1, "models", Msg(&STATE_ENTRY)), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static RAW_STATE_RESPONSE: Schema = Schema(&[one(1, "data", Bytes)]);
pub(crate) static CONTRACTS_BY_CODE_RESPONSE: Schema =
    Schema(&[many(1, "contracts", Str), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static CONTRACTS_BY_CREATOR_RESPONSE: Schema =
    Schema(&[many(1, "contract_addresses", Str), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static PINNED_RESPONSE: Schema = Schema(&[many(1, "code_ids", U64), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static BUILD_ADDRESS_RESPONSE: Schema = Schema(&[one(1, "address", Str)]);

// Transactions.
const SIGN_MODE: &[(u64, &str)] = &[
    (0, "SIGN_MODE_UNSPECIFIED"),
    (1, "SIGN_MODE_DIRECT"),
    (2, "SIGN_MODE_TEXTUAL"),
    (3, "SIGN_MODE_DIRECT_AUX"),
    (127, "SIGN_MODE_LEGACY_AMINO_JSON"),
];
static BIT_ARRAY: Schema = Schema(&[one(1, "extra_bits_stored", U32), one(2, "elems", Bytes)]);
static MODE_SINGLE: Schema = Schema(&[one(1, "mode", Enum(SIGN_MODE))]);
static MODE_MULTI: Schema = Schema(&[one(1, "bitarray", Msg(&BIT_ARRAY)), many(2, "mode_infos", Msg(&MODE_INFO))]);
static MODE_INFO: Schema = Schema(&[maybe(1, "single", Msg(&MODE_SINGLE)), maybe(2, "multi", Msg(&MODE_MULTI))]);
static SIGNER_INFO: Schema =
    Schema(&[one(1, "public_key", Any), one(2, "mode_info", Msg(&MODE_INFO)), one(3, "sequence", U64)]);
static FEE: Schema =
    Schema(&[many(1, "amount", Msg(&COIN)), one(2, "gas_limit", U64), one(3, "payer", Str), one(4, "granter", Str)]);
static TIP: Schema = Schema(&[many(1, "amount", Msg(&COIN)), one(2, "tipper", Str)]);
pub(crate) static BODY: Schema = Schema(&[
    many(1, "messages", Any),
    one(2, "memo", Str),
    one(3, "timeout_height", U64),
    many(1023, "extension_options", Any),
    many(2047, "non_critical_extension_options", Any),
]);
pub(crate) static AUTH_INFO: Schema =
    Schema(&[many(1, "signer_infos", Msg(&SIGNER_INFO)), one(2, "fee", Msg(&FEE)), one(3, "tip", Msg(&TIP))]);
/// Equal on the wire to `TxRaw`.
pub(crate) static TX: Schema =
    Schema(&[one(1, "body", Msg(&BODY)), one(2, "auth_info", Msg(&AUTH_INFO)), many(3, "signatures", Bytes)]);
static SIGNATURE_SINGLE: Schema = Schema(&[one(1, "mode", Enum(SIGN_MODE)), one(2, "signature", Bytes)]);
static SIGNATURE_MULTI: Schema =
    Schema(&[one(1, "bitarray", Msg(&BIT_ARRAY)), many(2, "signatures", Msg(&SIGNATURE_DATA))]);
static SIGNATURE_DATA: Schema =
    Schema(&[maybe(1, "single", Msg(&SIGNATURE_SINGLE)), maybe(2, "multi", Msg(&SIGNATURE_MULTI))]);
static SIGNATURE: Schema =
    Schema(&[one(1, "public_key", Any), one(2, "data", Msg(&SIGNATURE_DATA)), one(3, "sequence", U64)]);
pub(crate) static SIGNATURES: Schema = Schema(&[many(1, "signatures", Msg(&SIGNATURE))]);
pub(crate) static TX_MSG_DATA: Schema = Schema(&[many(2, "msg_responses", Any)]);

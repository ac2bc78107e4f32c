//! Messages of proof of stake, grants, vesting and consensus params.

use super::{
    BASE_ACCOUNT, COIN, Count, EMPTY, Field,
    Kind::{self, Any, Bool, Bytes, Dec, Enum, I64, Msg, Span, Str, Time, U32, U64},
    PAGE, Schema, many, maybe, one,
};

/// Types that stand in an `Any`.
pub(super) static ANY: &[(&str, &Schema)] = &[
    ("cosmos.authz.v1beta1.GenericAuthorization", &Schema(&[one(1, "msg", Str)])),
    ("cosmos.authz.v1beta1.MsgExec", &Schema(&[one(1, "grantee", Str), many(2, "msgs", Any)])),
    ("cosmos.authz.v1beta1.MsgExecResponse", &Schema(&[many(1, "results", Bytes)])),
    (
        "cosmos.authz.v1beta1.MsgGrant",
        &Schema(&[one(1, "granter", Str), one(2, "grantee", Str), one(3, "grant", Msg(&GRANT))]),
    ),
    ("cosmos.authz.v1beta1.MsgGrantResponse", &EMPTY),
    (
        "cosmos.authz.v1beta1.MsgRevoke",
        &Schema(&[one(1, "granter", Str), one(2, "grantee", Str), one(3, "msg_type_url", Str)]),
    ),
    ("cosmos.authz.v1beta1.MsgRevokeResponse", &EMPTY),
    (
        "cosmos.bank.v1beta1.SendAuthorization",
        &Schema(&[many(1, "spend_limit", Msg(&COIN)), many(2, "allow_list", Str)]),
    ),
    ("cosmos.consensus.v1.MsgUpdateParams", &MSG_UPDATE_CONSENSUS),
    ("cosmos.consensus.v1.MsgUpdateParamsResponse", &EMPTY),
    ("cosmos.distribution.v1beta1.MsgFundCommunityPool", &MSG_FUND_COMMUNITY_POOL),
    ("cosmos.distribution.v1beta1.MsgFundCommunityPoolResponse", &EMPTY),
    ("cosmos.distribution.v1beta1.MsgSetWithdrawAddress", &MSG_SET_WITHDRAW_ADDRESS),
    ("cosmos.distribution.v1beta1.MsgSetWithdrawAddressResponse", &EMPTY),
    ("cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward", &PAIR),
    ("cosmos.distribution.v1beta1.MsgWithdrawDelegatorRewardResponse", &AMOUNTS),
    ("cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission", &Schema(&[one(1, "validator_address", Str)])),
    ("cosmos.distribution.v1beta1.MsgWithdrawValidatorCommissionResponse", &AMOUNTS),
    ("cosmos.evidence.v1beta1.MsgSubmitEvidence", &Schema(&[one(1, "submitter", Str), one(2, "evidence", Any)])),
    ("cosmos.evidence.v1beta1.MsgSubmitEvidenceResponse", &Schema(&[one(4, "hash", Bytes)])),
    (
        "cosmos.evidence.v1beta1.Equivocation",
        &Schema(&[one(1, "height", I64), one(2, "time", Time), one(3, "power", I64), one(4, "consensus_address", Str)]),
    ),
    (
        "cosmos.feegrant.v1beta1.AllowedMsgAllowance",
        &Schema(&[one(1, "allowance", Any), many(2, "allowed_messages", Str)]),
    ),
    ("cosmos.feegrant.v1beta1.BasicAllowance", &BASIC_ALLOWANCE),
    (
        "cosmos.feegrant.v1beta1.MsgGrantAllowance",
        &Schema(&[one(1, "granter", Str), one(2, "grantee", Str), one(3, "allowance", Any)]),
    ),
    ("cosmos.feegrant.v1beta1.MsgGrantAllowanceResponse", &EMPTY),
    ("cosmos.feegrant.v1beta1.MsgPruneAllowances", &Schema(&[one(1, "pruner", Str)])),
    ("cosmos.feegrant.v1beta1.MsgPruneAllowancesResponse", &EMPTY),
    ("cosmos.feegrant.v1beta1.MsgRevokeAllowance", &Schema(&[one(1, "granter", Str), one(2, "grantee", Str)])),
    ("cosmos.feegrant.v1beta1.MsgRevokeAllowanceResponse", &EMPTY),
    (
        "cosmos.feegrant.v1beta1.PeriodicAllowance",
        &Schema(&[
            one(1, "basic", Msg(&BASIC_ALLOWANCE)),
            one(2, "period", Span),
            many(3, "period_spend_limit", Msg(&COIN)),
            many(4, "period_can_spend", Msg(&COIN)),
            one(5, "period_reset", Time),
        ]),
    ),
    ("cosmos.gov.v1.MsgCancelProposal", &Schema(&[one(1, "proposal_id", U64), one(2, "proposer", Str)])),
    (
        "cosmos.gov.v1.MsgCancelProposalResponse",
        &Schema(&[one(1, "proposal_id", U64), one(2, "canceled_time", Time), one(3, "canceled_height", U64)]),
    ),
    (
        "cosmos.gov.v1.MsgDeposit",
        &Schema(&[one(1, "proposal_id", U64), one(2, "depositor", Str), many(3, "amount", Msg(&COIN))]),
    ),
    ("cosmos.gov.v1.MsgDepositResponse", &EMPTY),
    ("cosmos.gov.v1.MsgSubmitProposal", &MSG_SUBMIT_PROPOSAL),
    ("cosmos.gov.v1.MsgSubmitProposalResponse", &Schema(&[one(1, "proposal_id", U64)])),
    (
        "cosmos.gov.v1.MsgVote",
        &Schema(&[
            one(1, "proposal_id", U64),
            one(2, "voter", Str),
            one(3, "option", Enum(VOTE_OPTION)),
            one(4, "metadata", Str),
        ]),
    ),
    ("cosmos.gov.v1.MsgVoteResponse", &EMPTY),
    (
        "cosmos.gov.v1.MsgVoteWeighted",
        &Schema(&[
            one(1, "proposal_id", U64),
            one(2, "voter", Str),
            many(3, "options", Msg(&WEIGHTED_OPTION)),
            one(4, "metadata", Str),
        ]),
    ),
    ("cosmos.gov.v1.MsgVoteWeightedResponse", &EMPTY),
    ("cosmos.slashing.v1beta1.MsgUnjail", &Schema(&[one(1, "validator_addr", Str)])),
    ("cosmos.slashing.v1beta1.MsgUnjailResponse", &EMPTY),
    ("cosmos.staking.v1beta1.MsgBeginRedelegate", &MSG_BEGIN_REDELEGATE),
    ("cosmos.staking.v1beta1.MsgBeginRedelegateResponse", &Schema(&[one(1, "completion_time", Time)])),
    ("cosmos.staking.v1beta1.MsgCancelUnbondingDelegation", &MSG_CANCEL_UNBONDING),
    ("cosmos.staking.v1beta1.MsgCancelUnbondingDelegationResponse", &EMPTY),
    ("cosmos.staking.v1beta1.MsgCreateValidator", &MSG_CREATE_VALIDATOR),
    ("cosmos.staking.v1beta1.MsgCreateValidatorResponse", &EMPTY),
    ("cosmos.staking.v1beta1.MsgDelegate", &MSG_DELEGATE),
    ("cosmos.staking.v1beta1.MsgDelegateResponse", &EMPTY),
    ("cosmos.staking.v1beta1.MsgEditValidator", &MSG_EDIT_VALIDATOR),
    ("cosmos.staking.v1beta1.MsgEditValidatorResponse", &EMPTY),
    ("cosmos.staking.v1beta1.MsgUndelegate", &MSG_DELEGATE),
    (
        "cosmos.staking.v1beta1.MsgUndelegateResponse",
        &Schema(&[one(1, "completion_time", Time), one(2, "amount", Msg(&COIN))]),
    ),
    (
        "cosmos.staking.v1beta1.StakeAuthorization",
        &Schema(&[
            one(1, "max_tokens", Msg(&COIN)),
            maybe(2, "allow_list", Msg(&ADDRESSES)),
            maybe(3, "deny_list", Msg(&ADDRESSES)),
            one(4, "authorization_type", Enum(STAKE_AUTHORIZATION)),
        ]),
    ),
    ("cosmos.vesting.v1beta1.ContinuousVestingAccount", &Schema(&[BASE_VESTING, one(2, "start_time", I64)])),
    ("cosmos.vesting.v1beta1.DelayedVestingAccount", &Schema(&[BASE_VESTING])),
    ("cosmos.vesting.v1beta1.MsgCreatePeriodicVestingAccount", &MSG_PERIODIC_VESTING),
    ("cosmos.vesting.v1beta1.MsgCreatePeriodicVestingAccountResponse", &EMPTY),
    ("cosmos.vesting.v1beta1.MsgCreatePermanentLockedAccount", &MSG_PERMANENT_LOCKED),
    ("cosmos.vesting.v1beta1.MsgCreatePermanentLockedAccountResponse", &EMPTY),
    ("cosmos.vesting.v1beta1.MsgCreateVestingAccount", &MSG_VESTING),
    ("cosmos.vesting.v1beta1.MsgCreateVestingAccountResponse", &EMPTY),
    (
        "cosmos.vesting.v1beta1.PeriodicVestingAccount",
        &Schema(&[BASE_VESTING, one(2, "start_time", I64), many(3, "vesting_periods", Msg(&PERIOD))]),
    ),
    ("cosmos.vesting.v1beta1.PermanentLockedAccount", &Schema(&[BASE_VESTING])),
];

static AMOUNTS: Schema = Schema(&[many(1, "amount", Msg(&COIN))]);
static ADDRESSES: Schema = Schema(&[many(1, "address", Str)]);
static PAIR: Schema = Schema(&[one(1, "delegator_address", Str), one(2, "validator_address", Str)]);

// Vesting.
const BASE_VESTING: Field =
    Field { tag: 1, name: "base_vesting_account", kind: Msg(&BASE_VESTING_ACCOUNT), count: Count::One };
static BASE_VESTING_ACCOUNT: Schema = Schema(&[
    one(1, "base_account", Msg(&BASE_ACCOUNT)),
    many(2, "original_vesting", Msg(&COIN)),
    many(3, "delegated_free", Msg(&COIN)),
    many(4, "delegated_vesting", Msg(&COIN)),
    one(5, "end_time", I64),
]);
static PERIOD: Schema = Schema(&[one(1, "length", I64), many(2, "amount", Msg(&COIN))]);
static MSG_VESTING: Schema = Schema(&[
    one(1, "from_address", Str),
    one(2, "to_address", Str),
    many(3, "amount", Msg(&COIN)),
    one(4, "end_time", I64),
    one(5, "delayed", Bool),
]);
static MSG_PERMANENT_LOCKED: Schema =
    Schema(&[one(1, "from_address", Str), one(2, "to_address", Str), many(3, "amount", Msg(&COIN))]);
static MSG_PERIODIC_VESTING: Schema = Schema(&[
    one(1, "from_address", Str),
    one(2, "to_address", Str),
    one(3, "start_time", I64),
    many(4, "vesting_periods", Msg(&PERIOD)),
]);

// Grants.
const STAKE_AUTHORIZATION: &[(u64, &str)] = &[
    (0, "AUTHORIZATION_TYPE_UNSPECIFIED"),
    (1, "AUTHORIZATION_TYPE_DELEGATE"),
    (2, "AUTHORIZATION_TYPE_UNDELEGATE"),
    (3, "AUTHORIZATION_TYPE_REDELEGATE"),
    (4, "AUTHORIZATION_TYPE_CANCEL_UNBONDING_DELEGATION"),
];
static GRANT: Schema = Schema(&[one(1, "authorization", Any), one(2, "expiration", Time)]);
static GRANT_AUTHORIZATION: Schema =
    Schema(&[one(1, "granter", Str), one(2, "grantee", Str), one(3, "authorization", Any), one(4, "expiration", Time)]);
pub(crate) static GRANTS_RESPONSE: Schema = Schema(&[many(1, "grants", Msg(&GRANT)), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static GRANTS_OF_RESPONSE: Schema =
    Schema(&[many(1, "grants", Msg(&GRANT_AUTHORIZATION)), one(2, "pagination", Msg(&PAGE))]);
static BASIC_ALLOWANCE: Schema = Schema(&[many(1, "spend_limit", Msg(&COIN)), one(2, "expiration", Time)]);
static FEE_GRANT: Schema = Schema(&[one(1, "granter", Str), one(2, "grantee", Str), one(3, "allowance", Any)]);
pub(crate) static ALLOWANCE_RESPONSE: Schema = Schema(&[one(1, "allowance", Msg(&FEE_GRANT))]);
pub(crate) static ALLOWANCES_RESPONSE: Schema =
    Schema(&[many(1, "allowances", Msg(&FEE_GRANT)), one(2, "pagination", Msg(&PAGE))]);

// Staking.
static DESCRIPTION: Schema = Schema(&[
    one(1, "moniker", Str),
    one(2, "identity", Str),
    one(3, "website", Str),
    one(4, "security_contact", Str),
    one(5, "details", Str),
]);
static RATES: Schema = Schema(&[one(1, "rate", Dec), one(2, "max_rate", Dec), one(3, "max_change_rate", Dec)]);
static COMMISSION: Schema = Schema(&[one(1, "commission_rates", Msg(&RATES)), one(2, "update_time", Time)]);
const BOND_STATUS: Kind = Enum(&[
    (0, "BOND_STATUS_UNSPECIFIED"),
    (1, "BOND_STATUS_UNBONDED"),
    (2, "BOND_STATUS_UNBONDING"),
    (3, "BOND_STATUS_BONDED"),
]);
static VALIDATOR: Schema = Schema(&[
    one(1, "operator_address", Str),
    one(2, "consensus_pubkey", Any),
    one(3, "jailed", Bool),
    one(4, "status", BOND_STATUS),
    one(5, "tokens", Str),
    one(6, "delegator_shares", Dec),
    one(7, "description", Msg(&DESCRIPTION)),
    one(8, "unbonding_height", I64),
    one(9, "unbonding_time", Time),
    one(10, "commission", Msg(&COMMISSION)),
    one(11, "min_self_delegation", Str),
    one(12, "unbonding_on_hold_ref_count", I64),
    many(13, "unbonding_ids", U64),
]);
static DELEGATION: Schema =
    Schema(&[one(1, "delegator_address", Str), one(2, "validator_address", Str), one(3, "shares", Dec)]);
static DELEGATION_BALANCE: Schema = Schema(&[one(1, "delegation", Msg(&DELEGATION)), one(2, "balance", Msg(&COIN))]);
static UNBONDING_ENTRY: Schema = Schema(&[
    one(1, "creation_height", I64),
    one(2, "completion_time", Time),
    one(3, "initial_balance", Str),
    one(4, "balance", Str),
    one(5, "unbonding_id", U64),
    one(6, "unbonding_on_hold_ref_count", I64),
]);
static UNBONDING: Schema = Schema(&[
    one(1, "delegator_address", Str),
    one(2, "validator_address", Str),
    many(3, "entries", Msg(&UNBONDING_ENTRY)),
]);
static REDELEGATION_ENTRY: Schema = Schema(&[
    one(1, "creation_height", I64),
    one(2, "completion_time", Time),
    one(3, "initial_balance", Str),
    one(4, "shares_dst", Dec),
    one(5, "unbonding_id", U64),
    one(6, "unbonding_on_hold_ref_count", I64),
]);
static REDELEGATION: Schema = Schema(&[
    one(1, "delegator_address", Str),
    one(2, "validator_src_address", Str),
    one(3, "validator_dst_address", Str),
    many(4, "entries", Msg(&REDELEGATION_ENTRY)),
]);
static REDELEGATION_BALANCE: Schema =
    Schema(&[one(1, "redelegation_entry", Msg(&REDELEGATION_ENTRY)), one(4, "balance", Str)]);
static REDELEGATION_RESPONSE: Schema =
    Schema(&[one(1, "redelegation", Msg(&REDELEGATION)), many(2, "entries", Msg(&REDELEGATION_BALANCE))]);
static STAKING_PARAMS: Schema = Schema(&[
    one(1, "unbonding_time", Span),
    one(2, "max_validators", U32),
    one(3, "max_entries", U32),
    one(4, "historical_entries", U32),
    one(5, "bond_denom", Str),
    one(6, "min_commission_rate", Dec),
]);
static POOL: Schema = Schema(&[one(1, "not_bonded_tokens", Str), one(2, "bonded_tokens", Str)]);
pub(crate) static VALIDATOR_RESPONSE: Schema = Schema(&[one(1, "validator", Msg(&VALIDATOR))]);
pub(crate) static VALIDATORS_RESPONSE: Schema =
    Schema(&[many(1, "validators", Msg(&VALIDATOR)), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static DELEGATION_RESPONSE: Schema = Schema(&[one(1, "delegation_response", Msg(&DELEGATION_BALANCE))]);
pub(crate) static DELEGATIONS_RESPONSE: Schema =
    Schema(&[many(1, "delegation_responses", Msg(&DELEGATION_BALANCE)), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static UNBONDING_RESPONSE: Schema = Schema(&[one(1, "unbond", Msg(&UNBONDING))]);
pub(crate) static UNBONDINGS_RESPONSE: Schema =
    Schema(&[many(1, "unbonding_responses", Msg(&UNBONDING)), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static REDELEGATIONS_RESPONSE: Schema =
    Schema(&[many(1, "redelegation_responses", Msg(&REDELEGATION_RESPONSE)), one(2, "pagination", Msg(&PAGE))]);
static BLOCK_ID: Schema = Schema(&[
    one(1, "hash", Bytes),
    one(2, "part_set_header", Msg(&Schema(&[one(1, "total", U32), one(2, "hash", Bytes)]))),
]);
static HEADER: Schema = Schema(&[
    one(1, "version", Msg(&Schema(&[one(1, "block", U64), one(2, "app", U64)]))),
    one(2, "chain_id", Str),
    one(3, "height", I64),
    one(4, "time", Time),
    one(5, "last_block_id", Msg(&BLOCK_ID)),
    one(6, "last_commit_hash", Bytes),
    one(7, "data_hash", Bytes),
    one(8, "validators_hash", Bytes),
    one(9, "next_validators_hash", Bytes),
    one(10, "consensus_hash", Bytes),
    one(11, "app_hash", Bytes),
    one(12, "last_results_hash", Bytes),
    one(13, "evidence_hash", Bytes),
    one(14, "proposer_address", Bytes),
]);
static HISTORICAL_INFO: Schema = Schema(&[one(1, "header", Msg(&HEADER)), many(2, "valset", Msg(&VALIDATOR))]);
pub(crate) static HISTORICAL_INFO_RESPONSE: Schema = Schema(&[one(1, "hist", Msg(&HISTORICAL_INFO))]);
pub(crate) static STAKING_POOL_RESPONSE: Schema = Schema(&[one(1, "pool", Msg(&POOL))]);
pub(crate) static STAKING_PARAMS_RESPONSE: Schema = Schema(&[one(1, "params", Msg(&STAKING_PARAMS))]);
static MSG_CREATE_VALIDATOR: Schema = Schema(&[
    one(1, "description", Msg(&DESCRIPTION)),
    one(2, "commission", Msg(&RATES)),
    one(3, "min_self_delegation", Str),
    one(4, "delegator_address", Str),
    one(5, "validator_address", Str),
    one(6, "pubkey", Any),
    one(7, "value", Msg(&COIN)),
]);
static MSG_EDIT_VALIDATOR: Schema = Schema(&[
    one(1, "description", Msg(&DESCRIPTION)),
    one(2, "validator_address", Str),
    one(3, "commission_rate", Dec),
    one(4, "min_self_delegation", Str),
]);
static MSG_DELEGATE: Schema =
    Schema(&[one(1, "delegator_address", Str), one(2, "validator_address", Str), one(3, "amount", Msg(&COIN))]);
static MSG_BEGIN_REDELEGATE: Schema = Schema(&[
    one(1, "delegator_address", Str),
    one(2, "validator_src_address", Str),
    one(3, "validator_dst_address", Str),
    one(4, "amount", Msg(&COIN)),
]);
static MSG_CANCEL_UNBONDING: Schema = Schema(&[
    one(1, "delegator_address", Str),
    one(2, "validator_address", Str),
    one(3, "amount", Msg(&COIN)),
    one(4, "creation_height", I64),
]);

// Distribution.
static DEC_COIN: Schema = Schema(&[one(1, "denom", Str), one(2, "amount", Dec)]);
static DISTRIBUTION_PARAMS: Schema = Schema(&[
    one(1, "community_tax", Dec),
    one(2, "base_proposer_reward", Dec),
    one(3, "bonus_proposer_reward", Dec),
    one(4, "withdraw_addr_enabled", Bool),
]);
static OUTSTANDING: Schema = Schema(&[many(1, "rewards", Msg(&DEC_COIN))]);
static ACCUMULATED: Schema = Schema(&[many(1, "commission", Msg(&DEC_COIN))]);
static SLASH: Schema = Schema(&[one(1, "validator_period", U64), one(2, "fraction", Dec)]);
static DELEGATOR_REWARD: Schema = Schema(&[one(1, "validator_address", Str), many(2, "reward", Msg(&DEC_COIN))]);
pub(crate) static DISTRIBUTION_PARAMS_RESPONSE: Schema = Schema(&[one(1, "params", Msg(&DISTRIBUTION_PARAMS))]);
pub(crate) static OUTSTANDING_RESPONSE: Schema = Schema(&[one(1, "rewards", Msg(&OUTSTANDING))]);
pub(crate) static COMMISSION_RESPONSE: Schema = Schema(&[one(1, "commission", Msg(&ACCUMULATED))]);
pub(crate) static SLASHES_RESPONSE: Schema =
    Schema(&[many(1, "slashes", Msg(&SLASH)), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static REWARDS_RESPONSE: Schema = Schema(&[many(1, "rewards", Msg(&DEC_COIN))]);
pub(crate) static ALL_REWARDS_RESPONSE: Schema =
    Schema(&[many(1, "rewards", Msg(&DELEGATOR_REWARD)), many(2, "total", Msg(&DEC_COIN))]);
pub(crate) static WITHDRAW_ADDRESS_RESPONSE: Schema = Schema(&[one(1, "withdraw_address", Str)]);
pub(crate) static COMMUNITY_POOL_RESPONSE: Schema = Schema(&[many(1, "pool", Msg(&DEC_COIN))]);
static MSG_SET_WITHDRAW_ADDRESS: Schema = Schema(&[one(1, "delegator_address", Str), one(2, "withdraw_address", Str)]);
static MSG_FUND_COMMUNITY_POOL: Schema = Schema(&[many(1, "amount", Msg(&COIN)), one(2, "depositor", Str)]);

// Slashing, evidence, mint.
static SIGNING_INFO: Schema = Schema(&[
    one(1, "address", Str),
    one(2, "start_height", I64),
    one(3, "index_offset", I64),
    one(4, "jailed_until", Time),
    one(5, "tombstoned", Bool),
    one(6, "missed_blocks_counter", I64),
]);
static SLASHING_PARAMS: Schema = Schema(&[
    one(1, "signed_blocks_window", I64),
    one(2, "min_signed_per_window", Dec),
    one(3, "downtime_jail_duration", Span),
    one(4, "slash_fraction_double_sign", Dec),
    one(5, "slash_fraction_downtime", Dec),
]);
static MINT_PARAMS: Schema = Schema(&[
    one(1, "mint_denom", Str),
    one(2, "inflation_rate_change", Dec),
    one(3, "inflation_max", Dec),
    one(4, "inflation_min", Dec),
    one(5, "goal_bonded", Dec),
    one(6, "blocks_per_year", U64),
]);
pub(crate) static SIGNING_INFO_RESPONSE: Schema = Schema(&[one(1, "val_signing_info", Msg(&SIGNING_INFO))]);
pub(crate) static SIGNING_INFOS_RESPONSE: Schema =
    Schema(&[many(1, "info", Msg(&SIGNING_INFO)), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static SLASHING_PARAMS_RESPONSE: Schema = Schema(&[one(1, "params", Msg(&SLASHING_PARAMS))]);
pub(crate) static EVIDENCE_RESPONSE: Schema = Schema(&[many(1, "evidence", Any), one(2, "pagination", Msg(&PAGE))]);
pub(crate) static MINT_PARAMS_RESPONSE: Schema = Schema(&[one(1, "params", Msg(&MINT_PARAMS))]);
pub(crate) static INFLATION_RESPONSE: Schema = Schema(&[one(1, "inflation", Dec)]);
pub(crate) static ANNUAL_PROVISIONS_RESPONSE: Schema = Schema(&[one(1, "annual_provisions", Dec)]);

// Consensus params.
static BLOCK_PARAMS: Schema = Schema(&[one(1, "max_bytes", I64), one(2, "max_gas", I64)]);
static EVIDENCE_PARAMS: Schema =
    Schema(&[one(1, "max_age_num_blocks", I64), one(2, "max_age_duration", Span), one(3, "max_bytes", I64)]);
static VALIDATOR_PARAMS: Schema = Schema(&[many(1, "pub_key_types", Str)]);
static VERSION_PARAMS: Schema = Schema(&[one(1, "app", U64)]);
static ABCI_PARAMS: Schema = Schema(&[one(1, "vote_extensions_enable_height", I64)]);
static CONSENSUS_PARAMS: Schema = Schema(&[
    one(1, "block", Msg(&BLOCK_PARAMS)),
    one(2, "evidence", Msg(&EVIDENCE_PARAMS)),
    one(3, "validator", Msg(&VALIDATOR_PARAMS)),
    one(4, "version", Msg(&VERSION_PARAMS)),
    one(5, "abci", Msg(&ABCI_PARAMS)),
]);
pub(crate) static CONSENSUS_PARAMS_RESPONSE: Schema = Schema(&[one(1, "params", Msg(&CONSENSUS_PARAMS))]);
static MSG_UPDATE_CONSENSUS: Schema = Schema(&[
    one(1, "authority", Str),
    one(2, "block", Msg(&BLOCK_PARAMS)),
    one(3, "evidence", Msg(&EVIDENCE_PARAMS)),
    one(4, "validator", Msg(&VALIDATOR_PARAMS)),
    one(5, "abci", Msg(&ABCI_PARAMS)),
]);

// Governance.
const VOTE_OPTION: &[(u64, &str)] = &[
    (0, "VOTE_OPTION_UNSPECIFIED"),
    (1, "VOTE_OPTION_YES"),
    (2, "VOTE_OPTION_ABSTAIN"),
    (3, "VOTE_OPTION_NO"),
    (4, "VOTE_OPTION_NO_WITH_VETO"),
];
static WEIGHTED_OPTION: Schema = Schema(&[one(1, "option", Enum(VOTE_OPTION)), one(2, "weight", Str)]);
static MSG_SUBMIT_PROPOSAL: Schema = Schema(&[
    many(1, "messages", Any),
    many(2, "initial_deposit", Msg(&COIN)),
    one(3, "proposer", Str),
    one(4, "metadata", Str),
    one(5, "title", Str),
    one(6, "summary", Str),
    one(7, "expedited", Bool),
]);

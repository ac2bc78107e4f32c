// Written by proto/gen from the options in the .proto files. Do not edit.

static MESSAGES: &[(&str, Message)] = &[
    ("cosmos.auth.v1beta1.BaseAccount", Message { amino: Some("cosmos-sdk/BaseAccount"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "account_number", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "public_key", kind: Kind::Any, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "sequence", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.auth.v1beta1.ModuleAccount", Message { amino: Some("cosmos-sdk/ModuleAccount"), form: Form::Refused, fields: &[
        Field { tag: 1, name: "base_account", kind: Kind::Message("cosmos.auth.v1beta1.BaseAccount"), count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "name", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "permissions", kind: Kind::String, count: Count::Many, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.auth.v1beta1.ModuleCredential", Message { amino: Some("cosmos-sdk/GroupAccountCredential"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "derivation_keys", kind: Kind::Bytes, count: Count::Many, keep_empty: false, oneof: None },
        Field { tag: 1, name: "module_name", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.auth.v1beta1.MsgUpdateParams", Message { amino: Some("cosmos-sdk/x/auth/MsgUpdateParams"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "params", kind: Kind::Message("cosmos.auth.v1beta1.Params"), count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.auth.v1beta1.Params", Message { amino: Some("cosmos-sdk/x/auth/Params"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "max_memo_characters", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "sig_verify_cost_ed25519", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 5, name: "sig_verify_cost_secp256k1", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "tx_sig_limit", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "tx_size_cost_per_byte", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.authz.v1beta1.GenericAuthorization", Message { amino: Some("cosmos-sdk/GenericAuthorization"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "msg", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.authz.v1beta1.Grant", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "authorization", kind: Kind::Any, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "expiration", kind: Kind::Timestamp, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.authz.v1beta1.MsgExec", Message { amino: Some("cosmos-sdk/MsgExec"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "grantee", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "msgs", kind: Kind::Any, count: Count::Many, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.authz.v1beta1.MsgGrant", Message { amino: Some("cosmos-sdk/MsgGrant"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "grant", kind: Kind::Message("cosmos.authz.v1beta1.Grant"), count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 2, name: "grantee", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "granter", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.authz.v1beta1.MsgRevoke", Message { amino: Some("cosmos-sdk/MsgRevoke"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "grantee", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "granter", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "msg_type_url", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.bank.v1beta1.Input", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "coins", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.bank.v1beta1.MsgMultiSend", Message { amino: Some("cosmos-sdk/MsgMultiSend"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "inputs", kind: Kind::Message("cosmos.bank.v1beta1.Input"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 2, name: "outputs", kind: Kind::Message("cosmos.bank.v1beta1.Output"), count: Count::Many, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.bank.v1beta1.MsgSend", Message { amino: Some("cosmos-sdk/MsgSend"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "amount", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 1, name: "from_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "to_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.bank.v1beta1.MsgSetSendEnabled", Message { amino: Some("cosmos-sdk/MsgSetSendEnabled"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "send_enabled", kind: Kind::Message("cosmos.bank.v1beta1.SendEnabled"), count: Count::Many, keep_empty: false, oneof: None },
        Field { tag: 3, name: "use_default_for", kind: Kind::String, count: Count::Many, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.bank.v1beta1.MsgUpdateParams", Message { amino: Some("cosmos-sdk/x/bank/MsgUpdateParams"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "params", kind: Kind::Message("cosmos.bank.v1beta1.Params"), count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.bank.v1beta1.Output", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "coins", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.bank.v1beta1.Params", Message { amino: Some("cosmos-sdk/x/bank/Params"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "default_send_enabled", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "send_enabled", kind: Kind::Message("cosmos.bank.v1beta1.SendEnabled"), count: Count::Many, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.bank.v1beta1.SendAuthorization", Message { amino: Some("cosmos-sdk/SendAuthorization"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "allow_list", kind: Kind::String, count: Count::Many, keep_empty: false, oneof: None },
        Field { tag: 1, name: "spend_limit", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.bank.v1beta1.SendEnabled", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "denom", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "enabled", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.base.v1beta1.Coin", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 2, name: "amount", kind: Kind::Integer, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 1, name: "denom", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.consensus.v1.MsgUpdateParams", Message { amino: Some("cosmos-sdk/x/consensus/MsgUpdateParams"), form: Form::Fields, fields: &[
        Field { tag: 5, name: "abci", kind: Kind::Message("tendermint.types.ABCIParams"), count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "block", kind: Kind::Message("tendermint.types.BlockParams"), count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "evidence", kind: Kind::Message("tendermint.types.EvidenceParams"), count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "validator", kind: Kind::Message("tendermint.types.ValidatorParams"), count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.crypto.ed25519.PrivKey", Message { amino: Some("tendermint/PrivKeyEd25519"), form: Form::KeyField, fields: &[
        Field { tag: 1, name: "key", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.crypto.ed25519.PubKey", Message { amino: Some("tendermint/PubKeyEd25519"), form: Form::KeyField, fields: &[
        Field { tag: 1, name: "key", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.crypto.multisig.LegacyAminoPubKey", Message { amino: Some("tendermint/PubKeyMultisigThreshold"), form: Form::Threshold, fields: &[
        Field { tag: 2, name: "pubkeys", kind: Kind::Any, count: Count::Many, keep_empty: false, oneof: None },
        Field { tag: 1, name: "threshold", kind: Kind::Uint32, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.crypto.secp256k1.PrivKey", Message { amino: Some("tendermint/PrivKeySecp256k1"), form: Form::KeyField, fields: &[
        Field { tag: 1, name: "key", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.crypto.secp256k1.PubKey", Message { amino: Some("tendermint/PubKeySecp256k1"), form: Form::KeyField, fields: &[
        Field { tag: 1, name: "key", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.distribution.v1beta1.MsgCommunityPoolSpend", Message { amino: Some("cosmos-sdk/distr/MsgCommunityPoolSpend"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "amount", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "recipient", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.distribution.v1beta1.MsgDepositValidatorRewardsPool", Message { amino: Some("cosmos-sdk/distr/MsgDepositValRewards"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "amount", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 1, name: "depositor", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "validator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.distribution.v1beta1.MsgFundCommunityPool", Message { amino: Some("cosmos-sdk/MsgFundCommunityPool"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "amount", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 2, name: "depositor", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.distribution.v1beta1.MsgSetWithdrawAddress", Message { amino: Some("cosmos-sdk/MsgModifyWithdrawAddress"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "delegator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "withdraw_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.distribution.v1beta1.MsgUpdateParams", Message { amino: Some("cosmos-sdk/distribution/MsgUpdateParams"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "params", kind: Kind::Message("cosmos.distribution.v1beta1.Params"), count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward", Message { amino: Some("cosmos-sdk/MsgWithdrawDelegationReward"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "delegator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "validator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission", Message { amino: Some("cosmos-sdk/MsgWithdrawValCommission"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "validator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.distribution.v1beta1.Params", Message { amino: Some("cosmos-sdk/x/distribution/Params"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "base_proposer_reward", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 3, name: "bonus_proposer_reward", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 1, name: "community_tax", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 4, name: "withdraw_addr_enabled", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.evidence.v1beta1.Equivocation", Message { amino: Some("cosmos-sdk/Equivocation"), form: Form::Fields, fields: &[
        Field { tag: 4, name: "consensus_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "height", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "power", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "time", kind: Kind::Timestamp, count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.evidence.v1beta1.MsgSubmitEvidence", Message { amino: Some("cosmos-sdk/MsgSubmitEvidence"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "evidence", kind: Kind::Any, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "submitter", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.feegrant.v1beta1.AllowedMsgAllowance", Message { amino: Some("cosmos-sdk/AllowedMsgAllowance"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "allowance", kind: Kind::Any, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "allowed_messages", kind: Kind::String, count: Count::Many, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.feegrant.v1beta1.BasicAllowance", Message { amino: Some("cosmos-sdk/BasicAllowance"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "expiration", kind: Kind::Timestamp, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "spend_limit", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.feegrant.v1beta1.MsgGrantAllowance", Message { amino: Some("cosmos-sdk/MsgGrantAllowance"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "allowance", kind: Kind::Any, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "grantee", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "granter", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.feegrant.v1beta1.MsgPruneAllowances", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "pruner", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.feegrant.v1beta1.MsgRevokeAllowance", Message { amino: Some("cosmos-sdk/MsgRevokeAllowance"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "grantee", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "granter", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.feegrant.v1beta1.PeriodicAllowance", Message { amino: Some("cosmos-sdk/PeriodicAllowance"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "basic", kind: Kind::Message("cosmos.feegrant.v1beta1.BasicAllowance"), count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 2, name: "period", kind: Kind::Duration, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 4, name: "period_can_spend", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 5, name: "period_reset", kind: Kind::Timestamp, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 3, name: "period_spend_limit", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.gov.v1.MsgCancelProposal", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "proposal_id", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "proposer", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.gov.v1.MsgDeposit", Message { amino: Some("cosmos-sdk/v1/MsgDeposit"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "amount", kind: Kind::Message("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 2, name: "depositor", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "proposal_id", kind: Kind::Uint64, count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.gov.v1.MsgExecLegacyContent", Message { amino: Some("cosmos-sdk/v1/MsgExecLegacyContent"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "content", kind: Kind::Any, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.gov.v1.MsgSubmitProposal", Message { amino: Some("cosmos-sdk/v1/MsgSubmitProposal"), form: Form::Fields, fields: &[
        Field { tag: 7, name: "expedited", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "initial_deposit", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 1, name: "messages", kind: Kind::Any, count: Count::Many, keep_empty: false, oneof: None },
        Field { tag: 4, name: "metadata", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "proposer", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 6, name: "summary", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 5, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.gov.v1.MsgUpdateParams", Message { amino: Some("cosmos-sdk/x/gov/v1/MsgUpdateParams"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "params", kind: Kind::Message("cosmos.gov.v1.Params"), count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.gov.v1.MsgVote", Message { amino: Some("cosmos-sdk/v1/MsgVote"), form: Form::Fields, fields: &[
        Field { tag: 4, name: "metadata", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "option", kind: Kind::Int32, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "proposal_id", kind: Kind::Uint64, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 2, name: "voter", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.gov.v1.MsgVoteWeighted", Message { amino: Some("cosmos-sdk/v1/MsgVoteWeighted"), form: Form::Fields, fields: &[
        Field { tag: 4, name: "metadata", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "options", kind: Kind::Message("cosmos.gov.v1.WeightedVoteOption"), count: Count::Many, keep_empty: false, oneof: None },
        Field { tag: 1, name: "proposal_id", kind: Kind::Uint64, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 2, name: "voter", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.gov.v1.Params", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 14, name: "burn_proposal_deposit_prevote", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 13, name: "burn_vote_quorum", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 15, name: "burn_vote_veto", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 12, name: "expedited_min_deposit", kind: Kind::Message("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 11, name: "expedited_threshold", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 10, name: "expedited_voting_period", kind: Kind::Duration, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "max_deposit_period", kind: Kind::Duration, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "min_deposit", kind: Kind::Message("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 16, name: "min_deposit_ratio", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 7, name: "min_initial_deposit_ratio", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 9, name: "proposal_cancel_dest", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 8, name: "proposal_cancel_ratio", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "quorum", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 5, name: "threshold", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 6, name: "veto_threshold", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "voting_period", kind: Kind::Duration, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.gov.v1.WeightedVoteOption", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "option", kind: Kind::Int32, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "weight", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.gov.v1beta1.MsgDeposit", Message { amino: Some("cosmos-sdk/MsgDeposit"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "amount", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 2, name: "depositor", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "proposal_id", kind: Kind::Uint64, count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.gov.v1beta1.MsgSubmitProposal", Message { amino: Some("cosmos-sdk/MsgSubmitProposal"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "content", kind: Kind::Any, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "initial_deposit", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 3, name: "proposer", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.gov.v1beta1.MsgVote", Message { amino: Some("cosmos-sdk/MsgVote"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "option", kind: Kind::Int32, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "proposal_id", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "voter", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.gov.v1beta1.MsgVoteWeighted", Message { amino: Some("cosmos-sdk/MsgVoteWeighted"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "options", kind: Kind::Message("cosmos.gov.v1beta1.WeightedVoteOption"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 1, name: "proposal_id", kind: Kind::Uint64, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 2, name: "voter", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.gov.v1beta1.TextProposal", Message { amino: Some("cosmos-sdk/TextProposal"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.gov.v1beta1.WeightedVoteOption", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "option", kind: Kind::Int32, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "weight", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.mint.v1beta1.MsgUpdateParams", Message { amino: Some("cosmos-sdk/x/mint/MsgUpdateParams"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "params", kind: Kind::Message("cosmos.mint.v1beta1.Params"), count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.mint.v1beta1.Params", Message { amino: Some("cosmos-sdk/x/mint/Params"), form: Form::Fields, fields: &[
        Field { tag: 6, name: "blocks_per_year", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 5, name: "goal_bonded", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 3, name: "inflation_max", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 4, name: "inflation_min", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 2, name: "inflation_rate_change", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 1, name: "mint_denom", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.params.v1beta1.ParamChange", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 2, name: "key", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "subspace", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "value", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.params.v1beta1.ParameterChangeProposal", Message { amino: Some("cosmos-sdk/ParameterChangeProposal"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "changes", kind: Kind::Message("cosmos.params.v1beta1.ParamChange"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.slashing.v1beta1.MsgUnjail", Message { amino: Some("cosmos-sdk/MsgUnjail"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "address", kind: Kind::String, count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.slashing.v1beta1.MsgUpdateParams", Message { amino: Some("cosmos-sdk/x/slashing/MsgUpdateParams"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "params", kind: Kind::Message("cosmos.slashing.v1beta1.Params"), count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.slashing.v1beta1.Params", Message { amino: Some("cosmos-sdk/x/slashing/Params"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "downtime_jail_duration", kind: Kind::Duration, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 2, name: "min_signed_per_window", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 1, name: "signed_blocks_window", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "slash_fraction_double_sign", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 5, name: "slash_fraction_downtime", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.staking.v1beta1.CommissionRates", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 3, name: "max_change_rate", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 2, name: "max_rate", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 1, name: "rate", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.staking.v1beta1.Description", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 5, name: "details", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "identity", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "moniker", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "security_contact", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "website", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.staking.v1beta1.MsgBeginRedelegate", Message { amino: Some("cosmos-sdk/MsgBeginRedelegate"), form: Form::Fields, fields: &[
        Field { tag: 4, name: "amount", kind: Kind::Message("cosmos.base.v1beta1.Coin"), count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 1, name: "delegator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "validator_dst_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "validator_src_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.staking.v1beta1.MsgCancelUnbondingDelegation", Message { amino: Some("cosmos-sdk/MsgCancelUnbondingDelegation"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "amount", kind: Kind::Message("cosmos.base.v1beta1.Coin"), count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 4, name: "creation_height", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "delegator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "validator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.staking.v1beta1.MsgCreateValidator", Message { amino: Some("cosmos-sdk/MsgCreateValidator"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "commission", kind: Kind::Message("cosmos.staking.v1beta1.CommissionRates"), count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 4, name: "delegator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "description", kind: Kind::Message("cosmos.staking.v1beta1.Description"), count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 3, name: "min_self_delegation", kind: Kind::Integer, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 6, name: "pubkey", kind: Kind::Any, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 5, name: "validator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 7, name: "value", kind: Kind::Message("cosmos.base.v1beta1.Coin"), count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.staking.v1beta1.MsgDelegate", Message { amino: Some("cosmos-sdk/MsgDelegate"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "amount", kind: Kind::Message("cosmos.base.v1beta1.Coin"), count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 1, name: "delegator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "validator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.staking.v1beta1.MsgEditValidator", Message { amino: Some("cosmos-sdk/MsgEditValidator"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "commission_rate", kind: Kind::Decimal, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "description", kind: Kind::Message("cosmos.staking.v1beta1.Description"), count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 4, name: "min_self_delegation", kind: Kind::Integer, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "validator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.staking.v1beta1.MsgUndelegate", Message { amino: Some("cosmos-sdk/MsgUndelegate"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "amount", kind: Kind::Message("cosmos.base.v1beta1.Coin"), count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 1, name: "delegator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "validator_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.staking.v1beta1.MsgUpdateParams", Message { amino: Some("cosmos-sdk/x/staking/MsgUpdateParams"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "params", kind: Kind::Message("cosmos.staking.v1beta1.Params"), count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.staking.v1beta1.Params", Message { amino: Some("cosmos-sdk/x/staking/Params"), form: Form::Fields, fields: &[
        Field { tag: 5, name: "bond_denom", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "historical_entries", kind: Kind::Uint32, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "max_entries", kind: Kind::Uint32, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "max_validators", kind: Kind::Uint32, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 6, name: "min_commission_rate", kind: Kind::Decimal, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 1, name: "unbonding_time", kind: Kind::Duration, count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.staking.v1beta1.StakeAuthorization", Message { amino: Some("cosmos-sdk/StakeAuthorization"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "allow_list", kind: Kind::Message("cosmos.staking.v1beta1.StakeAuthorization.Validators"), count: Count::One, keep_empty: false, oneof: Some(("Validators", Some("cosmos-sdk/StakeAuthorization/AllowList"))) },
        Field { tag: 3, name: "deny_list", kind: Kind::Message("cosmos.staking.v1beta1.StakeAuthorization.Validators"), count: Count::One, keep_empty: false, oneof: Some(("Validators", Some("cosmos-sdk/StakeAuthorization/DenyList"))) },
        Field { tag: 4, name: "authorization_type", kind: Kind::Int32, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "max_tokens", kind: Kind::Message("cosmos.base.v1beta1.Coin"), count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.staking.v1beta1.StakeAuthorization.Validators", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "address", kind: Kind::String, count: Count::Many, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.upgrade.v1beta1.CancelSoftwareUpgradeProposal", Message { amino: Some("cosmos-sdk/CancelSoftwareUpgradeProposal"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.upgrade.v1beta1.MsgCancelUpgrade", Message { amino: Some("cosmos-sdk/MsgCancelUpgrade"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.upgrade.v1beta1.MsgSoftwareUpgrade", Message { amino: Some("cosmos-sdk/MsgSoftwareUpgrade"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "plan", kind: Kind::Message("cosmos.upgrade.v1beta1.Plan"), count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.upgrade.v1beta1.Plan", Message { amino: Some("cosmos-sdk/Plan"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "height", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "info", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "name", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "time", kind: Kind::Timestamp, count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 5, name: "upgraded_client_state", kind: Kind::Any, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.upgrade.v1beta1.SoftwareUpgradeProposal", Message { amino: Some("cosmos-sdk/SoftwareUpgradeProposal"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "plan", kind: Kind::Message("cosmos.upgrade.v1beta1.Plan"), count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.vesting.v1beta1.BaseVestingAccount", Message { amino: Some("cosmos-sdk/BaseVestingAccount"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "base_account", kind: Kind::Message("cosmos.auth.v1beta1.BaseAccount"), count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "delegated_free", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 4, name: "delegated_vesting", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 5, name: "end_time", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "original_vesting", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.vesting.v1beta1.ContinuousVestingAccount", Message { amino: Some("cosmos-sdk/ContinuousVestingAccount"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "base_vesting_account", kind: Kind::Message("cosmos.vesting.v1beta1.BaseVestingAccount"), count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "start_time", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.vesting.v1beta1.DelayedVestingAccount", Message { amino: Some("cosmos-sdk/DelayedVestingAccount"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "base_vesting_account", kind: Kind::Message("cosmos.vesting.v1beta1.BaseVestingAccount"), count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.vesting.v1beta1.MsgCreatePeriodicVestingAccount", Message { amino: Some("cosmos-sdk/MsgCreatePeriodVestAccount"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "from_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "start_time", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "to_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "vesting_periods", kind: Kind::Message("cosmos.vesting.v1beta1.Period"), count: Count::Many, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.vesting.v1beta1.MsgCreatePermanentLockedAccount", Message { amino: Some("cosmos-sdk/MsgCreatePermLockedAccount"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "amount", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 1, name: "from_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "to_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.vesting.v1beta1.MsgCreateVestingAccount", Message { amino: Some("cosmos-sdk/MsgCreateVestingAccount"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "amount", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 5, name: "delayed", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "end_time", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "from_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "to_address", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.vesting.v1beta1.Period", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 2, name: "amount", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 1, name: "length", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmos.vesting.v1beta1.PeriodicVestingAccount", Message { amino: Some("cosmos-sdk/PeriodicVestingAccount"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "base_vesting_account", kind: Kind::Message("cosmos.vesting.v1beta1.BaseVestingAccount"), count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "start_time", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "vesting_periods", kind: Kind::Message("cosmos.vesting.v1beta1.Period"), count: Count::Many, keep_empty: true, oneof: None },
    ] }),
    ("cosmos.vesting.v1beta1.PermanentLockedAccount", Message { amino: Some("cosmos-sdk/PermanentLockedAccount"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "base_vesting_account", kind: Kind::Message("cosmos.vesting.v1beta1.BaseVestingAccount"), count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.AcceptedMessageKeysFilter", Message { amino: Some("wasm/AcceptedMessageKeysFilter"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "keys", kind: Kind::String, count: Count::Many, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.AcceptedMessagesFilter", Message { amino: Some("wasm/AcceptedMessagesFilter"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "messages", kind: Kind::Json, count: Count::Many, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.AccessConfig", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 3, name: "addresses", kind: Kind::String, count: Count::Many, keep_empty: false, oneof: None },
        Field { tag: 1, name: "permission", kind: Kind::Int32, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.AccessConfigUpdate", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "code_id", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "instantiate_permission", kind: Kind::Message("cosmwasm.wasm.v1.AccessConfig"), count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.AllowAllMessagesFilter", Message { amino: Some("wasm/AllowAllMessagesFilter"), form: Form::Fields, fields: &[
    ] }),
    ("cosmwasm.wasm.v1.ClearAdminProposal", Message { amino: Some("wasm/ClearAdminProposal"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "contract", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.CodeGrant", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "code_hash", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "instantiate_permission", kind: Kind::Message("cosmwasm.wasm.v1.AccessConfig"), count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.CombinedLimit", Message { amino: Some("wasm/CombinedLimit"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "amounts", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 1, name: "calls_remaining", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.ContractExecutionAuthorization", Message { amino: Some("wasm/ContractExecutionAuthorization"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "grants", kind: Kind::Message("cosmwasm.wasm.v1.ContractGrant"), count: Count::Many, keep_empty: true, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.ContractGrant", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "contract", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "filter", kind: Kind::Any, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "limit", kind: Kind::Any, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.ContractMigrationAuthorization", Message { amino: Some("wasm/ContractMigrationAuthorization"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "grants", kind: Kind::Message("cosmwasm.wasm.v1.ContractGrant"), count: Count::Many, keep_empty: true, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.ExecuteContractProposal", Message { amino: Some("wasm/ExecuteContractProposal"), form: Form::Fields, fields: &[
        Field { tag: 4, name: "contract", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 6, name: "funds", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 5, name: "msg", kind: Kind::Json, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "run_as", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.InstantiateContract2Proposal", Message { amino: Some("wasm/InstantiateContract2Proposal"), form: Form::Fields, fields: &[
        Field { tag: 4, name: "admin", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 5, name: "code_id", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 10, name: "fix_msg", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 8, name: "funds", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 6, name: "label", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 7, name: "msg", kind: Kind::Json, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "run_as", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 9, name: "salt", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.InstantiateContractProposal", Message { amino: Some("wasm/InstantiateContractProposal"), form: Form::Fields, fields: &[
        Field { tag: 4, name: "admin", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 5, name: "code_id", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 8, name: "funds", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 6, name: "label", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 7, name: "msg", kind: Kind::Json, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "run_as", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MaxCallsLimit", Message { amino: Some("wasm/MaxCallsLimit"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "remaining", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MaxFundsLimit", Message { amino: Some("wasm/MaxFundsLimit"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "amounts", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MigrateContractProposal", Message { amino: Some("wasm/MigrateContractProposal"), form: Form::Fields, fields: &[
        Field { tag: 5, name: "code_id", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "contract", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 6, name: "msg", kind: Kind::Json, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgAddCodeUploadParamsAddresses", Message { amino: Some("wasm/MsgAddCodeUploadParamsAddresses"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "addresses", kind: Kind::String, count: Count::Many, keep_empty: false, oneof: None },
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgClearAdmin", Message { amino: Some("wasm/MsgClearAdmin"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "contract", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "sender", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgExecuteContract", Message { amino: Some("wasm/MsgExecuteContract"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "contract", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 5, name: "funds", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 3, name: "msg", kind: Kind::Json, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "sender", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgInstantiateContract", Message { amino: Some("wasm/MsgInstantiateContract"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "admin", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "code_id", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 6, name: "funds", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 4, name: "label", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 5, name: "msg", kind: Kind::Json, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "sender", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgInstantiateContract2", Message { amino: Some("wasm/MsgInstantiateContract2"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "admin", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "code_id", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 8, name: "fix_msg", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 6, name: "funds", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 4, name: "label", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 5, name: "msg", kind: Kind::Json, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 7, name: "salt", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "sender", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgMigrateContract", Message { amino: Some("wasm/MsgMigrateContract"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "code_id", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "contract", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "msg", kind: Kind::Json, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "sender", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgPinCodes", Message { amino: Some("wasm/MsgPinCodes"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "code_ids", kind: Kind::Uint64, count: Count::Many, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgRemoveCodeUploadParamsAddresses", Message { amino: Some("wasm/MsgRemoveCodeUploadParamsAddresses"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "addresses", kind: Kind::String, count: Count::Many, keep_empty: false, oneof: None },
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgStoreAndInstantiateContract", Message { amino: Some("wasm/MsgStoreAndInstantiateContract"), form: Form::Fields, fields: &[
        Field { tag: 6, name: "admin", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 11, name: "builder", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 12, name: "code_hash", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 9, name: "funds", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 4, name: "instantiate_permission", kind: Kind::Message("cosmwasm.wasm.v1.AccessConfig"), count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 7, name: "label", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 8, name: "msg", kind: Kind::Json, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 10, name: "source", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 5, name: "unpin_code", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "wasm_byte_code", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgStoreAndMigrateContract", Message { amino: Some("wasm/MsgStoreAndMigrateContract"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "contract", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "instantiate_permission", kind: Kind::Message("cosmwasm.wasm.v1.AccessConfig"), count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 5, name: "msg", kind: Kind::Json, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "wasm_byte_code", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgStoreCode", Message { amino: Some("wasm/MsgStoreCode"), form: Form::Fields, fields: &[
        Field { tag: 5, name: "instantiate_permission", kind: Kind::Message("cosmwasm.wasm.v1.AccessConfig"), count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "sender", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "wasm_byte_code", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgSudoContract", Message { amino: Some("wasm/MsgSudoContract"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "contract", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "msg", kind: Kind::Json, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgUnpinCodes", Message { amino: Some("wasm/MsgUnpinCodes"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "code_ids", kind: Kind::Uint64, count: Count::Many, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgUpdateAdmin", Message { amino: Some("wasm/MsgUpdateAdmin"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "contract", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "new_admin", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "sender", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgUpdateContractLabel", Message { amino: Some("wasm/MsgUpdateContractLabel"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "contract", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "new_label", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "sender", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgUpdateInstantiateConfig", Message { amino: Some("wasm/MsgUpdateInstantiateConfig"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "code_id", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "new_instantiate_permission", kind: Kind::Message("cosmwasm.wasm.v1.AccessConfig"), count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "sender", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.MsgUpdateParams", Message { amino: Some("wasm/MsgUpdateParams"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "authority", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "params", kind: Kind::Message("cosmwasm.wasm.v1.Params"), count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.Params", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "code_upload_access", kind: Kind::Message("cosmwasm.wasm.v1.AccessConfig"), count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 2, name: "instantiate_default_permission", kind: Kind::Int32, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.PinCodesProposal", Message { amino: Some("wasm/PinCodesProposal"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "code_ids", kind: Kind::Uint64, count: Count::Many, keep_empty: false, oneof: None },
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.StoreAndInstantiateContractProposal", Message { amino: Some("wasm/StoreAndInstantiateContractProposal"), form: Form::Fields, fields: &[
        Field { tag: 7, name: "admin", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 12, name: "builder", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 13, name: "code_hash", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 10, name: "funds", kind: Kind::Coins("cosmos.base.v1beta1.Coin"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 5, name: "instantiate_permission", kind: Kind::Message("cosmwasm.wasm.v1.AccessConfig"), count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 8, name: "label", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 9, name: "msg", kind: Kind::Json, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "run_as", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 11, name: "source", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 6, name: "unpin_code", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "wasm_byte_code", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.StoreCodeAuthorization", Message { amino: Some("wasm/StoreCodeAuthorization"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "grants", kind: Kind::Message("cosmwasm.wasm.v1.CodeGrant"), count: Count::Many, keep_empty: true, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.StoreCodeProposal", Message { amino: Some("wasm/StoreCodeProposal"), form: Form::Fields, fields: &[
        Field { tag: 10, name: "builder", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 11, name: "code_hash", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 7, name: "instantiate_permission", kind: Kind::Message("cosmwasm.wasm.v1.AccessConfig"), count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "run_as", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 9, name: "source", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 8, name: "unpin_code", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "wasm_byte_code", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.SudoContractProposal", Message { amino: Some("wasm/SudoContractProposal"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "contract", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "msg", kind: Kind::Json, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.UnpinCodesProposal", Message { amino: Some("wasm/UnpinCodesProposal"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "code_ids", kind: Kind::Uint64, count: Count::Many, keep_empty: false, oneof: None },
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.UpdateAdminProposal", Message { amino: Some("wasm/UpdateAdminProposal"), form: Form::Fields, fields: &[
        Field { tag: 4, name: "contract", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "new_admin", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("cosmwasm.wasm.v1.UpdateInstantiateConfigProposal", Message { amino: Some("wasm/UpdateInstantiateConfigProposal"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "access_config_updates", kind: Kind::Message("cosmwasm.wasm.v1.AccessConfigUpdate"), count: Count::Many, keep_empty: true, oneof: None },
        Field { tag: 2, name: "description", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "title", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("ibc.applications.transfer.v1.MsgTransfer", Message { amino: Some("cosmos-sdk/MsgTransfer"), form: Form::Fields, fields: &[
        Field { tag: 8, name: "memo", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 5, name: "receiver", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "sender", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "source_channel", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "source_port", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 6, name: "timeout_height", kind: Kind::Message("ibc.core.client.v1.Height"), count: Count::One, keep_empty: true, oneof: None },
        Field { tag: 7, name: "timeout_timestamp", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "token", kind: Kind::Message("cosmos.base.v1beta1.Coin"), count: Count::One, keep_empty: true, oneof: None },
    ] }),
    ("ibc.applications.transfer.v1.MsgUpdateParams", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 2, name: "params", kind: Kind::Message("ibc.applications.transfer.v1.Params"), count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "signer", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("ibc.applications.transfer.v1.Params", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 2, name: "receive_enabled", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "send_enabled", kind: Kind::Bool, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("ibc.core.client.v1.Height", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 2, name: "revision_height", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "revision_number", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("synergy.aivm.v1.MsgInfer", Message { amino: Some("synergy/MsgInfer"), form: Form::Fields, fields: &[
        Field { tag: 3, name: "inputs", kind: Kind::Message("synergy.aivm.v1.Tensor"), count: Count::Many, keep_empty: false, oneof: None },
        Field { tag: 2, name: "model_id", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "sender", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("synergy.aivm.v1.Tensor", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 4, name: "data", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "dtype", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "name", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "shape", kind: Kind::Uint64, count: Count::Many, keep_empty: false, oneof: None },
    ] }),
    ("synergy.crypto.v1.HybridPubKey", Message { amino: Some("synergy/PubKeyHybrid"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "ml_dsa_65", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "secp256k1", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("synergy.crypto.v1.MlDsa44PubKey", Message { amino: Some("synergy/PubKeyMlDsa44"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "key", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("synergy.crypto.v1.MlDsa65PubKey", Message { amino: Some("synergy/PubKeyMlDsa65"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "key", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("synergy.crypto.v1.MlDsa87PubKey", Message { amino: Some("synergy/PubKeyMlDsa87"), form: Form::Fields, fields: &[
        Field { tag: 1, name: "key", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("synergy.modelregistry.v1.Binding", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "dimension", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "size", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("synergy.modelregistry.v1.MsgCreateModel", Message { amino: Some("synergy/MsgCreateModel"), form: Form::Fields, fields: &[
        Field { tag: 5, name: "bindings", kind: Kind::Message("synergy.modelregistry.v1.Binding"), count: Count::Many, keep_empty: false, oneof: None },
        Field { tag: 3, name: "content_hash", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "name", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "owner", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 4, name: "size", kind: Kind::Uint64, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("synergy.modelregistry.v1.MsgSealModel", Message { amino: Some("synergy/MsgSealModel"), form: Form::Fields, fields: &[
        Field { tag: 2, name: "model_id", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "owner", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("synergy.modelregistry.v1.MsgUploadChunk", Message { amino: Some("synergy/MsgUploadChunk"), form: Form::Fields, fields: &[
        Field { tag: 4, name: "data", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "index", kind: Kind::Uint32, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "model_id", kind: Kind::Bytes, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "owner", kind: Kind::String, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("tendermint.types.ABCIParams", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "vote_extensions_enable_height", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("tendermint.types.BlockParams", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "max_bytes", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 2, name: "max_gas", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("tendermint.types.EvidenceParams", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 2, name: "max_age_duration", kind: Kind::Duration, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 1, name: "max_age_num_blocks", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
        Field { tag: 3, name: "max_bytes", kind: Kind::Int64, count: Count::One, keep_empty: false, oneof: None },
    ] }),
    ("tendermint.types.ValidatorParams", Message { amino: None, form: Form::Fields, fields: &[
        Field { tag: 1, name: "pub_key_types", kind: Kind::String, count: Count::Many, keep_empty: false, oneof: None },
    ] }),
];

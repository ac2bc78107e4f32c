//! What stands before a transaction's messages: may it run, who pays, and whose
//! sequence advances. The order and the codes are the Cosmos SDK's ante handler.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use synergy_crypto::AccountKey;
use synergy_feemarket::Rules;
use synergy_kernel::{Ctx, Result, sdk};
use synergy_proto::{
    Address, Any, Denom, coin,
    cosmos::{auth::v1beta1::Params, base::v1beta1::Coin},
    synergy::auth::Account,
};

use crate::{
    consensus,
    tx::{Signer, Tx},
};

/// The params that every transaction of a block is held against, read once: they
/// change only at the end of a block.
pub struct AnteRules {
    auth: Params,
    fees: Rules,
    /// The least price of gas.
    pub base_fee: u128,
    /// Most gas of the block.
    pub max_gas: u64,
    /// Most of it that transactions with inferences may ask for together.
    pub lane: u64,
}

impl AnteRules {
    /// Reads them from state.
    pub fn read(ctx: &mut Ctx<'_>) -> Result<Self> {
        Ok(Self {
            auth: synergy_auth::params(ctx)?,
            fees: synergy_feemarket::rules(ctx)?,
            base_fee: synergy_feemarket::base_fee(ctx)?,
            max_gas: consensus::max_gas(ctx)?,
            lane: synergy_aivm::lane(ctx)?,
        })
    }

    /// The tip: what the transaction offers per unit of gas above the base fee.
    ///
    /// # Errors
    /// SDK 13 below the base fee, 41 for more gas than a block has, or has for inferences.
    pub fn tip(&self, tx: &Tx) -> Result<u128> {
        if tx.gas_limit > self.max_gas {
            return Err(sdk::invalid_gas_limit(format!(
                "tx gas limit {} exceeds block max gas {}: ask for less or split the transaction",
                tx.gas_limit, self.max_gas
            )));
        }
        if tx.infers() && tx.gas_limit > self.lane {
            return Err(sdk::invalid_gas_limit(format!(
                "tx gas limit {} exceeds the {} that a block has for inferences: ask for less or split the transaction",
                tx.gas_limit, self.lane
            )));
        }
        let price = synergy_feemarket::price(&self.fees, self.base_fee, &tx.fee, tx.gas_limit)?;
        Ok(price.saturating_sub(self.base_fee))
    }
}

/// How much the ante checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everything.
    Full,
    /// No signatures: they were right when the transaction came to the mempool.
    Recheck,
    /// No signatures, and any fee will do; sequences are checked.
    Simulate,
    /// Everything, for a transaction of the genesis file: no fee, and signed for
    /// account number 0, since numbers are not known before the chain begins (SDK).
    Genesis,
}

/// Runs the ante for `tx` and returns the tip. On success the fee is paid and
/// every signer's sequence advanced; on an error the caller drops the layer.
///
/// # Errors
/// Codespace `sdk`: 30 timed out, 12 memo, 13 fee, 41 gas limit, 5 payer's balance,
/// 9 no account, 8 key, 32 sequence, 4 signature, 14 too many signatures, 11 gas, 38 no
/// fee allowance; `feegrant` when the allowance does not cover the fee.
pub fn run(ctx: &mut Ctx<'_>, rules: &AnteRules, tx: &Tx, mode: Mode) -> Result<u128> {
    check_envelope(ctx, rules, tx)?;
    let tip = if mode == Mode::Genesis {
        0
    } else if mode == Mode::Simulate {
        // Clients leave the fee out because it follows from the gas; paying it uses
        // gas too.
        let least = [(rules.fees.denom.clone(), 1)];
        charge(ctx, tx, if tx.fee.is_empty() { &least } else { &tx.fee })?;
        0
    } else {
        let tip = rules.tip(tx)?;
        charge(ctx, tx, &tx.fee)?;
        tip
    };
    let fee = fee_text(tx);
    ctx.emit("tx", &[("fee", &fee), ("fee_payer", &tx.granter.unwrap_or(tx.payer).to_string())]);
    for signer in &tx.signers {
        check_signer(ctx, rules, tx, signer, mode)?;
    }
    Ok(tip)
}

/// Takes the fee from the payer, or from the granter within its allowance.
fn charge(ctx: &mut Ctx<'_>, tx: &Tx, fee: &[(Denom, u128)]) -> Result<()> {
    match &tx.granter {
        Some(granter) if *granter != tx.payer => {
            synergy_feegrant::use_allowance(ctx, granter, &tx.payer, fee, &tx.urls)?;
            synergy_feemarket::charge(ctx, granter, fee)
        }
        _ => synergy_feemarket::charge(ctx, &tx.payer, fee),
    }
}

fn check_envelope(ctx: &mut Ctx<'_>, rules: &AnteRules, tx: &Tx) -> Result<()> {
    if tx.timeout_height != 0 && ctx.block.height > tx.timeout_height {
        return Err(sdk::tx_timeout_height(format!(
            "tx timeout height {} is below block height {}: sign it again with a later one",
            tx.timeout_height, ctx.block.height
        )));
    }
    if tx.memo.chars().count() as u64 > rules.auth.max_memo_characters {
        return Err(sdk::memo_too_large(format!(
            "maximum number of characters is {} but received {} characters",
            rules.auth.max_memo_characters,
            tx.memo.chars().count()
        )));
    }
    // A multisig key counts with all its members, as in the SDK.
    let signatures: usize = tx.signers.iter().map(|s| s.key.as_ref().map_or(1, |(_, key)| key.keys().len())).sum();
    if signatures as u64 > rules.auth.tx_sig_limit {
        return Err(sdk::too_many_signatures(format!("signatures: {signatures}, limit: {}", rules.auth.tx_sig_limit)));
    }
    ctx.gas.consume(rules.auth.tx_size_cost_per_byte.saturating_mul(tx.len as u64), "txSize")
}

fn check_signer(ctx: &mut Ctx<'_>, rules: &AnteRules, tx: &Tx, signer: &Signer, mode: Mode) -> Result<()> {
    let address = &signer.address;
    let Some(account) = synergy_auth::account(ctx, address)? else {
        return Err(sdk::unknown_address(format!("account {address} does not exist: send tokens to it first")));
    };
    if signer.sequence != account.sequence {
        return Err(wrong_sequence(account.sequence, signer.sequence));
    }
    let stored;
    let key = match (&signer.key, &account.pub_key) {
        (Some((own, key)), known) => {
            if known.as_ref().is_some_and(|known| known != own) {
                return Err(sdk::invalid_pubkey(format!("pubKey is not the one that {address} has used before")));
            }
            key
        }
        (None, Some(known)) => {
            stored = read_key(known)?;
            &stored
        }
        (None, None) => {
            return Err(sdk::invalid_pubkey(format!(
                "pubKey of {address} is not known yet: its first transaction must carry it"
            )));
        }
    };
    if mode == Mode::Simulate {
        // The signature that is not there yet: two lengths and its bytes.
        let missing = (key.signature_len() + 4).saturating_sub(signer.signature.len());
        ctx.gas.consume(rules.auth.tx_size_cost_per_byte.saturating_mul(missing as u64), "txSize")?;
    }
    for signed in signer.signature.keys(key, mode == Mode::Simulate)? {
        ctx.gas.consume(synergy_auth::signature_gas(&rules.auth, signed.scheme()), "ante verify")?;
    }
    let number = if mode == Mode::Genesis { 0 } else { account.account_number };
    let verifies = matches!(mode, Mode::Full | Mode::Genesis);
    if verifies && !tx.verify(signer, key, number, &ctx.block.chain_id) {
        return Err(sdk::unauthorized(format!(
            "signature verification failed; please verify account number ({number}), sequence ({}) and chain-id ({}): unauthorized",
            account.sequence, ctx.block.chain_id
        )));
    }
    let sequence = format!("{address}/{}", account.sequence);
    ctx.emit("tx", &[("acc_seq", &sequence)]);
    for signature in signer.signature.shown() {
        ctx.emit("tx", &[("signature", &BASE64.encode(signature))]);
    }
    let own: Option<Any> = match &account.pub_key {
        Some(_) => None,
        None => signer.key.as_ref().map(|(any, _)| any.clone()),
    };
    synergy_auth::advance(ctx, address, account, own)
}

/// The SDK's error for a sequence that is not the account's. Relayers read the two
/// numbers out of the text.
pub fn wrong_sequence(expected: u64, got: u64) -> synergy_kernel::Error {
    sdk::wrong_sequence(format!(
        "account sequence mismatch, expected {expected}, got {got}: incorrect account sequence"
    ))
}

/// The key that an account has stored.
pub fn read_key(any: &Any) -> Result<AccountKey> {
    AccountKey::from_any(&any.type_url, &any.value).map_err(|e| sdk::invalid_pubkey(e.to_string()))
}

/// Verifies the signatures of a transaction against an account look-up, as far as
/// the accounts are known. Run in parallel ahead of the ante, which then finds the
/// work done; what it finds here never decides anything by itself.
pub fn verify_ahead(tx: &Tx, chain_id: &str, account: impl Fn(&Address) -> Option<Account>) -> bool {
    tx.signers.iter().all(|signer| {
        let Some(account) = account(&signer.address) else { return false };
        let key = match (&signer.key, &account.pub_key) {
            (Some((_, key)), _) => key.clone(),
            (None, Some(any)) => match read_key(any) {
                Ok(key) => key,
                Err(_) => return false,
            },
            (None, None) => return false,
        };
        tx.verify(signer, &key, account.account_number, chain_id)
    })
}

fn fee_text(tx: &Tx) -> String {
    let coins: Vec<Coin> = tx.fee.iter().map(|(denom, amount)| coin::coin(*amount, denom)).collect();
    coin::display(&coins)
}

//! One signer sending one or more transactions.

use std::time::Duration;

use prost::Message;
use serde_json::{Value, json};
use synergy_crypto::{KemKey, KeyInfo, Keyring, SecretKey};
use synergy_proto::{
    Address, Any, Coin,
    coin::{self, BASE_DENOM},
    cosmos::{
        auth::v1beta1::{BaseAccount, QueryAccountInfoRequest, QueryAccountInfoResponse},
        tx::v1beta1::{SimulateRequest, SimulateResponse},
    },
    synergy::feemarket::{QueryBaseFeeRequest, QueryBaseFeeResponse},
};

use super::{
    TxFlags,
    build::{Account, Draft, hash},
    describe, response,
};
use crate::cli::{
    codec::{self, Form},
    coins,
    context::{Context, address_of, confirm},
    error::{Result, bail, error},
    output,
    rpc::{Rpc, bytes},
    schema,
};

/// How long `--wait` waits: CometBFT makes a block a second, an idle chain fewer.
const WAIT: Duration = Duration::from_secs(60);

/// What came of a transaction.
pub(crate) enum Outcome {
    /// It was only printed: `--generate-only` or `--dry-run`.
    Printed,
    /// The node answered with this (an SDK `TxResponse`).
    Sent(Value),
}

pub(crate) struct Session<'a> {
    context: &'a Context,
    flags: TxFlags,
    /// `None` with `--offline`.
    rpc: Option<Rpc>,
    keyring: Keyring,
    /// `None` when only an address was given, which is enough to generate.
    key: Option<KeyInfo>,
    pub(crate) sender: Address,
    account: Account,
    secret: Option<SecretKey>,
}

impl<'a> Session<'a> {
    /// `from` goes before the flag of the same name.
    pub(crate) fn open(context: &'a Context, flags: &TxFlags, from: Option<&str>) -> Result<Self> {
        if flags.offline && flags.dry_run {
            bail!("--dry-run asks a node: leave --offline out");
        }
        let from = from.or(flags.from.as_deref());
        let from = from.ok_or_else(|| error!("who sends? name the key with --from KEY (see `synergyd keys list`)"))?;
        let keyring = context.keyring();
        let (key, sender) = match context.key(&keyring, from) {
            Ok(key) => (Some(key.clone()), address_of(&key)),
            Err(e) => match from.parse() {
                Ok(address) if flags.generate_only || flags.dry_run => (None, address),
                _ => return Err(e),
            },
        };
        let mut rpc = if flags.offline { None } else { Some(context.rpc()?) };
        let account = match &mut rpc {
            None => offline_account(context, flags)?,
            Some(_) if flags.generate_only && context.config.gas != "auto" => {
                Account { chain_id: String::new(), number: 0, sequence: flags.sequence.unwrap_or(0) }
            }
            Some(rpc) => online_account(context, flags, rpc, &sender)?,
        };
        Ok(Self { context, flags: flags.clone(), rpc, keyring, key, sender, account, secret: None })
    }

    /// The node.
    pub(crate) fn rpc(&mut self) -> Result<&mut Rpc> {
        self.rpc.as_mut().ok_or_else(|| error!("this asks a node: leave --offline out"))
    }

    /// The KEM key beside the sender's key.
    pub(crate) fn kem_key(&mut self) -> Result<KemKey> {
        let key = self.key.as_ref().ok_or_else(|| error!("the keyring has no key of {}", self.sender))?;
        Ok(self.keyring.kem_secret(&key.name)?.public_key())
    }

    /// Prepares, shows, signs and sends one transaction, as the flags say.
    pub(crate) fn send(&mut self, messages: Vec<Any>) -> Result<Outcome> {
        let draft = self.draft(messages)?;
        if self.flags.dry_run {
            output::note(&format!("gas estimate: {}", draft.gas));
            return Ok(Outcome::Printed);
        }
        if self.flags.generate_only {
            let tx = codec::decode(&schema::TX, &draft.unsigned()?, Form::Json)?;
            output::line(&tx.to_string())?;
            return Ok(Outcome::Printed);
        }
        self.show(&draft)?;
        if !self.flags.yes && !confirm("Sign and send?") {
            bail!("cancelled: nothing was signed");
        }
        let tx = self.sign(&draft)?;
        if self.rpc.is_none() {
            output::line(&codec::decode(&schema::TX, &tx, Form::Json)?.to_string())?;
            return Ok(Outcome::Printed);
        }
        let wait = self.flags.wait;
        let answer = self.broadcast(&tx, wait)?;
        self.account.sequence += 1;
        Ok(Outcome::Sent(answer))
    }

    /// As [`Session::send`], and prints the outcome.
    pub(crate) fn send_and_print(&mut self, messages: Vec<Any>) -> Result<()> {
        match self.send(messages)? {
            Outcome::Printed => Ok(()),
            Outcome::Sent(answer) => {
                response::print(self.context.output(), &answer)?;
                if !self.flags.wait {
                    let hash = answer["txhash"].as_str().unwrap_or_default();
                    output::note(&format!("sent; its result: synergyd query wait-tx {hash}"));
                }
                Ok(())
            }
        }
    }

    /// Asks for the key's passphrase now instead of at the first transaction.
    pub(crate) fn unlock(&mut self) -> Result<()> {
        if let (Some(key), None) = (&self.key, &self.secret) {
            self.secret = Some(self.keyring.secret(&key.name)?);
        }
        Ok(())
    }

    /// Asks the node again which sequence comes next.
    pub(crate) fn resync(&mut self) -> Result<()> {
        if let Some(rpc) = &mut self.rpc {
            self.account = online_account(self.context, &self.flags, rpc, &self.sender)?;
        }
        Ok(())
    }

    /// A further step needs this one in a block, which is waited for; `agreed` says that
    /// the user is not to be asked.
    pub(crate) fn in_series(&mut self, agreed: bool) {
        self.flags.yes = agreed;
        self.flags.wait = true;
    }

    /// Gas for messages, as the settings say.
    pub(crate) fn gas_for(&mut self, messages: Vec<Any>) -> Result<u64> {
        Ok(self.draft(messages)?.gas)
    }

    /// Signs and sends a transaction that was agreed to, and does not wait for its block.
    pub(crate) fn send_unwaited(&mut self, messages: Vec<Any>, gas: u64) -> Result<Vec<u8>> {
        let memo = self.flags.note.clone().unwrap_or_default();
        let fee = self.fee(gas)?;
        let granter = self.flags.fee_granter.clone();
        let tx = self.sign(&Draft { messages, memo, timeout_height: 0, fee, gas, granter })?;
        self.broadcast(&tx, false)?;
        self.account.sequence += 1;
        Ok(hash(&tx).to_vec())
    }

    /// Waits until a transaction is in a block. A code other than 0 is an error.
    pub(crate) fn wait(&mut self, hash: &[u8]) -> Result<()> {
        let found = self.rpc()?.wait_tx(hash, WAIT)?;
        response::require_success(&response::from_rpc(&found, None)?)
    }

    /// Gas and fee for messages.
    fn draft(&mut self, messages: Vec<Any>) -> Result<Draft> {
        let mut draft = Draft {
            messages,
            memo: self.flags.note.clone().unwrap_or_default(),
            timeout_height: self.flags.timeout_height.unwrap_or(0),
            fee: Vec::new(),
            gas: 0,
            granter: self.flags.fee_granter.clone(),
        };
        draft.gas = match self.context.config.gas.parse() {
            Ok(gas) if !self.flags.dry_run => gas,
            _ => self.simulated_gas(&draft)?,
        };
        draft.fee = self.fee(draft.gas)?;
        Ok(draft)
    }

    fn simulated_gas(&mut self, draft: &Draft) -> Result<u64> {
        let key = self.key.as_ref().map(|key| key.public_key.clone());
        let tx = draft.to_simulate(key.as_ref(), self.account.sequence)?;
        let rpc = self.rpc.as_mut().ok_or_else(|| error!("--offline needs a number for --gas"))?;
        let used = simulate(rpc, tx)?;
        Ok((used as f64 * self.context.config.gas_adjustment).ceil() as u64)
    }

    fn fee(&mut self, gas: u64) -> Result<Vec<Coin>> {
        let config = &self.context.config;
        if let Some(fees) = &self.flags.fees {
            return if fees == "0" { Ok(Vec::new()) } else { coins::parse(fees) };
        }
        if !config.fees.is_empty() {
            return coins::parse(&config.fees);
        }
        let price = if config.gas_prices.is_empty() {
            let rpc = self.rpc.as_mut().ok_or_else(|| error!("--offline needs --fees or --gas-prices"))?;
            default_price(rpc)?
        } else {
            let prices = coin::parse(&config.gas_prices)?;
            coin::amount(prices.first().map_or("0", |price| price.amount.as_str()))?
        };
        match price.checked_mul(u128::from(gas)) {
            Some(0) => Ok(Vec::new()),
            Some(amount) => Ok(vec![coin::coin(amount, BASE_DENOM)]),
            None => bail!("gas {gas} at the price {price}{BASE_DENOM} is more than there can be"),
        }
    }

    /// Says in clear text what will be signed.
    fn show(&self, draft: &Draft) -> Result<()> {
        let name = self.key.as_ref().map_or("?", |key| key.name.as_str());
        output::note(&format!(
            "{name} ({}) signs on chain {}, sequence {}:",
            self.sender, self.account.chain_id, self.account.sequence
        ));
        let unsigned = codec::decode(&schema::TX, &draft.unsigned()?, Form::Text)?;
        output::note(describe::transaction(&unsigned).trim_end());
        Ok(())
    }

    fn sign(&mut self, draft: &Draft) -> Result<Vec<u8>> {
        let key = self.key.as_ref().ok_or_else(|| error!("no key of {} to sign with", self.sender))?;
        let secret = match &self.secret {
            Some(secret) => secret,
            None => self.secret.insert(self.keyring.secret(&key.name)?),
        };
        draft.sign(secret, &self.account, self.flags.sign_mode.unwrap_or_default())
    }

    fn broadcast(&mut self, tx: &[u8], wait: bool) -> Result<Value> {
        let waits_for_check = wait || !self.context.broadcasts_async();
        let rpc = self.rpc.as_mut().ok_or_else(|| error!("--offline sends nothing"))?;
        broadcast(rpc, tx, waits_for_check, wait)
    }
}

/// Sends a signed transaction; with `wait`, until it is in a block. A code other
/// than 0 is an error.
pub(crate) fn broadcast(rpc: &mut Rpc, tx: &[u8], waits_for_check: bool, wait: bool) -> Result<Value> {
    use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
    let method = if waits_for_check { "broadcast_tx_sync" } else { "broadcast_tx_async" };
    let answer = rpc.call(method, &json!({"tx": BASE64.encode(tx)}))?;
    let hash = hash(tx);
    let code = answer["code"].as_u64().unwrap_or(0);
    if code != 0 {
        let log = answer["log"].as_str().unwrap_or_default();
        let codespace = answer["codespace"].as_str().unwrap_or_default();
        bail!("the node refused the transaction: {log} (codespace {codespace}, code {code})");
    }
    if !wait {
        return Ok(response::accepted(&hash));
    }
    let found = rpc.wait_tx(&hash, WAIT)?;
    let answer = response::from_rpc(&found, None)?;
    response::require_success(&answer)?;
    Ok(answer)
}

/// Gas that a transaction uses.
pub(crate) fn simulate(rpc: &mut Rpc, tx_bytes: Vec<u8>) -> Result<u64> {
    #[allow(deprecated, reason = "the SDK's old field has to be named to stay empty")]
    let request = SimulateRequest { tx: None, tx_bytes };
    let answer: SimulateResponse = rpc
        .grpc("/cosmos.tx.v1beta1.Service/Simulate", &request)
        .map_err(|e| error!("the transaction would fail: {e}"))?;
    Ok(answer.gas_info.unwrap_or_default().gas_used)
}

/// The base fee and a fifth of it, so that the transaction stays valid while the
/// base fee rises for one block.
fn default_price(rpc: &mut Rpc) -> Result<u128> {
    let answer: QueryBaseFeeResponse = rpc.grpc("/synergy.feemarket.v1.Query/BaseFee", &QueryBaseFeeRequest {})?;
    let base = coin::amount(&answer.base_fee)?;
    base.checked_add(base.div_ceil(5)).ok_or_else(|| error!("the base fee {base} is too large to pay"))
}

fn offline_account(context: &Context, flags: &TxFlags) -> Result<Account> {
    let chain_id = context.config.chain_id.clone();
    if chain_id.is_empty() {
        bail!("--offline needs --chain-id");
    }
    let need = |value: Option<u64>, flag: &str| {
        value.ok_or_else(|| error!("--offline needs {flag}: see `synergyd query auth account ADDRESS`"))
    };
    Ok(Account {
        chain_id,
        number: need(flags.account_number, "--account-number")?,
        sequence: need(flags.sequence, "--sequence")?,
    })
}

fn online_account(context: &Context, flags: &TxFlags, rpc: &mut Rpc, sender: &Address) -> Result<Account> {
    let chain_id = rpc.chain_id()?;
    let configured = &context.config.chain_id;
    if !configured.is_empty() && *configured != chain_id {
        bail!(
            "the node at {} is of chain {chain_id}, but chain-id is {configured}: correct --chain-id or --node",
            context.config.node
        );
    }
    let (number, sequence) = match (flags.account_number, flags.sequence) {
        (Some(number), Some(sequence)) => (number, sequence),
        (number, sequence) => {
            let found = account(rpc, sender)?;
            (number.unwrap_or(found.account_number), sequence.unwrap_or(found.sequence))
        }
    };
    Ok(Account { chain_id, number, sequence })
}

/// The account of an address, whatever its type.
pub(crate) fn account(rpc: &mut Rpc, address: &Address) -> Result<BaseAccount> {
    let request = QueryAccountInfoRequest { address: address.to_string() };
    let answer: Result<QueryAccountInfoResponse> = rpc.grpc("/cosmos.auth.v1beta1.Query/AccountInfo", &request);
    let answer = answer.map_err(|e| match e.0.contains("not found") {
        true => error!("{address} has no account yet: it gets one when somebody sends it coins"),
        false => e,
    })?;
    Ok(answer.info.unwrap_or_default())
}

/// The typed responses of a transaction's messages.
pub(crate) fn message_responses(answer: &Value) -> Result<Vec<Any>> {
    let data = hex::decode(answer["data"].as_str().unwrap_or_default())?;
    Ok(synergy_proto::cosmos::base::abci::v1beta1::TxMsgData::decode(data.as_slice())?.msg_responses)
}

/// Decodes the transaction bytes in an answer of CometBFT.
pub(crate) fn tx_json(value: &Value, form: Form) -> Result<Value> {
    codec::decode(&schema::TX, &bytes(value)?, form)
}

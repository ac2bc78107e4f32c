//! The `auth` section, in the Cosmos SDK's shape:
//! `{"params": {...}, "accounts": [{"@type": ".../BaseAccount", "address": …}]}`,
//! module and vesting accounts around their base account.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Result, sdk};
use synergy_proto::{
    Address, Any, Coin,
    cosmos::auth::v1beta1::Params,
    synergy::auth::{Account, KemKey},
};

use crate::{
    kem::{self, KEM_KEYS},
    params::PARAMS,
    state::{ACCOUNTS, NEXT_NUMBER, VESTING},
    vesting::{self, Coins, Schedule, Vesting},
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    params: ParamsJson,
    accounts: Vec<AccountJson>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    kem_keys: Vec<KemKeyJson>,
}

/// A published key for sealing.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KemKeyJson {
    address: String,
    key: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    max_memo_characters: String,
    tx_sig_limit: String,
    tx_size_cost_per_byte: String,
    sig_verify_cost_ed25519: String,
    sig_verify_cost_secp256k1: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "@type")]
enum AccountJson {
    #[serde(rename = "/cosmos.auth.v1beta1.BaseAccount")]
    Base(BaseJson),
    #[serde(rename = "/cosmos.auth.v1beta1.ModuleAccount")]
    Module {
        base_account: BaseJson,
        name: String,
        #[serde(default)]
        permissions: Vec<String>,
    },
    #[serde(rename = "/cosmos.vesting.v1beta1.ContinuousVestingAccount")]
    Continuous { base_vesting_account: VestingJson, start_time: String },
    #[serde(rename = "/cosmos.vesting.v1beta1.DelayedVestingAccount")]
    Delayed { base_vesting_account: VestingJson },
    #[serde(rename = "/cosmos.vesting.v1beta1.PeriodicVestingAccount")]
    Periodic { base_vesting_account: VestingJson, start_time: String, vesting_periods: Vec<PeriodJson> },
    #[serde(rename = "/cosmos.vesting.v1beta1.PermanentLockedAccount")]
    Permanent { base_vesting_account: VestingJson },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaseJson {
    address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub_key: Option<KeyJson>,
    #[serde(default)]
    account_number: String,
    #[serde(default)]
    sequence: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VestingJson {
    base_account: BaseJson,
    original_vesting: Vec<CoinJson>,
    #[serde(default)]
    delegated_free: Vec<CoinJson>,
    #[serde(default)]
    delegated_vesting: Vec<CoinJson>,
    #[serde(default)]
    end_time: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodJson {
    length: String,
    amount: Vec<CoinJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CoinJson {
    denom: String,
    amount: String,
}

/// A key as an `Any`: type URL and the bytes of the message.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyJson {
    type_url: String,
    value: Vec<u8>,
}

fn number<N: std::str::FromStr + Default>(text: &str, what: &str) -> Result<N> {
    if text.is_empty() {
        return Ok(N::default());
    }
    text.parse().map_err(|_| sdk::invalid_request(format!("genesis auth.{what}: {text:?} is not a whole number")))
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section =
        serde_json::from_str(section.get()).map_err(|e| sdk::invalid_request(format!("genesis section auth: {e}")))?;
    let p = &section.params;
    let params = Params {
        max_memo_characters: number(&p.max_memo_characters, "params.max_memo_characters")?,
        tx_sig_limit: number(&p.tx_sig_limit, "params.tx_sig_limit")?,
        tx_size_cost_per_byte: number(&p.tx_size_cost_per_byte, "params.tx_size_cost_per_byte")?,
        sig_verify_cost_ed25519: number(&p.sig_verify_cost_ed25519, "params.sig_verify_cost_ed25519")?,
        sig_verify_cost_secp256k1: number(&p.sig_verify_cost_secp256k1, "params.sig_verify_cost_secp256k1")?,
    };
    PARAMS.set(ctx, &params)?;
    let mut next = 0_u64;
    for json in section.accounts {
        // Numbers are given in order of the list: those in the file are 0 for
        // files made by hand, and the list's order for exported ones.
        let (address, mut account, vesting) = json.read()?;
        account.account_number = next;
        next = next.checked_add(1).ok_or_else(|| sdk::overflow("account number"))?;
        if ACCOUNTS.has(ctx, &address)? {
            return Err(sdk::invalid_request(format!("genesis lists account {address} twice")));
        }
        ACCOUNTS.set(ctx, &address, &account)?;
        if let Some(vesting) = vesting {
            VESTING.set(ctx, &address, &vesting.to_any(None))?;
        }
    }
    for KemKeyJson { address, key } in section.kem_keys {
        let owner: Address =
            address.parse().map_err(|e| sdk::invalid_address(format!("genesis KEM key of {address}: {e}")))?;
        kem::check(&key)?;
        KEM_KEYS.set(ctx, &owner, &KemKey { key })?;
    }
    NEXT_NUMBER.set(ctx, &next)
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let p = crate::params(ctx)?;
    let mut accounts = Vec::new();
    ACCOUNTS.for_each(ctx, (), |address, account| {
        accounts.push((account.account_number, address, account));
        Ok(true)
    })?;
    accounts.sort_by_key(|(number, ..)| *number);
    let accounts = accounts.into_iter().map(|(_, address, account)| {
        let vesting = Vesting::of(ctx, &address)?;
        Ok(AccountJson::write(&address, account, vesting))
    });
    let accounts = accounts.collect::<Result<_>>()?;
    let mut kem_keys = Vec::new();
    KEM_KEYS.for_each(ctx, (), |address, kem| {
        kem_keys.push(KemKeyJson { address: address.to_string(), key: kem.key });
        Ok(true)
    })?;
    let section = Section {
        params: ParamsJson {
            max_memo_characters: p.max_memo_characters.to_string(),
            tx_sig_limit: p.tx_sig_limit.to_string(),
            tx_size_cost_per_byte: p.tx_size_cost_per_byte.to_string(),
            sig_verify_cost_ed25519: p.sig_verify_cost_ed25519.to_string(),
            sig_verify_cost_secp256k1: p.sig_verify_cost_secp256k1.to_string(),
        },
        accounts,
        kem_keys,
    };
    serde_json::value::to_raw_value(&section).map_err(|e| sdk::invalid_request(format!("export of auth: {e}")))
}

impl AccountJson {
    fn read(self) -> Result<(Address, Account, Option<Vesting>)> {
        let (base, vesting) = match self {
            Self::Base(base) => {
                let (address, account) = base.read()?;
                return Ok((address, account, None));
            }
            Self::Module { base_account, name, .. } => {
                let (address, account) = base_account.read()?;
                return Ok((address, Account { module: name, ..account }, None));
            }
            Self::Continuous { base_vesting_account, start_time } => {
                let start = number(&start_time, "accounts.start_time")?;
                base_vesting_account.read(Schedule::Continuous { start })?
            }
            Self::Delayed { base_vesting_account } => base_vesting_account.read(Schedule::Delayed)?,
            Self::Permanent { base_vesting_account } => base_vesting_account.read(Schedule::Permanent)?,
            Self::Periodic { base_vesting_account, start_time, vesting_periods } => {
                let start = number(&start_time, "accounts.start_time")?;
                let period = |p: PeriodJson| Ok((number(&p.length, "vesting_periods.length")?, read_coins(p.amount)?));
                let periods = vesting_periods.into_iter().map(period).collect::<Result<_>>()?;
                base_vesting_account.read(Schedule::Periodic { start, periods })?
            }
        };
        vesting.check()?;
        let (address, account) = base.read()?;
        Ok((address, account, Some(vesting)))
    }

    fn write(address: &Address, account: Account, vesting: Option<Vesting>) -> Self {
        let name = account.module.clone();
        let base = BaseJson {
            address: address.to_string(),
            pub_key: account.pub_key.map(|k| KeyJson { type_url: k.type_url, value: k.value }),
            account_number: account.account_number.to_string(),
            sequence: account.sequence.to_string(),
        };
        let Some(vesting) = vesting else {
            return match name.is_empty() {
                true => Self::Base(base),
                false => Self::Module { base_account: base, name, permissions: Vec::new() },
            };
        };
        let base_vesting_account = VestingJson {
            base_account: base,
            original_vesting: write_coins(&vesting.original),
            delegated_free: write_coins(&vesting.delegated_free),
            delegated_vesting: write_coins(&vesting.delegated_vesting),
            end_time: vesting.end.to_string(),
        };
        match vesting.schedule {
            Schedule::Continuous { start } => Self::Continuous { base_vesting_account, start_time: start.to_string() },
            Schedule::Delayed => Self::Delayed { base_vesting_account },
            Schedule::Permanent => Self::Permanent { base_vesting_account },
            Schedule::Periodic { start, periods } => Self::Periodic {
                base_vesting_account,
                start_time: start.to_string(),
                vesting_periods: periods
                    .iter()
                    .map(|(length, amount)| PeriodJson { length: length.to_string(), amount: write_coins(amount) })
                    .collect(),
            },
        }
    }
}

impl BaseJson {
    fn read(self) -> Result<(Address, Account)> {
        let address: Address =
            self.address.parse().map_err(|e| sdk::invalid_address(format!("genesis account {}: {e}", self.address)))?;
        let account = Account {
            pub_key: self.pub_key.map(|k| Any { type_url: k.type_url, value: k.value }),
            sequence: number(&self.sequence, "accounts.sequence")?,
            ..Account::default()
        };
        Ok((address, account))
    }
}

impl VestingJson {
    fn read(self, schedule: Schedule) -> Result<(BaseJson, Vesting)> {
        let vesting = Vesting {
            schedule,
            original: read_coins(self.original_vesting)?,
            delegated_free: read_coins(self.delegated_free)?,
            delegated_vesting: read_coins(self.delegated_vesting)?,
            end: number(&self.end_time, "accounts.end_time")?,
        };
        Ok((self.base_account, vesting))
    }
}

fn read_coins(coins: Vec<CoinJson>) -> Result<Coins> {
    let coins: Vec<Coin> = coins.into_iter().map(|c| Coin { denom: c.denom, amount: c.amount }).collect();
    vesting::coins(&coins, "genesis auth.accounts")
}

fn write_coins(coins: &Coins) -> Vec<CoinJson> {
    coins.iter().map(|(denom, amount)| CoinJson { denom: denom.to_string(), amount: amount.to_string() }).collect()
}

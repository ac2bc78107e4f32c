//! The three kinds of authorizations: what each one lets the grantee do.

use prost::{Message, Name};
use synergy_kernel::{Ctx, Error, Result, sdk};
use synergy_proto::{
    Any, Coin, coin,
    cosmos::{
        authz::v1beta1::GenericAuthorization,
        bank::v1beta1::{MsgSend, SendAuthorization},
        staking::v1beta1::{
            AuthorizationType, MsgBeginRedelegate, MsgCancelUnbondingDelegation, MsgDelegate, MsgUndelegate,
            StakeAuthorization, stake_authorization::Policy,
        },
    },
    pack, type_url,
};

use crate::error;

/// Gas for each entry of a list that is looked through (the SDK's).
const LIST_ENTRY_GAS: u64 = 10;

/// A decoded authorization.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Authorization {
    /// Any message of one type.
    Generic(GenericAuthorization),
    /// Sends up to a sum, to some addresses or to all.
    Send(SendAuthorization),
    /// One kind of staking message, up to a sum, with some validators.
    Stake(StakeAuthorization),
}

/// What remains of an authorization after a use.
#[derive(Debug, PartialEq)]
pub(crate) enum Remains {
    Unchanged,
    Reduced(Authorization),
    Nothing,
}

impl Authorization {
    /// Reads an authorization.
    ///
    /// # Errors
    /// SDK 29 for another type or undecodable bytes.
    pub(crate) fn from_any(any: &Any) -> Result<Self> {
        let decoded = match any.type_url.as_str() {
            url if url == type_url::<GenericAuthorization>() => Message::decode(&*any.value).map(Self::Generic),
            url if url == type_url::<SendAuthorization>() => Message::decode(&*any.value).map(Self::Send),
            url if url == type_url::<StakeAuthorization>() => Message::decode(&*any.value).map(Self::Stake),
            _ => return Err(error::invalid_type("no authorization that this chain knows: use Generic, Send or Stake")),
        };
        decoded.map_err(|e| error::invalid_type(&format!("authorization cannot be decoded: {e}")))
    }

    pub(crate) fn to_any(&self) -> Any {
        match self {
            Self::Generic(a) => pack(a),
            Self::Send(a) => pack(a),
            Self::Stake(a) => pack(a),
        }
    }

    /// The message that it is about.
    pub(crate) fn message(&self) -> Result<String> {
        Ok(match self {
            Self::Generic(a) => a.msg.clone(),
            Self::Send(_) => type_url::<MsgSend>(),
            Self::Stake(a) => match a.authorization_type() {
                AuthorizationType::Delegate => type_url::<MsgDelegate>(),
                AuthorizationType::Undelegate => type_url::<MsgUndelegate>(),
                AuthorizationType::Redelegate => type_url::<MsgBeginRedelegate>(),
                AuthorizationType::CancelUnbondingDelegation => type_url::<MsgCancelUnbondingDelegation>(),
                AuthorizationType::Unspecified => return Err(error::unknown_type()),
            },
        })
    }

    /// Checks what needs no state.
    pub(crate) fn validate(&self) -> Result<()> {
        match self {
            Self::Generic(a) if a.msg.is_empty() => Err(sdk::invalid_request("msg type cannot be empty")),
            Self::Generic(_) => Ok(()),
            Self::Send(a) => {
                if a.spend_limit.is_empty() {
                    return Err(sdk::invalid_coins("spend limit cannot be nil: name at least one coin"));
                }
                coin::read_all(&a.spend_limit).map_err(|e| sdk::invalid_coins(format!("spend limit: {e}")))?;
                let mut list = a.allow_list.clone();
                list.sort_unstable();
                list.dedup();
                if list.len() == a.allow_list.len() {
                    Ok(())
                } else {
                    // x/bank/types/errors.go: ErrDuplicateEntry.
                    Err(Error::new("bank", 8, "duplicate entry: the allow list names an address twice"))
                }
            }
            Self::Stake(a) => {
                if let Some(max) = &a.max_tokens {
                    coin::read(max)
                        .map_err(|e| Error::new("authz", 12, format!("max tokens should be positive: {e}")))?;
                }
                self.message().map(drop)
            }
        }
    }

    /// Holds a message against the authorization and says what is left of it.
    ///
    /// # Errors
    /// SDK 4 for an address or validator that is not allowed, 5 above the limit.
    pub(crate) fn accept(&self, ctx: &mut Ctx<'_>, message: &Any) -> Result<Remains> {
        match self {
            Self::Generic(a) if a.msg == message.type_url => Ok(Remains::Unchanged),
            Self::Send(a) if message.type_url == type_url::<MsgSend>() => accept_send(ctx, a, &decode(message)?),
            Self::Stake(a) if message.type_url == self.message()? => accept_stake(ctx, a, message),
            _ => Err(error::invalid_type("type mismatch")),
        }
    }
}

fn decode<M: Message + Default + Name>(any: &Any) -> Result<M> {
    M::decode(&*any.value).map_err(|e| sdk::tx_decode(format!("message {} cannot be decoded: {e}", M::full_name())))
}

fn listed(ctx: &mut Ctx<'_>, list: &[String], wanted: &str, what: &str) -> Result<bool> {
    for entry in list {
        ctx.gas.consume(LIST_ENTRY_GAS, what)?;
        if entry == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

fn accept_send(ctx: &mut Ctx<'_>, a: &SendAuthorization, message: &MsgSend) -> Result<Remains> {
    let left = subtract(&a.spend_limit, &message.amount)?;
    if !a.allow_list.is_empty() && !listed(ctx, &a.allow_list, &message.to_address, "send authorization")? {
        return Err(sdk::unauthorized(format!("cannot send to {} address", message.to_address)));
    }
    Ok(match left.is_empty() {
        true => Remains::Nothing,
        false => Remains::Reduced(Authorization::Send(SendAuthorization { spend_limit: left, ..a.clone() })),
    })
}

fn accept_stake(ctx: &mut Ctx<'_>, a: &StakeAuthorization, message: &Any) -> Result<Remains> {
    let (validator, amount) = match a.authorization_type() {
        AuthorizationType::Delegate => decode::<MsgDelegate>(message).map(|m| (m.validator_address, m.amount))?,
        AuthorizationType::Undelegate => decode::<MsgUndelegate>(message).map(|m| (m.validator_address, m.amount))?,
        AuthorizationType::Redelegate => {
            decode::<MsgBeginRedelegate>(message).map(|m| (m.validator_dst_address, m.amount))?
        }
        AuthorizationType::CancelUnbondingDelegation => {
            decode::<MsgCancelUnbondingDelegation>(message).map(|m| (m.validator_address, m.amount))?
        }
        AuthorizationType::Unspecified => return Err(error::unknown_type()),
    };
    let allowed = match &a.validators {
        Some(Policy::AllowList(list)) if !list.address.is_empty() => {
            listed(ctx, &list.address, &validator, "stake authorization")?
        }
        Some(Policy::DenyList(list)) => !listed(ctx, &list.address, &validator, "stake authorization")?,
        _ => true,
    };
    if !allowed {
        return Err(sdk::unauthorized(format!("cannot delegate/undelegate to {validator} validator")));
    }
    let Some(max) = &a.max_tokens else { return Ok(Remains::Unchanged) };
    let amount = amount.ok_or_else(|| sdk::invalid_coins("amount is missing"))?;
    Ok(match subtract(std::slice::from_ref(max), &[amount])?.pop() {
        None => Remains::Nothing,
        left => Remains::Reduced(Authorization::Stake(StakeAuthorization { max_tokens: left, ..a.clone() })),
    })
}

/// `limit - amount`, without zeros.
fn subtract(limit: &[Coin], amount: &[Coin]) -> Result<Vec<Coin>> {
    let read = |coins: &[Coin]| {
        coins.iter().map(coin::read).collect::<std::result::Result<Vec<_>, _>>().map_err(|e| sdk::invalid_coins(e.0))
    };
    let mut left = read(limit)?;
    for (denom, amount) in read(amount)? {
        let entry = left.iter_mut().find(|(d, _)| *d == denom).map(|(_, left)| left);
        let over = || sdk::insufficient_funds(format!("requested amount of {denom} is more than spend limit"));
        let entry = entry.ok_or_else(over)?;
        *entry = entry.checked_sub(amount).ok_or_else(over)?;
    }
    Ok(left.into_iter().filter(|(_, left)| *left > 0).map(|(denom, left)| coin::coin(left, denom)).collect())
}

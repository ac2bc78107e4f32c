//! Messages of `cosmos.vesting.v1beta1`. They stand here and not in auth because
//! they move coins.

use synergy_auth::Vesting;
use synergy_kernel::{Ctx, Result, Routes, address, sdk};
use synergy_proto::cosmos::vesting::v1beta1::{
    MsgCreatePeriodicVestingAccount, MsgCreatePeriodicVestingAccountResponse, MsgCreatePermanentLockedAccount,
    MsgCreatePermanentLockedAccountResponse, MsgCreateVestingAccount, MsgCreateVestingAccountResponse,
};

use crate::{
    msgs::{check_enabled, check_recipient, positive},
    state,
};

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgCreateVestingAccount, MsgCreateVestingAccountResponse>(
        |m| Ok(vec![address(&m.from_address, "'from'")?]),
        |m| {
            address(&m.to_address, "'to'")?;
            positive(&m.amount)?;
            if m.end_time <= 0 {
                return Err(sdk::invalid_request(format!("invalid end time {}: give Unix seconds", m.end_time)));
            }
            Ok(())
        },
        |ctx, m| {
            let coins = positive(&m.amount)?;
            let vesting = match m.delayed {
                true => Vesting::delayed(&coins, m.end_time)?,
                false => Vesting::continuous(&coins, ctx.block.seconds, m.end_time)?,
            };
            create(ctx, &m.from_address, &m.to_address, &vesting)?;
            Ok(MsgCreateVestingAccountResponse {})
        },
    );
    routes.message::<MsgCreatePermanentLockedAccount, MsgCreatePermanentLockedAccountResponse>(
        |m| Ok(vec![address(&m.from_address, "'from'")?]),
        |m| {
            address(&m.to_address, "'to'")?;
            positive(&m.amount).map(drop)
        },
        |ctx, m| {
            create(ctx, &m.from_address, &m.to_address, &Vesting::permanent(&positive(&m.amount)?)?)?;
            Ok(MsgCreatePermanentLockedAccountResponse {})
        },
    );
    routes.message::<MsgCreatePeriodicVestingAccount, MsgCreatePeriodicVestingAccountResponse>(
        |m| Ok(vec![address(&m.from_address, "'from'")?]),
        |m| {
            address(&m.to_address, "'to'")?;
            m.vesting_periods.iter().try_for_each(|p| positive(&p.amount).map(drop))?;
            Vesting::periodic(m.start_time, &m.vesting_periods).map(drop)
        },
        |ctx, m| {
            let vesting = Vesting::periodic(m.start_time, &m.vesting_periods)?;
            create(ctx, &m.from_address, &m.to_address, &vesting)?;
            Ok(MsgCreatePeriodicVestingAccountResponse {})
        },
    );
}

/// Creates the account and sends it its coins. Refused: disabled sends (bank 5), a
/// module's address (SDK 4), an address with an account (SDK 18), too little (SDK 5).
fn create(ctx: &mut Ctx<'_>, from: &str, to: &str, vesting: &Vesting) -> Result<()> {
    let (from, to) = (address(from, "'from'")?, address(to, "'to'")?);
    let coins = vesting.original_coins();
    check_enabled(ctx, &coins)?;
    check_recipient(ctx, &to)?;
    synergy_auth::create_vesting(ctx, &to, vesting)?;
    coins.iter().try_for_each(|(denom, _)| state::mark_vesting(ctx, &to, denom))?;
    state::transfer(ctx, &from, &to, &coins)
}

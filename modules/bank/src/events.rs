use synergy_kernel::Ctx;
use synergy_proto::{Denom, coin};

/// The text of coins in events, `10asnrg,5uatom`.
pub(crate) fn text(coins: &[(Denom, u128)]) -> String {
    let coins: Vec<_> = coins.iter().map(|(denom, amount)| coin::coin(*amount, denom)).collect();
    coin::display(&coins)
}

pub(crate) fn spent(ctx: &mut Ctx<'_>, spender: &str, amount: &str) {
    ctx.emit("coin_spent", &[("spender", spender), ("amount", amount)]);
}

pub(crate) fn received(ctx: &mut Ctx<'_>, receiver: &str, amount: &str) {
    ctx.emit("coin_received", &[("receiver", receiver), ("amount", amount)]);
}

/// What a transfer has in common with a delegation, which emits no `transfer`.
pub(crate) fn moved(ctx: &mut Ctx<'_>, spender: &str, receiver: &str, amount: &str) {
    spent(ctx, spender, amount);
    received(ctx, receiver, amount);
}

pub(crate) fn transferred(ctx: &mut Ctx<'_>, sender: &str, recipient: &str, amount: &str) {
    moved(ctx, sender, recipient, amount);
    ctx.emit("transfer", &[("recipient", recipient), ("sender", sender), ("amount", amount)]);
}

//! `synergyd tx bank`.

use clap::Subcommand;
use synergy_proto::{
    Address, Coin, coin,
    cosmos::bank::v1beta1::{Input, MsgMultiSend, MsgSend, Output},
    pack,
};

use super::{Session, TxFlags};
use crate::cli::{
    coins,
    context::Context,
    error::{Result, error},
};

#[derive(Subcommand, Debug)]
pub(crate) enum Bank {
    /// Send coins to one address
    Send {
        /// Key that sends: its name or address
        from: String,
        /// Address, or name of a key of yours
        to: String,
        /// E.g. 1.5snrg or 1500000000000000000asnrg
        amount: String,
    },
    /// Send the same amount to several addresses at once
    MultiSend {
        /// Key that sends: its name or address
        from: String,
        /// Addresses, or names of keys of yours, and then the amount
        #[arg(required = true, num_args = 2.., value_name = "TO... AMOUNT")]
        to_and_amount: Vec<String>,
        /// Divide the amount among the addresses; without it each gets it whole
        #[arg(long)]
        split: bool,
    },
}

pub(crate) fn run(context: &Context, flags: &TxFlags, command: Bank) -> Result<()> {
    let (from, message) = match command {
        Bank::Send { from, to, amount } => {
            let (to, amount) = (context.address(&to)?, coins::parse(&amount)?);
            let message = move |from: &Address| {
                Ok(pack(&MsgSend { from_address: from.to_string(), to_address: to.to_string(), amount }))
            };
            (from, Box::new(message) as Box<dyn FnOnce(&Address) -> Result<_>>)
        }
        Bank::MultiSend { from, mut to_and_amount, split } => {
            let amount = to_and_amount.pop().ok_or_else(|| error!("the amount is missing"))?;
            let amount = coins::parse(&amount)?;
            let to = to_and_amount.iter().map(|to| context.address(to)).collect::<Result<Vec<_>>>()?;
            (from, Box::new(move |from: &Address| Ok(pack(&multi_send(from, &to, &amount, split)?))) as Box<_>)
        }
    };
    let mut session = Session::open(context, flags, Some(&from))?;
    let message = message(&session.sender)?;
    session.send_and_print(vec![message])
}

fn multi_send(from: &Address, to: &[Address], amount: &[Coin], split: bool) -> Result<MsgMultiSend> {
    let count = to.len() as u128;
    let map = |change: &dyn Fn(u128) -> Option<u128>| -> Result<Vec<Coin>> {
        let one = |c: &Coin| {
            let changed = change(coin::amount(&c.amount)?);
            Ok(coin::coin(
                changed.ok_or_else(|| error!("{}{} times {count} is too much", c.amount, c.denom))?,
                &c.denom,
            ))
        };
        amount.iter().map(one).collect()
    };
    let each = if split { map(&|a| a.checked_div(count))? } else { amount.to_vec() };
    // What division leaves over stays with the sender.
    let total = if split { map(&|a| Some(a - a % count))? } else { map(&|a| a.checked_mul(count))? };
    coin::read_all(&each)?;
    Ok(MsgMultiSend {
        inputs: vec![Input { address: from.to_string(), coins: total }],
        outputs: to.iter().map(|to| Output { address: to.to_string(), coins: each.clone() }).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_the_sum_of_outputs() {
        let (from, to) = (Address::from([1; 20]), [Address::from([2; 20]), Address::from([3; 20])]);
        let whole = multi_send(&from, &to, &[coin::coin(5, "asnrg")], false).unwrap();
        assert_eq!((&*whole.inputs[0].coins[0].amount, &*whole.outputs[1].coins[0].amount), ("10", "5"));
        let split = multi_send(&from, &to, &[coin::coin(5, "asnrg")], true).unwrap();
        assert_eq!((&*split.inputs[0].coins[0].amount, &*split.outputs[0].coins[0].amount), ("4", "2"));
        assert!(multi_send(&from, &to, &[coin::coin(1, "asnrg")], true).is_err());
        assert!(multi_send(&from, &to, &[coin::coin(u128::MAX, "asnrg")], false).is_err());
    }
}

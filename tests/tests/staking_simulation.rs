//! Random proof-of-stake operations over 1,000 blocks at a supply of 10¹⁰ SNRG, on two
//! nodes: every block both agree, every module's invariants hold, the supply is what was
//! minted and burned, CometBFT would take every validator update; and in the end every
//! delegation has earned what a naive model gives it block by block.

use std::collections::BTreeMap;

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use synergy_abci::messages::{CheckTxType, Event};
use synergy_kernel::Dec;
use synergy_proto::{
    Address, Any, coin,
    cosmos::{
        crypto::ed25519,
        distribution::v1beta1::{
            MsgFundCommunityPool, MsgWithdrawDelegatorReward, MsgWithdrawValidatorCommission,
            QueryDelegationRewardsRequest, QueryDelegationRewardsResponse,
        },
        slashing::v1beta1::MsgUnjail,
        staking::v1beta1::{
            CommissionRates, Description, MsgBeginRedelegate, MsgCancelUnbondingDelegation, MsgCreateValidator,
            MsgDelegate, MsgUndelegate, QueryUnbondingDelegationRequest, QueryUnbondingDelegationResponse,
        },
    },
    pack,
};
use synergy_tests::{Account, Fee, TestChain, ValidatorSets};

const BLOCKS: usize = 1_000;
const ACCOUNTS: usize = 12;
/// Accounts that may run validators; the first four do from the beginning.
const OPERATORS: usize = 9;
const SNRG: u128 = 1_000_000_000_000_000_000;
/// 10¹⁰ SNRG in all.
const FUNDS: u128 = 10_000_000_000 / ACCOUNTS as u128 * SNRG;

#[derive(Debug, Clone)]
enum Op {
    Delegate(usize, usize, u32),
    Undelegate(usize, usize, u32),
    Redelegate(usize, usize, usize, u32),
    Cancel(usize, usize),
    Withdraw(usize, usize),
    Commission(usize),
    Unjail(usize),
    Create(usize),
    Fund(usize),
    Away(usize),
    Back(usize),
    DoubleSign(usize),
    Wait(i64),
}

/// The first validator stays honest and present, or the chain would end.
fn op() -> impl Strategy<Value = Op> {
    let (who, validator, other) = (0..ACCOUNTS, 0..OPERATORS, 1..OPERATORS);
    let part = 1..1_000_000_u32;
    prop_oneof![
        12 => (who.clone(), validator.clone(), part.clone()).prop_map(|(w, v, p)| Op::Delegate(w, v, p)),
        8 => (who.clone(), validator.clone(), part.clone()).prop_map(|(w, v, p)| Op::Undelegate(w, v, p)),
        6 => (who.clone(), validator.clone(), validator.clone(), part).prop_map(|(w, a, b, p)| Op::Redelegate(w, a, b, p)),
        4 => (who.clone(), validator.clone()).prop_map(|(w, v)| Op::Cancel(w, v)),
        6 => (who.clone(), validator.clone()).prop_map(|(w, v)| Op::Withdraw(w, v)),
        2 => validator.prop_map(Op::Commission),
        6 => other.clone().prop_map(Op::Unjail),
        2 => other.clone().prop_map(Op::Create),
        1 => who.prop_map(Op::Fund),
        3 => other.clone().prop_map(Op::Away),
        6 => other.prop_map(Op::Back),
        // Only two, or soon nobody would be left.
        1 => (1..3_usize).prop_map(Op::DoubleSign),
        4 => (0..30_i64).prop_map(Op::Wait),
    ]
}

type Delegation = (Address, Address);

struct Simulation {
    nodes: [TestChain; 2],
    accounts: Vec<Account>,
    /// By delegator and operator: what the naive model gives, and what was paid.
    naive: BTreeMap<Delegation, f64>,
    paid: BTreeMap<Delegation, f64>,
    /// Messages that succeeded, by kind.
    done: BTreeMap<String, u32>,
    supply: u128,
    height: i64,
}

impl Simulation {
    fn new() -> Self {
        let accounts = Account::many(ACCOUNTS as u32);
        let nodes = [(), ()].map(|()| {
            let all: Vec<&Account> = accounts.iter().collect();
            TestChain::staked(&all, &[40_000_000, 30_000_000, 20_000_000, 10_000_000], |document| {
                let state = &mut document["app_state"];
                for balance in state["bank"]["balances"].as_array_mut().unwrap().iter_mut().take(ACCOUNTS) {
                    balance["coins"][0]["amount"] = FUNDS.to_string().into();
                }
                state["staking"]["params"]["unbonding_time"] = "60s".into();
                state["staking"]["params"]["max_validators"] = 5.into();
                state["slashing"]["params"]["signed_blocks_window"] = "20".into();
                state["slashing"]["params"]["downtime_jail_duration"] = "10s".into();
                state["slashing"]["params"]["slash_fraction_downtime"] = "0.01".into();
            })
        });
        let supply = supply(&nodes[0]);
        let (naive, paid, done) = Default::default();
        Self { nodes, accounts, naive, paid, done, supply, height: 0 }
    }

    fn message(&self, op: &Op) -> Option<(usize, Any)> {
        let name = |who: usize| self.accounts[who].address().to_string();
        let valoper = |who: usize| self.accounts[who].address().valoper();
        let stake = |amount: u128| Some(coin::coin(amount, coin::BASE_DENOM));
        let share = |who, v, part: u32| stake(self.staked(who, v) / 1_000_000 * u128::from(part));
        Some(match *op {
            Op::Delegate(who, v, part) => {
                let amount = stake(self.nodes[0].balance(&self.accounts[who].address()) / 4_000_000 * u128::from(part));
                (who, pack(&MsgDelegate { delegator_address: name(who), validator_address: valoper(v), amount }))
            }
            // An operator that leaves altogether is tried too, the first never leaves.
            Op::Undelegate(0, 0, _) | Op::Redelegate(0, 0, ..) => return None,
            Op::Undelegate(who, v, part) => {
                let amount = if part % 5 == 0 { stake(self.staked(who, v)) } else { share(who, v, part) };
                (who, pack(&MsgUndelegate { delegator_address: name(who), validator_address: valoper(v), amount }))
            }
            Op::Redelegate(who, from, to, part) => {
                let (validator_src_address, validator_dst_address) = (valoper(from), valoper(to));
                let amount = share(who, from, part);
                let delegator_address = name(who);
                (
                    who,
                    pack(&MsgBeginRedelegate {
                        delegator_address,
                        validator_src_address,
                        validator_dst_address,
                        amount,
                    }),
                )
            }
            Op::Cancel(who, v) => {
                let request = QueryUnbondingDelegationRequest { delegator_addr: name(who), validator_addr: valoper(v) };
                let path = "/cosmos.staking.v1beta1.Query/UnbondingDelegation";
                let found: QueryUnbondingDelegationResponse = self.nodes[0].query(path, &request, 0).ok()?;
                let entry = found.unbond?.entries.pop()?;
                let amount = stake(entry.balance.parse::<u128>().unwrap() / 2);
                let creation_height = entry.creation_height;
                let (delegator_address, validator_address) = (name(who), valoper(v));
                (
                    who,
                    pack(&MsgCancelUnbondingDelegation {
                        delegator_address,
                        validator_address,
                        amount,
                        creation_height,
                    }),
                )
            }
            Op::Withdraw(who, v) => {
                let (delegator_address, validator_address) = (name(who), valoper(v));
                (who, pack(&MsgWithdrawDelegatorReward { delegator_address, validator_address }))
            }
            Op::Commission(v) => (v, pack(&MsgWithdrawValidatorCommission { validator_address: valoper(v) })),
            Op::Unjail(v) => (v, pack(&MsgUnjail { validator_addr: valoper(v) })),
            Op::Create(v) => (v, pack(&create(&self.accounts[v], v as u32))),
            Op::Fund(who) => {
                let amount = vec![coin::coin(12_345, coin::BASE_DENOM)];
                (who, pack(&MsgFundCommunityPool { amount, depositor: name(who) }))
            }
            Op::Away(_) | Op::Back(_) | Op::DoubleSign(_) | Op::Wait(_) => return None,
        })
    }

    /// What the world does.
    fn happens(&mut self, op: &Op) {
        let height = self.height;
        for node in &mut self.nodes {
            match *op {
                Op::Away(v) => {
                    node.validators.absent.insert(ValidatorSets::address(v as u32));
                }
                Op::Back(v) => {
                    node.validators.absent.remove(&ValidatorSets::address(v as u32));
                }
                Op::Wait(seconds) => node.delay += seconds,
                Op::DoubleSign(v) if height > 3 => {
                    let address = ValidatorSets::address(v as u32);
                    if let Some(power) = node.validators.powers().get(&address).copied() {
                        node.validators.double_sign(address, power, height - 1);
                    }
                }
                _ => {}
            }
        }
    }

    fn staked(&self, who: usize, v: usize) -> u128 {
        let (delegator, operator) = (self.accounts[who].address(), self.accounts[v].address());
        let worth = self.nodes[0].app.read(|ctx| {
            let (validator, shares) =
                (synergy_staking::validator(ctx, &operator)?, synergy_staking::delegation(ctx, &delegator, &operator)?);
            validator.zip(shares).map_or(Ok(0), |(v, shares)| v.worth(shares)?.floor())
        });
        worth.unwrap()
    }

    fn block(&mut self, ops: &[Op]) {
        ops.iter().for_each(|op| self.happens(op));
        self.accounts.iter_mut().for_each(|account| self.nodes[0].resync(account));
        let messages: Vec<_> = ops.iter().filter_map(|op| self.message(op)).collect();
        let txs: Vec<_> =
            messages.into_iter().map(|(who, m)| self.accounts[who].sign(&[m], Fee::of(3_000_000))).collect();
        let before = shares(&self.nodes[0], &self.accounts);
        // Only the second node has a mempool.
        self.nodes[1].check(&txs, CheckTxType::New);
        let blocks = self.nodes.each_mut().map(|node| node.block(&txs));
        assert_eq!(blocks[0].app_hash, blocks[1].app_hash, "at height {}", blocks[0].height);
        self.height = blocks[0].height as i64;
        let [block, _] = blocks;
        let mut events = block.events;
        for result in block.results {
            for message in result.events.iter().filter(|e| e.r#type == "message") {
                *self.done.entry(attribute(message, "action").to_owned()).or_default() += 1;
            }
            events.extend(result.events);
        }
        self.watch(&events, &before);
        self.nodes[0].check_invariants();
        assert_eq!(supply(&self.nodes[0]), self.supply);
    }

    fn watch(&mut self, events: &[Event], before: &BTreeMap<Delegation, f64>) {
        let mut commission = 0.0;
        for event in events {
            let text = |key| attribute(event, key);
            match event.r#type.as_str() {
                "coinbase" => self.supply += whole(text("amount")),
                "burn" => self.supply -= whole(text("amount")),
                "commission" => commission = decimal(text("amount")),
                "rewards" => {
                    let operator = Address::from_valoper(text("validator")).unwrap();
                    let shared = decimal(text("amount")) - commission;
                    let of: Vec<_> = before.iter().filter(|((_, v), _)| *v == operator).collect();
                    let total: f64 = of.iter().map(|(_, shares)| **shares).sum();
                    for (key, shares) in of {
                        *self.naive.entry(*key).or_default() += shared * shares / total;
                    }
                }
                "withdraw_rewards" => {
                    let operator = Address::from_valoper(text("validator")).unwrap();
                    let delegator: Address = text("delegator").parse().unwrap();
                    *self.paid.entry((delegator, operator)).or_default() += decimal(text("amount"));
                }
                _ => {}
            }
        }
    }

    /// Paid and due together are what the naive model gives, to eight digits, and
    /// (but for the model's own rounding) never more.
    fn check_rewards(&self) {
        let mut all = 0.0;
        for (key, naive) in &self.naive {
            let request = QueryDelegationRewardsRequest {
                delegator_address: key.0.to_string(),
                validator_address: key.1.valoper(),
            };
            let path = "/cosmos.distribution.v1beta1.Query/DelegationRewards";
            let pending = self.nodes[0].query::<_, QueryDelegationRewardsResponse>(path, &request, 0);
            let pending = pending.map_or(0.0, |r| {
                r.rewards.iter().map(|c| decimal(&Dec::from_atomics(&c.amount).unwrap().to_string())).sum()
            });
            let earned = self.paid.get(key).copied().unwrap_or(0.0) + pending;
            // A billionth of a SNRG for what is cut at each settling of a tiny delegation.
            let tolerance = naive * 1e-8 + 1e12;
            assert!((naive - earned).abs() <= tolerance, "{key:?}: naive {naive:e}, F1 {earned:e}");
            all += earned;
        }
        assert!(all > 1e21, "hardly anything was earned: {all:e}");
    }
}

fn create(who: &Account, key: u32) -> MsgCreateValidator {
    MsgCreateValidator {
        description: Some(Description { moniker: "new".into(), ..Description::default() }),
        commission: Some(CommissionRates {
            rate: Dec::percent(key).atomics(),
            max_rate: Dec::percent(20).atomics(),
            max_change_rate: Dec::percent(1).atomics(),
        }),
        min_self_delegation: SNRG.to_string(),
        validator_address: who.address().valoper(),
        pubkey: Some(pack(&ed25519::PubKey { key: ValidatorSets::key(key) })),
        value: Some(coin::coin(5_000_000 * SNRG, coin::BASE_DENOM)),
        ..MsgCreateValidator::default()
    }
}

fn attribute<'e>(event: &'e Event, key: &str) -> &'e str {
    event.attributes.iter().find(|a| a.key == key).map_or("", |a| a.value.as_str())
}

fn whole(amount: &str) -> u128 {
    amount.strip_suffix(coin::BASE_DENOM).map_or(0, |n| n.parse().unwrap())
}

fn decimal(amount: &str) -> f64 {
    let number = amount.strip_suffix(coin::BASE_DENOM).unwrap_or(amount);
    if number.is_empty() { 0.0 } else { number.parse().unwrap() }
}

fn supply(chain: &TestChain) -> u128 {
    chain.app.read(synergy_staking::staking_supply).unwrap()
}

fn shares(chain: &TestChain, accounts: &[Account]) -> BTreeMap<Delegation, f64> {
    let mut all = BTreeMap::new();
    for account in accounts {
        let delegations = chain.app.read(|ctx| synergy_staking::delegations_of(ctx, &account.address())).unwrap();
        all.extend(delegations.into_iter().map(|(v, shares)| ((account.address(), v), decimal(&shares.to_string()))));
    }
    all
}

#[test]
fn a_thousand_random_blocks_keep_every_invariant_and_pay_what_a_naive_model_pays() {
    let config = Config { cases: 2, max_shrink_iters: 0, failure_persistence: None, ..Config::default() };
    // The same runs every time.
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let run = runner.run(&vec(vec(op(), 0..3), BLOCKS), |blocks| {
        let mut simulation = Simulation::new();
        blocks.iter().for_each(|ops| simulation.block(ops));
        simulation.check_rewards();
        println!("{:#?}", simulation.done);
        assert!(simulation.done.len() >= 9, "some messages never succeeded: {:?}", simulation.done);
        Ok(())
    });
    run.unwrap();
}

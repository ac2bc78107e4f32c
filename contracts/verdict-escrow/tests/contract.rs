//! The contract on the mock chain. The judge is the digits classifier of
//! inference/testdata.

use cosmwasm_std::{
    BankMsg, Response, coins, from_json,
    testing::{message_info, mock_env},
};
use synergy_std::{
    SynergyMsg, Tensor, TensorError,
    mock::{Deps, Models},
};
use verdict_escrow::{Error, Escrow, ExecuteMsg, InstantiateMsg, QueryMsg, Status, execute, instantiate, query, reply};

/// A handwritten one and a seven, 8 by 8 pixels of 0 to 16 (scikit-learn's digits 1 and
/// 7).
const ONE: [u8; 64] = [
    0, 0, 0, 12, 13, 5, 0, 0, 0, 0, 0, 11, 16, 9, 0, 0, 0, 0, 3, 15, 16, 6, 0, 0, 0, 7, 15, 16, 16, 2, 0, 0, 0, 0, 1,
    16, 16, 3, 0, 0, 0, 0, 1, 16, 16, 6, 0, 0, 0, 0, 1, 16, 16, 6, 0, 0, 0, 0, 0, 11, 16, 10, 0, 0,
];
const SEVEN: [u8; 64] = [
    0, 0, 7, 8, 13, 16, 15, 1, 0, 0, 7, 7, 4, 11, 12, 0, 0, 0, 0, 0, 8, 13, 1, 0, 0, 4, 8, 8, 15, 15, 6, 0, 0, 2, 11,
    15, 15, 4, 0, 0, 0, 0, 0, 16, 5, 0, 0, 0, 0, 0, 9, 15, 1, 0, 0, 0, 0, 0, 13, 5, 0, 0, 0, 0,
];

struct World {
    models: Models,
    deps: Deps,
}

fn open() -> World {
    let models = Models::new();
    let model = models.publish(include_bytes!("../../../inference/testdata/skl_mlp.onnx"), &[("pixels:0", 1)]);
    let mut deps = models.dependencies();
    let terms = InstantiateMsg {
        seller: deps.api.addr_make("seller").into(),
        model,
        input: "pixels".into(),
        shape: vec![1, 64],
        output: "label".into(),
        expected: 7,
        deadline: mock_env().block.time.plus_hours(1),
    };
    let info = message_info(&deps.api.addr_make("buyer"), &coins(900, "asnrg"));
    instantiate(deps.as_mut(), mock_env(), info, terms).unwrap();
    World { models, deps }
}

impl World {
    fn execute(&mut self, who: &str, hours: u64, msg: ExecuteMsg) -> Result<Response<SynergyMsg>, Error> {
        let mut env = mock_env();
        env.block.time = env.block.time.plus_hours(hours);
        let info = message_info(&self.deps.api.addr_make(who), &[]);
        execute(self.deps.as_mut(), env, info, msg)
    }

    /// Delivers, and lets the chain do what the contract asks for.
    fn deliver(&mut self, work: &[u8]) -> Result<Response<SynergyMsg>, Error> {
        let asked = self.execute("seller", 0, ExecuteMsg::Deliver { work: work.into() })?;
        let answer = self.models.reply(&asked.messages[0]);
        reply(self.deps.as_mut(), mock_env(), answer)
    }

    fn escrow(&self) -> Escrow {
        from_json(query(self.deps.as_ref(), mock_env(), QueryMsg::Escrow {}).unwrap()).unwrap()
    }
}

#[test]
fn the_seller_is_paid_for_what_the_model_accepts() {
    let mut world = open();
    assert!(world.deliver(&ONE).unwrap().messages.is_empty());
    assert_eq!((world.escrow().status, world.escrow().attempts), (Status::Open, 1));
    let paid = world.deliver(&SEVEN).unwrap();
    let to_address = world.deps.api.addr_make("seller").to_string();
    assert_eq!(paid.messages[0].msg, BankMsg::Send { to_address, amount: coins(900, "asnrg") }.into());
    assert_eq!(world.escrow().status, Status::Paid);
    assert_eq!(world.deliver(&SEVEN), Err(Error::Closed));
    assert_eq!(world.execute("buyer", 2, ExecuteMsg::Refund {}), Err(Error::Closed));
}

#[test]
fn work_may_be_a_blob() {
    let mut world = open();
    let elements: Vec<i64> = SEVEN.iter().map(|byte| i64::from(*byte)).collect();
    let work = world.models.upload(&Tensor::from_fixed("pixels", &[1, 64], &elements, 4).unwrap().data);
    let deliver = ExecuteMsg::DeliverBlob { work };
    assert_eq!(world.execute("buyer", 0, deliver.clone()), Err(Error::Unauthorized("seller")));
    let asked = world.execute("seller", 0, deliver).unwrap();
    let answer = world.models.reply(&asked.messages[0]);
    reply(world.deps.as_mut(), mock_env(), answer).unwrap();
    assert_eq!(world.escrow().status, Status::Paid);
}

#[test]
fn the_buyer_gets_the_price_back_after_the_deadline_only() {
    let mut world = open();
    assert!(matches!(world.execute("buyer", 0, ExecuteMsg::Refund {}), Err(Error::Early(_))));
    assert_eq!(world.execute("seller", 2, ExecuteMsg::Refund {}), Err(Error::Unauthorized("buyer")));
    assert!(matches!(world.execute("seller", 2, ExecuteMsg::Deliver { work: SEVEN.into() }), Err(Error::Late(_))));
    assert_eq!(world.execute("buyer", 2, ExecuteMsg::Refund {}).unwrap().messages.len(), 1);
    assert_eq!(world.escrow().status, Status::Refunded);
}

#[test]
fn only_the_seller_delivers_and_only_what_fits_the_model() {
    let mut world = open();
    let work = ExecuteMsg::Deliver { work: SEVEN.into() };
    assert_eq!(world.execute("buyer", 0, work), Err(Error::Unauthorized("seller")));
    assert!(matches!(world.deliver(&SEVEN[..63]), Err(Error::Tensor(TensorError::Shape { .. }))));
}

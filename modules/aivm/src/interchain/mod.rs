//! Interchain inference: a packet of another chain is a message of an account here, and its
//! acknowledgement has the answer. `docs/interchain-inference.md` is the protocol.

mod packet;
mod payer;

use prost::Message;
use synergy_ibc::{Acknowledgement, App, Opening};
use synergy_kernel::{Ctx, Result, sdk};
use synergy_proto::{
    Address,
    cosmos::bank::v1beta1::MsgSend,
    ibc::core::channel::v1::{Order, Packet},
    pack,
    synergy::aivm::{MsgInfer, MsgInferResponse},
};

use crate::{error, params::params};

pub use packet::{Infer, InterchainRequest, Withdraw};
pub use payer::payer;

/// The port of [`Interchain`].
pub const PORT: &str = "inference";
/// The version of its channels.
pub const VERSION: &str = "synergy-inference-1";

/// The application behind port [`PORT`]: runs models for other chains. It sends no packets.
#[derive(Debug)]
pub struct Interchain;

fn check_opening(opening: &Opening<'_>) -> Result<()> {
    match opening.ordering {
        Order::Unordered => Ok(()),
        other => Err(error::bad_channel(&format!("it is {}, must be ORDER_UNORDERED", other.as_str_name()))),
    }
}

fn check_version(version: &str) -> Result<()> {
    if version == VERSION {
        return Ok(());
    }
    let shown: String = version.chars().take(80).collect();
    Err(error::bad_channel(&format!("its version is {shown:?}, must be {VERSION:?}")))
}

impl App for Interchain {
    fn owns(&self, port: &str) -> bool {
        port == PORT
    }

    fn on_open_init(&self, _: &mut Ctx<'_>, opening: &Opening<'_>) -> Result<String> {
        check_opening(opening)?;
        if !opening.version.is_empty() {
            check_version(opening.version)?;
        }
        Ok(VERSION.to_owned())
    }

    fn on_open_try(&self, _: &mut Ctx<'_>, opening: &Opening<'_>) -> Result<String> {
        check_opening(opening)?;
        check_version(opening.version)?;
        Ok(VERSION.to_owned())
    }

    fn on_open_ack(&self, _: &mut Ctx<'_>, _: &str, _: &str, version: &str) -> Result<()> {
        check_version(version)
    }

    fn on_close_init(&self, _: &mut Ctx<'_>, _: &str, _: &str) -> Result<()> {
        Err(error::bad_channel("this end does not close it"))
    }

    fn on_recv(&self, ctx: &mut Ctx<'_>, packet: &Packet, _: &Address) -> Result<Option<Vec<u8>>> {
        let channel = packet.destination_channel.as_str();
        let read = InterchainRequest::from_bytes(&packet.data);
        let payer = read.as_ref().map_or(String::new(), |request| payer(channel, request.sender()).to_string());
        let answer = match read {
            Ok(request) => answer(ctx, channel, request)?,
            Err(error) => Err(error),
        };
        let (sequence, text) = (packet.sequence.to_string(), answer.as_ref().err().map(ToString::to_string));
        let mut attributes = vec![
            ("channel", channel),
            ("sequence", &sequence),
            ("payer", &payer),
            ("success", if text.is_none() { "true" } else { "false" }),
        ];
        attributes.extend(text.as_ref().map(|text| ("error", text.as_str())));
        ctx.emit("interchain_inference", &attributes);
        let acknowledgement = match answer {
            Ok(answer) => Acknowledgement::success(&answer),
            // Texts are not consensus data; codespace and code are.
            Err(error) => Acknowledgement::Error(format!("{}/{}", error.codespace, error.code)),
        };
        Ok(Some(acknowledgement.to_bytes()))
    }

    fn on_acknowledge(&self, _: &mut Ctx<'_>, _: &Packet, _: &[u8], _: &Address) -> Result<()> {
        Err(error::bad_channel("this end sends no packets"))
    }

    fn on_timeout(&self, _: &mut Ctx<'_>, _: &Packet, _: &Address) -> Result<()> {
        Err(error::bad_channel("this end sends no packets"))
    }
}

/// What a request is answered with. The outer error is one of the relayer's transaction,
/// which had too little gas to find an answer; after the inner one nothing stays of what was
/// done.
fn answer(ctx: &mut Ctx<'_>, channel: &str, request: InterchainRequest) -> Result<Result<Vec<u8>>> {
    let payer = payer(channel, request.sender());
    match request {
        InterchainRequest::Infer(request) => {
            let most = params(ctx)?.max_block_gas;
            match request.gas {
                gas if gas > most => Ok(Err(error::packet_gas(gas, most))),
                gas => bounded(ctx, gas, |ctx| infer(ctx, &payer, request)),
            }
        }
        InterchainRequest::Withdraw(request) => bounded(ctx, u64::MAX, |ctx| {
            let send = MsgSend {
                from_address: payer.to_string(),
                to_address: request.to,
                amount: request.coins.into_iter().map(Into::into).collect(),
            };
            ctx.dispatch(&pack(&send), &payer)?;
            Ok(b"{}".to_vec())
        }),
    }
}

fn infer(ctx: &mut Ctx<'_>, payer: &Address, request: Infer) -> Result<Vec<u8>> {
    let message = MsgInfer {
        sender: payer.to_string(),
        model_id: request.model,
        inputs: request.inputs.into_iter().map(Into::into).collect(),
        max_price: request.max_price,
        ..MsgInfer::default()
    };
    let done = ctx.dispatch(&pack(&message), payer)?;
    let done = MsgInferResponse::decode(done.value.as_slice())
        .unwrap_or_else(|e| synergy_store::fatal(format_args!("answer of MsgInfer: {e}")));
    if done.outputs.is_empty() {
        return Err(error::large_outputs(params(ctx)?.max_inline_output_bytes));
    }
    Ok(packet::answer(done))
}

/// Runs `f` atomically with at most `limit` of gas. What the relayer gave decides only
/// whether there is an answer at all, never which one.
fn bounded<T>(ctx: &mut Ctx<'_>, limit: u64, f: impl FnOnce(&mut Ctx<'_>) -> Result<T>) -> Result<Result<T>> {
    let left = ctx.gas.left();
    let (result, gas) = ctx.metered(limit.min(left), |ctx| ctx.atomic(f));
    ctx.gas.consume(gas.used(), "interchain inference")?;
    match result {
        Err(error) if sdk::is_out_of_gas(&error) && left < limit => Err(error),
        result => Ok(result),
    }
}

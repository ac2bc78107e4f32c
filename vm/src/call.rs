//! One call of a contract.

use std::fmt;

use cosmwasm_std::{Env, MessageInfo, MigrateInfo, Reply};
use cosmwasm_vm::{
    Backend, BackendError, Instance, VmError, VmResult, call_execute_raw, call_ibc_channel_close_raw,
    call_ibc_channel_connect_raw, call_ibc_channel_open_raw, call_ibc_destination_callback_raw,
    call_ibc_packet_ack_raw, call_ibc_packet_receive_raw, call_ibc_packet_timeout_raw, call_ibc_source_callback_raw,
    call_instantiate_raw, call_migrate_with_info_raw, call_query_raw, call_reply_raw, call_sudo_raw,
    internals::instance_from_module, to_vec,
};
use wasmer::Store;

use crate::{
    code::Code,
    engine::Engine,
    host::{Addresses, Host, HostQuerier, HostStorage, Shared},
};

/// Which of its functions a contract is called by, with the arguments of that one.
#[derive(Debug)]
pub enum Entry<'a> {
    /// `instantiate`
    Instantiate(&'a MessageInfo, &'a [u8]),
    /// `execute`
    Execute(&'a MessageInfo, &'a [u8]),
    /// `migrate`
    Migrate(&'a MigrateInfo, &'a [u8]),
    /// `sudo`
    Sudo(&'a [u8]),
    /// `reply`
    Reply(&'a Reply),
    /// `query`, which cannot write
    Query(&'a [u8]),
    /// One of IBC's, with its message in JSON
    Ibc(Ibc, &'a [u8]),
}

/// The functions by which IBC calls a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ibc {
    /// `ibc_channel_open`
    ChannelOpen,
    /// `ibc_channel_connect`
    ChannelConnect,
    /// `ibc_channel_close`
    ChannelClose,
    /// `ibc_packet_receive`
    PacketReceive,
    /// `ibc_packet_ack`
    PacketAck,
    /// `ibc_packet_timeout`
    PacketTimeout,
    /// `ibc_source_callback`
    SourceCallback,
    /// `ibc_destination_callback`
    DestinationCallback,
}

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The gas did not suffice.
    OutOfGas,
    /// The contract did what a contract must not; the same on every machine.
    Contract(String),
    /// This machine failed. It must not become the result of a transaction.
    Fault(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfGas => f.write_str("out of gas"),
            Self::Contract(text) | Self::Fault(text) => f.write_str(text),
        }
    }
}

/// What a call gave.
pub struct Done<H> {
    /// The host, back.
    pub host: H,
    /// The contract's answer, in JSON, or why there is none.
    pub outcome: Result<Vec<u8>, Failure>,
    /// VM gas used, without what the host has charged by itself.
    pub gas: u64,
}

impl Engine {
    /// Calls a contract in an instance of its own, with at most `gas_limit` VM gas.
    ///
    /// # Errors
    /// [`Failure::Fault`] when the host is lost. Failures of the contract are in
    /// [`Done::outcome`].
    pub fn call<H: Host>(
        &self,
        code: &Code,
        host: H,
        env: &Env,
        entry: &Entry<'_>,
        gas_limit: u64,
    ) -> Result<Done<H>, Failure> {
        let shared = Shared::new(host);
        let backend =
            Backend { api: Addresses, storage: HostStorage::new(shared.clone()), querier: HostQuerier(shared.clone()) };
        let store = Store::new(code.engine.clone());
        let (outcome, gas) = match instance_from_module(store, &code.module, backend, gas_limit, None) {
            Ok(mut instance) => {
                let outcome = run(&mut instance, env, entry).map_err(failure);
                let report = instance.create_gas_report();
                (settle(outcome, report.remaining), report.used_internally)
            }
            // A start function that traps: nothing tells how far it came.
            Err(error) => (Err(failure(error)), gas_limit),
        };
        let host = shared.take().ok_or_else(|| Failure::Fault("a contract's host is lost".to_owned()))?;
        match outcome {
            Err(fault @ Failure::Fault(_)) => Err(fault),
            outcome => Ok(Done { host, outcome, gas }),
        }
    }
}

/// Gas that runs out in a host function comes back as a trap among others; what is
/// left tells it.
fn settle(outcome: Result<Vec<u8>, Failure>, remaining: u64) -> Result<Vec<u8>, Failure> {
    match outcome {
        Err(Failure::Contract(_)) if remaining == 0 => Err(Failure::OutOfGas),
        outcome => outcome,
    }
}

fn run<H: Host>(
    instance: &mut Instance<Addresses, HostStorage<H>, HostQuerier<H>>,
    env: &Env,
    entry: &Entry<'_>,
) -> VmResult<Vec<u8>> {
    let env = to_vec(env)?;
    match entry {
        Entry::Instantiate(info, msg) => call_instantiate_raw(instance, &env, &to_vec(info)?, msg),
        Entry::Execute(info, msg) => call_execute_raw(instance, &env, &to_vec(info)?, msg),
        Entry::Migrate(info, msg) => call_migrate_with_info_raw(instance, &env, msg, &to_vec(info)?),
        Entry::Sudo(msg) => call_sudo_raw(instance, &env, msg),
        Entry::Reply(reply) => call_reply_raw(instance, &env, &to_vec(reply)?),
        Entry::Query(msg) => call_query_raw(instance, &env, msg),
        Entry::Ibc(function, msg) => match function {
            Ibc::ChannelOpen => call_ibc_channel_open_raw(instance, &env, msg),
            Ibc::ChannelConnect => call_ibc_channel_connect_raw(instance, &env, msg),
            Ibc::ChannelClose => call_ibc_channel_close_raw(instance, &env, msg),
            Ibc::PacketReceive => call_ibc_packet_receive_raw(instance, &env, msg),
            Ibc::PacketAck => call_ibc_packet_ack_raw(instance, &env, msg),
            Ibc::PacketTimeout => call_ibc_packet_timeout_raw(instance, &env, msg),
            Ibc::SourceCallback => call_ibc_source_callback_raw(instance, &env, msg),
            Ibc::DestinationCallback => call_ibc_destination_callback_raw(instance, &env, msg),
        },
    }
}

/// Sorts the VM's errors. Everything that bytes of a contract or of a message can
/// bring about is a failure of the contract; the rest is this machine's.
pub(crate) fn failure(error: VmError) -> Failure {
    let text = error.to_string();
    match error {
        VmError::GasDepletion { .. } => Failure::OutOfGas,
        VmError::BackendErr { source: BackendError::OutOfGas {}, .. } => Failure::OutOfGas,
        VmError::BackendErr {
            source:
                BackendError::BadArgument {}
                | BackendError::InvalidUtf8 {}
                | BackendError::IteratorDoesNotExist { .. }
                | BackendError::Unknown { .. }
                | BackendError::UserErr { .. },
            ..
        } => Failure::Contract(text),
        // What wasmer says when the machine has no memory for an instance.
        VmError::InstantiationErr { .. } if text.contains("Insufficient resources") => Failure::Fault(text),
        VmError::Aborted { .. }
        | VmError::CommunicationErr { .. }
        | VmError::CompileErr { .. }
        | VmError::ConversionErr { .. }
        | VmError::CryptoErr { .. }
        | VmError::GenericErr { .. }
        | VmError::InstantiationErr { .. }
        | VmError::ParseErr { .. }
        | VmError::DeserializationLimitExceeded { .. }
        | VmError::SerializeErr { .. }
        | VmError::ResolveErr { .. }
        | VmError::ResultMismatch { .. }
        | VmError::RuntimeErr { .. }
        | VmError::StaticValidationErr { .. }
        | VmError::WriteAccessDenied { .. }
        | VmError::MaxCallDepthExceeded { .. }
        | VmError::FunctionArityMismatch { .. } => Failure::Contract(text),
        _ => Failure::Fault(text),
    }
}

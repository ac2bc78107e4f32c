//! `synergyd query ibc` and `synergyd query ibc-transfer`.

use clap::Subcommand;
use prost::Message;
use synergy_proto::ibc::{
    core::{
        channel::v1::QueryChannelsRequest,
        client::v1::{QueryClientStatesRequest, QueryClientStatusRequest},
        connection::v1::QueryConnectionsRequest,
    },
    transfer::{QueryDenomRequest, QueryDenomsRequest, QueryEscrowAddressRequest, QueryTotalEscrowForDenomRequest},
};

use super::{Page, ask};
use crate::cli::{context::Context, error::Result, schema::ibc as schema};

#[derive(Subcommand, Debug)]
pub(crate) enum Ibc {
    /// Light clients of other chains
    Clients(Page),
    /// Whether a client may be used: Active, Expired or Frozen
    ClientStatus {
        /// E.g. 07-tendermint-0
        client: String,
    },
    /// Connections to other chains
    Connections(Page),
    /// Channels and what they are for
    Channels(Page),
}

pub(super) fn run(context: &Context, height: u64, command: Ibc) -> Result<()> {
    let (path, request, schema) = match command {
        Ibc::Clients(page) => (
            "client.v1.Query/ClientStates",
            QueryClientStatesRequest { pagination: page.request()? }.encode_to_vec(),
            &schema::CLIENTS_RESPONSE,
        ),
        Ibc::ClientStatus { client } => (
            "client.v1.Query/ClientStatus",
            QueryClientStatusRequest { client_id: client }.encode_to_vec(),
            &schema::STATUS_RESPONSE,
        ),
        Ibc::Connections(page) => (
            "connection.v1.Query/Connections",
            QueryConnectionsRequest { pagination: page.request()? }.encode_to_vec(),
            &schema::CONNECTIONS_RESPONSE,
        ),
        Ibc::Channels(page) => (
            "channel.v1.Query/Channels",
            QueryChannelsRequest { pagination: page.request()? }.encode_to_vec(),
            &schema::CHANNELS_RESPONSE,
        ),
    };
    ask(context, height, &format!("/ibc.core.{path}"), &request, schema)
}

#[derive(Subcommand, Debug)]
pub(crate) enum Transfer {
    /// The way of a voucher
    Denom {
        /// ibc/HASH
        denom: String,
    },
    /// All vouchers
    Denoms(Page),
    /// The account that holds what went out over a channel
    EscrowAddress {
        /// E.g. transfer
        #[arg(value_name = "PORT_ID")]
        port: String,
        /// E.g. channel-0
        channel: String,
    },
    /// What of a coin is in escrow, over all channels
    TotalEscrow {
        /// E.g. asnrg
        denom: String,
    },
    /// Whether coins may go out and come in
    Params,
}

pub(super) fn run_transfer(context: &Context, height: u64, command: Transfer) -> Result<()> {
    let (method, request, schema) = match command {
        Transfer::Denom { denom } => {
            ("Denom", QueryDenomRequest { hash: denom }.encode_to_vec(), &schema::DENOM_RESPONSE)
        }
        Transfer::Denoms(page) => {
            ("Denoms", QueryDenomsRequest { pagination: page.request()? }.encode_to_vec(), &schema::DENOMS_RESPONSE)
        }
        Transfer::EscrowAddress { port, channel } => (
            "EscrowAddress",
            QueryEscrowAddressRequest { port_id: port, channel_id: channel }.encode_to_vec(),
            &schema::ESCROW_RESPONSE,
        ),
        Transfer::TotalEscrow { denom } => {
            ("TotalEscrowForDenom", QueryTotalEscrowForDenomRequest { denom }.encode_to_vec(), &schema::TOTAL_RESPONSE)
        }
        Transfer::Params => ("Params", Vec::new(), &schema::TRANSFER_PARAMS_RESPONSE),
    };
    ask(context, height, &format!("/ibc.applications.transfer.v1.Query/{method}"), &request, schema)
}

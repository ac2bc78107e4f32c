//! Codespaces and codes of ibc-go 10, one for each part of the protocol.

use synergy_kernel::Error;

macro_rules! codespace {
    ($(#[$doc:meta])* $space:ident = $name:literal { $($fun:ident = $code:literal $text:literal;)* }) => {
        $(#[$doc])*
        #[allow(dead_code, reason = "the list is ibc-go's, whether or not this module gives all of it")]
        pub(crate) mod $space {
            use super::Error;
            $(pub(crate) fn $fun(what: impl std::fmt::Display) -> Error {
                Error::new($name, $code, format!("{what}: {}", $text))
            })*
        }
    };
}

codespace! {
    /// `core/errors`.
    core = "ibc" {
        unauthorized = 2 "unauthorized";
        unknown_request = 4 "unknown request";
        invalid_address = 5 "invalid address";
        invalid_coins = 6 "invalid coins";
        invalid_request = 8 "invalid request";
        invalid_height = 9 "invalid height";
        invalid_type = 12 "invalid type";
        unpack_any = 14 "failed unpacking protobuf message from Any";
        not_found = 16 "not found";
    }
}

codespace! {
    /// ICS-02.
    client = "client" {
        invalid_client = 3 "light client is invalid";
        not_found = 4 "light client not found";
        consensus_not_found = 7 "consensus state not found";
        invalid_consensus = 8 "invalid consensus state";
        invalid_type = 10 "invalid client type";
        invalid_header = 12 "invalid client header";
        invalid_misbehaviour = 13 "invalid light client misbehaviour";
        update_failed = 23 "unable to update light client";
        invalid_recovery = 24 "invalid recovery client";
        invalid_upgrade = 25 "invalid client upgrade";
        invalid_height = 26 "invalid height";
        invalid_substitute = 27 "invalid client state substitute";
        not_active = 29 "client state is not active";
    }
}

codespace! {
    /// ICS-03.
    connection = "connection" {
        not_found = 3 "connection not found";
        paths_not_found = 4 "light client connection paths not found";
        invalid_state = 6 "invalid connection state";
        invalid_counterparty = 7 "invalid counterparty connection";
        invalid_version = 9 "invalid connection version";
        negotiation_failed = 10 "connection version negotiation failed";
        invalid_id = 11 "invalid connection identifier";
    }
}

codespace! {
    /// ICS-04.
    channel = "channel" {
        not_found = 3 "channel not found";
        invalid_channel = 4 "invalid channel";
        invalid_state = 5 "invalid channel state";
        invalid_ordering = 6 "invalid channel ordering";
        invalid_counterparty = 7 "invalid counterparty channel";
        sequence_send_not_found = 10 "sequence send not found";
        sequence_recv_not_found = 11 "sequence receive not found";
        sequence_ack_not_found = 12 "sequence acknowledgement not found";
        invalid_packet = 13 "invalid packet";
        too_many_hops = 15 "too many connection hops";
        invalid_acknowledgement = 16 "invalid acknowledgement";
        acknowledgement_exists = 17 "acknowledgement for packet already exists";
        invalid_id = 18 "invalid channel identifier";
        packet_received = 19 "packet already received";
        out_of_order = 21 "packet sequence is out of order";
        redundant = 22 "packet messages are redundant";
        timeout_not_reached = 39 "timeout not reached";
        timeout_elapsed = 40 "timeout elapsed";
    }
}

codespace! {
    /// ICS-05.
    port = "port" {
        invalid_port = 4 "invalid port";
        invalid_route = 5 "route not found";
    }
}

codespace! {
    /// ICS-23.
    commitment = "commitment" {
        invalid_proof = 2 "invalid proof";
        invalid_prefix = 3 "invalid prefix";
        invalid_merkle_proof = 4 "invalid merkle proof";
    }
}

codespace! {
    /// ICS-24.
    host = "host" {
        invalid_id = 2 "invalid identifier";
    }
}

codespace! {
    /// ICS-07.
    tendermint = "07-tendermint" {
        invalid_chain_id = 2 "invalid chain-id";
        invalid_trusting_period = 3 "invalid trusting period";
        invalid_unbonding_period = 4 "invalid unbonding period";
        invalid_header_height = 5 "invalid header height";
        invalid_header = 6 "invalid header";
        invalid_clock_drift = 7 "invalid max clock drift";
        processed_time_not_found = 8 "processed time not found";
        processed_height_not_found = 9 "processed height not found";
        delay_not_passed = 10 "packet-specified delay period has not been reached";
        trusting_period_expired = 11 "time since latest trusted state has passed the trusting period";
        invalid_proof_specs = 13 "invalid proof specs";
        invalid_validator_set = 14 "invalid validator set";
        invalid_trust_level = 15 "invalid trust level";
    }
}

codespace! {
    /// `callbacks`.
    callbacks = "ibccallbacks" {
        out_of_gas = 6 "callback out of gas";
        invalid_data = 8 "invalid callback data";
    }
}

codespace! {
    /// ICS-20.
    transfer = "transfer" {
        invalid_timeout = 2 "invalid packet timeout";
        invalid_denom = 3 "invalid denomination for cross-chain transfer";
        invalid_version = 4 "invalid ICS20 version";
        invalid_amount = 5 "invalid token amount";
        denom_not_found = 6 "denomination not found";
        send_disabled = 7 "fungible token transfers from this chain are disabled";
        receive_disabled = 8 "fungible token transfers to this chain are disabled";
        max_channels = 9 "max transfer channels";
        invalid_memo = 11 "invalid memo";
    }
}

use synergy_proto::Address;
use synergy_store::sha256;

use super::PORT;

/// The account that pays for a sender behind a channel of ours: ADR 028 of the Cosmos SDK,
/// `address.Module("inference", channel, sender)`. Nobody has a key of it; packets of the
/// channel alone spend what it holds.
pub fn payer(channel: &str, sender: &str) -> Address {
    let of_channel = sha256(&[sha256(b"module").as_slice(), PORT.as_bytes(), b"\0", channel.as_bytes()].concat());
    let address = sha256(&[sha256(&of_channel).as_slice(), sender.as_bytes()].concat());
    // 32 bytes are an address always.
    Address::new(&address).unwrap_or_else(|e| synergy_store::fatal(format_args!("payer's address: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by Python's hashlib from the formula in `docs/interchain-inference.md`.
    #[test]
    fn addresses_are_those_of_the_sdk() {
        assert_eq!(
            hex::encode(payer("channel-0", "cosmos1alice").as_bytes()),
            "bb93120299d4d724818136474193c06319396c244e8a6c7373c1081599c4bd54"
        );
        assert_ne!(payer("channel-1", "0alice"), payer("channel-10", "alice"));
    }
}

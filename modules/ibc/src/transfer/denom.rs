//! Denominations with the way they came: `transfer/channel-0/uatom`.

use sha2::{Digest, Sha256};
use synergy_kernel::{Error, Result};
use synergy_proto::ibc::transfer::{Denom, Hop};

use crate::{
    error::transfer as own,
    path::{TENDERMINT, sequence},
};

/// Vouchers are `ibc/` and the hash of their path in upper-case hexadecimal.
pub(crate) const PREFIX: &str = "ibc/";

/// Whether a part of a path can be the channel of a hop (ibc-go: or an IBC v2 client).
fn is_channel(part: &str) -> bool {
    sequence(part, "channel").is_some() || sequence(part, TENDERMINT).is_some()
}

/// Reads a path. A base denomination may hold slashes itself.
pub(crate) fn parse(path: &str) -> Denom {
    let parts: Vec<&str> = path.split('/').collect();
    let hops = parts
        .chunks(2)
        .take_while(|pair| parts.len() > 2 && pair.get(1).is_some_and(|channel| is_channel(channel)))
        .count();
    let trace = parts
        .chunks(2)
        .take(hops)
        .filter_map(|pair| match pair {
            [port, channel] => Some(Hop { port_id: (*port).to_owned(), channel_id: (*channel).to_owned() }),
            _ => None,
        })
        .collect();
    let base = parts.get(hops.saturating_mul(2)..).unwrap_or_default().join("/");
    Denom { base, trace }
}

/// What [`parse`] reads.
pub(crate) fn path(denom: &Denom) -> String {
    let mut path = hops(denom);
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(&denom.base);
    path
}

/// The way alone.
pub(crate) fn hops(denom: &Denom) -> String {
    denom.trace.iter().map(|hop| format!("{}/{}", hop.port_id, hop.channel_id)).collect::<Vec<_>>().join("/")
}

/// Hash of the path.
pub(crate) fn hash(denom: &Denom) -> [u8; 32] {
    Sha256::digest(path(denom)).into()
}

/// The denomination on this chain.
pub(crate) fn local(denom: &Denom) -> String {
    match denom.trace.as_slice() {
        [] => denom.base.clone(),
        _ => format!("{PREFIX}{}", hex::encode_upper(hash(denom))),
    }
}

/// Whether the last hop of a denomination was over this channel.
pub(crate) fn came_over(denom: &Denom, port: &str, channel: &str) -> bool {
    denom.trace.first().is_some_and(|hop| hop.port_id == port && hop.channel_id == channel)
}

/// # Errors
/// `transfer` 3.
pub(crate) fn validate(denom: &Denom) -> Result<()> {
    if denom.base.trim().is_empty() {
        return Err(own::invalid_denom("base denomination cannot be blank"));
    }
    for hop in &denom.trace {
        crate::path::check_port(&hop.port_id)?;
        crate::path::check_channel(&hop.channel_id)?;
    }
    Ok(())
}

/// The hash of a voucher's denomination, with or without `ibc/`.
///
/// # Errors
/// `transfer` 3.
pub(crate) fn parse_hash(text: &str) -> Result<[u8; 32]> {
    let bad = |why: &dyn std::fmt::Display| -> Error {
        let shown: String = text.chars().take(140).collect();
        own::invalid_denom(format!("invalid denom trace hash {shown}: {why}"))
    };
    let bytes = hex::decode(text.trim_start_matches(PREFIX)).map_err(|e| bad(&e))?;
    bytes.try_into().map_err(|_| bad(&"it has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_ibc_go_does() {
        let hop = |port: &str, channel: &str| Hop { port_id: port.into(), channel_id: channel.into() };
        for (text, base, trace) in [
            ("uatom", "uatom", vec![]),
            ("transfer/channel-1/uatom", "uatom", vec![hop("transfer", "channel-1")]),
            ("transfer/channel-1/channel-2", "channel-2", vec![hop("transfer", "channel-1")]),
            ("transfer/channel-1", "transfer/channel-1", vec![]),
            ("gamm/pool/1", "gamm/pool/1", vec![]),
            ("transfer/channel-1/gamm/pool/1", "gamm/pool/1", vec![hop("transfer", "channel-1")]),
            (
                "erc20/0x85bcBCd7e79Ec36f4fBBDc54F90C643d921151AA",
                "erc20/0x85bcBCd7e79Ec36f4fBBDc54F90C643d921151AA",
                vec![],
            ),
            (
                "transfer/channel-1/customport/channel-22/x",
                "x",
                vec![hop("transfer", "channel-1"), hop("customport", "channel-22")],
            ),
        ] {
            let denom = parse(text);
            assert_eq!(denom, Denom { base: base.into(), trace }, "{text}");
            assert_eq!(path(&denom), text);
        }
        // Known from the Cosmos Hub's side of Osmosis.
        let atom = parse("transfer/channel-0/uatom");
        assert_eq!(local(&atom), "ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2");
        assert_eq!(parse_hash(&local(&atom)).unwrap(), hash(&atom));
        assert!(parse_hash("ibc/27").is_err() && parse_hash("ibc/zz").is_err());
    }
}

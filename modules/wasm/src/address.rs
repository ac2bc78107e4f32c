//! Addresses of contracts, as wasmd makes them (`x/wasm/keeper/addresses.go`).

use synergy_kernel::{Hash, Result};
use synergy_proto::Address;
use synergy_store::sha256;

use crate::{error, msgs::validate};

/// The address of an instance of a code, by counting.
pub fn classic(code_id: u64, instance_id: u64) -> Address {
    let mut id = [0; 16];
    let (code, instance) = id.split_at_mut(8);
    code.copy_from_slice(&code_id.to_be_bytes());
    instance.copy_from_slice(&instance_id.to_be_bytes());
    module_address(&id)
}

/// The address that `MsgInstantiateContract2` makes, known before it is sent.
///
/// # Errors
/// `wasm` 12 and 13 for a salt that is empty or longer than 64 bytes.
pub fn predictable(checksum: &Hash, creator: &Address, salt: &[u8], msg: &[u8]) -> Result<Address> {
    validate::salt(salt)?;
    let mut key = Vec::new();
    for part in [checksum.as_slice(), creator.as_bytes(), salt, msg] {
        key.extend_from_slice(&(part.len() as u64).to_be_bytes());
        key.extend_from_slice(part);
    }
    Ok(module_address(&key))
}

/// The SDK's `address.Module("wasm", key)`: SHA-256 of SHA-256("module"), "wasm", a
/// zero byte and the key.
fn module_address(key: &[u8]) -> Address {
    let hash = sha256(&[sha256(b"module").as_slice(), b"wasm\0", key].concat());
    // 32 bytes are an address always.
    Address::new(&hash).unwrap_or_else(|e| synergy_store::fatal(format!("contract address: {e}")))
}

pub(crate) use synergy_kernel::address as read;

/// Reads an address that may be left out.
pub(crate) fn read_optional(text: &str, what: &str) -> Result<Option<Address>> {
    if text.is_empty() { Ok(None) } else { read(text, what).map(Some) }
}

/// Checks that an address can be a contract's.
pub(crate) fn contract(text: &str) -> Result<Address> {
    let address = read(text, "contract")?;
    match address.as_bytes().len() {
        32 => Ok(address),
        _ => Err(error::no_such_contract(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of wasmd (`x/wasm/keeper/addresses_test.go`).
    #[test]
    fn classic_addresses_are_those_of_wasmd() {
        for (code, instance, expected) in [
            (0, 0, "purple1w0w8sasnut0jx0vvsnvlc8nayq0q2ej8xgrpwgel05tn6wy4r57qfplul7"),
            (0, 1, "purple156r47kpk4va938pmtpuee4fh77847gqcw2dmpl2nnpwztwfgz04s5cr8hj"),
            (1, 0, "purple1mzdhwvvh22wrt07w59wxyd58822qavwkx5lcej7aqfkpqqlhaqfs5efvjk"),
            (1, 1, "purple14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9smc2vxm"),
        ] {
            assert_eq!(classic(code, instance).to_bech32("purple").unwrap(), expected);
        }
    }

    /// Vectors that cosmwasm-std, wasmd and CosmJS' `instantiate2Address` share
    /// (`testdata/instantiate2_addresses.json`).
    #[test]
    fn predictable_addresses_are_those_of_cosmjs() {
        let first = "13a1fc994cc6d1c81b746ee0c0ff6f90043875e0bf1d9be6b7d779fc978dc2a5";
        let other = "1da6c16de2cbaf7ad8cbb66f0925ba33f5c278cb2491762d04658c1480ea229b";
        let short = "9999999999aaaaaaaaaabbbbbbbbbbcccccccccc";
        let long = "9999999999aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffff";
        let salt = "aabbccddeeffffeeddbbccddaa66551155aaaabbcc787878789900aabbccddeeffffeeddbbccddaa66551155aaaabbcc787878789900aabbbbcc221100acadae";
        let msg = r#"{"some":123,"structure":{"nested":["ok",true]}}"#;
        for (checksum, creator, salt, msg, expected) in [
            (first, short, "61", "", "purple1t6r960j945lfv8mhl4mage2rg97w63xeynwrupum2s2l7em4lprs9ce5hk"),
            (first, short, "61", "{}", "purple1px25n9sgj3a99q0zcl4awx7my6s6mxqegmdd2lmvf5lwxh080q6suttktr"),
            (first, short, salt, "", "purple1jwzvvfyvpwchrccxl476pxf7c83qawsqv3f2820q0zyrav6eg4jqdcq7gc"),
            (first, short, salt, msg, "purple1jvhs00zn7lgtpdpukkj54slzgkeqte4wda7pmxgac6h55tle4svq8cmp60"),
            (first, long, "61", msg, "purple1djvyxsvq7pfzjnlcn7md9khrf705g69shrnw0sqzk2jy4hhrn27sjh2ysy"),
            (other, long, salt, msg, "purple1en0em6s5rfkzgav8q556kw86a80vxr0j3cq93987v4utvcfn4d9q0tql4w"),
        ] {
            let checksum = hex::decode(checksum).unwrap().try_into().unwrap();
            let creator = Address::new(&hex::decode(creator).unwrap()).unwrap();
            let made = predictable(&checksum, &creator, &hex::decode(salt).unwrap(), msg.as_bytes()).unwrap();
            assert_eq!(made.to_bech32("purple").unwrap(), expected);
        }
        assert_eq!(predictable(&[0; 32], &classic(1, 1), &[], &[]).unwrap_err().code, 12);
        assert_eq!(predictable(&[0; 32], &classic(1, 1), &[0; 65], &[]).unwrap_err().code, 13);
    }
}

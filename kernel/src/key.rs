use synergy_proto::{Address, Denom};

/// A part of a storage key. Integers are big-endian and byte strings carry
/// their length in one byte, so that no key is a prefix of another and order of
/// keys is order of parts.
pub trait Key {
    /// What reading the key back gives.
    type Owned;
    /// Appends the encoding.
    fn write(&self, out: &mut Vec<u8>);
    /// Reads it back; `None` when the bytes are no such key.
    fn read(reader: &mut KeyReader<'_>) -> Option<Self::Owned>;
}

/// Takes parts off the front of a key.
#[derive(Debug)]
pub struct KeyReader<'a>(pub &'a [u8]);

impl<'a> KeyReader<'a> {
    /// The next `n` bytes.
    pub fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    /// The next byte string with its length in front.
    pub fn take_prefixed(&mut self) -> Option<&'a [u8]> {
        let n = *self.take(1)?.first()?;
        self.take(usize::from(n))
    }
}

/// Lengths are at most 255 by the types that come here: addresses and denoms.
#[allow(clippy::cast_possible_truncation, reason = "at most 128")]
fn write_prefixed(bytes: &[u8], out: &mut Vec<u8>) {
    debug_assert!(bytes.len() < 256);
    out.push(bytes.len() as u8);
    out.extend_from_slice(bytes);
}

impl Key for Address {
    type Owned = Address;
    fn write(&self, out: &mut Vec<u8>) {
        write_prefixed(self.as_bytes(), out);
    }
    fn read(reader: &mut KeyReader<'_>) -> Option<Address> {
        Address::new(reader.take_prefixed()?).ok()
    }
}

impl Key for Denom {
    type Owned = Denom;
    fn write(&self, out: &mut Vec<u8>) {
        write_prefixed(self.as_str().as_bytes(), out);
    }
    fn read(reader: &mut KeyReader<'_>) -> Option<Denom> {
        std::str::from_utf8(reader.take_prefixed()?).ok()?.parse().ok()
    }
}

impl Key for str {
    type Owned = String;
    fn write(&self, out: &mut Vec<u8>) {
        write_prefixed(self.as_bytes(), out);
    }
    fn read(reader: &mut KeyReader<'_>) -> Option<String> {
        String::from_utf8(reader.take_prefixed()?.to_vec()).ok()
    }
}

impl Key for u64 {
    type Owned = u64;
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }
    fn read(reader: &mut KeyReader<'_>) -> Option<u64> {
        Some(u64::from_be_bytes(reader.take(8)?.try_into().ok()?))
    }
}

impl Key for [u8; 32] {
    type Owned = [u8; 32];
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn read(reader: &mut KeyReader<'_>) -> Option<[u8; 32]> {
        reader.take(32)?.try_into().ok()
    }
}

impl<K: Key + ?Sized> Key for &K {
    type Owned = K::Owned;
    fn write(&self, out: &mut Vec<u8>) {
        (*self).write(out);
    }
    fn read(reader: &mut KeyReader<'_>) -> Option<K::Owned> {
        K::read(reader)
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    type Owned = (A::Owned, B::Owned);
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }
    fn read(reader: &mut KeyReader<'_>) -> Option<Self::Owned> {
        Some((A::read(reader)?, B::read(reader)?))
    }
}

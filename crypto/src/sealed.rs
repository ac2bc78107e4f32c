//! Payloads that only the owner of a [`KemKey`] can read.
//!
//! HPKE (RFC 9180) in base mode: KEM X-Wing (0x647a), HKDF-SHA256, ChaCha20-Poly1305. The
//! payload is cut into chunks, each sealed under the next nonce with a byte of associated
//! data that says whether it is the last, so that chunks cannot be dropped, repeated,
//! reordered or cut off. `docs/private-payloads.md` specifies the bytes and says what
//! this hides and what it does not.

use std::io::{self, Read, Write};

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Error, KemKey, KemSecret, Result, kem::Shared};

/// What every sealed payload begins with.
const MAGIC: &[u8; 8] = b"SNRGSEAL";
/// Another number, another format.
const VERSION: u8 = 1;
/// Magic, version and the first bytes of the key's hash.
const HEADER: usize = 17;
/// Bytes of payload in a chunk; the last may be shorter.
const CHUNK: usize = 64 * 1024;
/// Poly1305's, added to each chunk.
const TAG: usize = 16;
/// "HPKE", the KEM's, the KDF's and the AEAD's numbers.
const SUITE: &[u8; 10] = b"HPKE\x64\x7a\x00\x01\x00\x03";

/// Seals what `payload` holds to the owner of `key`. Returns the payload's length, bytes.
///
/// # Errors
/// [`Error::Io`] of either side, [`Error::Randomness`].
pub fn seal(key: &KemKey, payload: &mut dyn Read, out: &mut dyn Write) -> Result<u64> {
    let (sent, shared) = key.encapsulate()?;
    let header = header(key);
    let mut chunks = Chunks::new(&shared, &header);
    write(out, &header)?;
    write(out, &sent)?;
    each_chunk(payload, CHUNK, |chunk, last| write(out, &chunks.seal(chunk, last)))
}

/// Opens what was sealed to the key of `secret`. Returns the payload's length, bytes.
///
/// What was written before an error is genuine but not whole: throw it away.
///
/// # Errors
/// [`Error::NotSealed`], [`Error::SealedForAnother`], [`Error::SealedDamaged`],
/// [`Error::Io`].
pub fn open(secret: &KemSecret, sealed: &mut dyn Read, out: &mut dyn Write) -> Result<u64> {
    let mut header = [0; HEADER];
    let mut sent = [0; KemKey::CIPHERTEXT_LEN];
    read_exact(sealed, &mut header)?;
    let key = secret.public_key();
    check(&header, &key)?;
    read_exact(sealed, &mut sent)?;
    let mut chunks = Chunks::new(&secret.decapsulate(&sent), &header);
    let mut total = 0;
    each_chunk(sealed, CHUNK + TAG, |chunk, last| {
        let plain = chunks.open(chunk, last)?;
        total += plain.len() as u64;
        write(out, &plain)
    })?;
    Ok(total)
}

/// Length of a sealed payload of `len` bytes.
pub fn sealed_len(len: u64) -> u64 {
    let chunks = len.div_ceil(CHUNK as u64).max(1);
    (HEADER + KemKey::CIPHERTEXT_LEN) as u64 + len + chunks * TAG as u64
}

fn header(key: &KemKey) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8] = VERSION;
    header[9..].copy_from_slice(&key.id());
    header
}

fn check(got: &[u8; HEADER], key: &KemKey) -> Result<()> {
    if !got.starts_with(MAGIC) {
        return Err(Error::NotSealed("it does not begin with SNRGSEAL"));
    }
    if got[8] != VERSION {
        return Err(Error::NotSealed("its version is not 1: open it with the version that sealed it"));
    }
    let id: [u8; 8] = std::array::from_fn(|i| got[9 + i]);
    if id != key.id() {
        return Err(Error::SealedForAnother { sealed: hex::encode(id), ours: hex::encode(key.id()) });
    }
    Ok(())
}

fn read_exact(input: &mut dyn Read, bytes: &mut [u8]) -> Result<()> {
    input.read_exact(bytes).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof => Error::NotSealed("it is shorter than a header"),
        _ => broken("read", e),
    })
}

fn write(out: &mut dyn Write, bytes: &[u8]) -> Result<()> {
    out.write_all(bytes).map_err(|e| broken("write", e))
}

fn broken(action: &'static str, source: io::Error) -> Error {
    Error::Io { action, path: "the payload".into(), source }
}

/// Calls `f` with every `size` bytes of the input and whether they are the last; once
/// with none when there are none. Returns how many there were.
fn each_chunk(input: &mut dyn Read, size: usize, mut f: impl FnMut(&[u8], bool) -> Result<()>) -> Result<u64> {
    let mut next = || {
        let mut chunk = Zeroizing::new(Vec::with_capacity(size));
        (&mut *input).take(size as u64).read_to_end(&mut chunk).map(|_| chunk).map_err(|e| broken("read", e))
    };
    let (mut chunk, mut total) = (next()?, 0);
    loop {
        let after = if chunk.len() == size { next()? } else { Zeroizing::default() };
        total += chunk.len() as u64;
        f(&chunk, after.is_empty())?;
        if after.is_empty() {
            return Ok(total);
        }
        chunk = after;
    }
}

/// The context of RFC 9180, section 5.2.
struct Chunks {
    cipher: ChaCha20Poly1305,
    nonce: Zeroizing<[u8; 12]>,
    sequence: u64,
}

impl Chunks {
    /// `KeySchedule` of section 5.1 without a pre-shared key. `info` is the header.
    fn new(shared: &Shared, info: &[u8]) -> Self {
        let mut context = vec![0];
        context.extend_from_slice(&*extract(b"", b"psk_id_hash", b""));
        context.extend_from_slice(&*extract(b"", b"info_hash", info));
        let secret = extract(&**shared, b"secret", b"");
        let key = expand(&secret, b"key", &context, 32);
        let base = expand(&secret, b"base_nonce", &context, 12);
        let nonce = Zeroizing::new(std::array::from_fn(|i| base[i]));
        Self { cipher: ChaCha20Poly1305::new((&*key).into()), nonce, sequence: 0 }
    }

    fn seal(&mut self, chunk: &[u8], last: bool) -> Vec<u8> {
        let payload = Payload { msg: chunk, aad: &[u8::from(last)] };
        let nonce = self.next_nonce();
        self.cipher.encrypt(&nonce.into(), payload).expect("a chunk is shorter than the cipher's limit")
    }

    fn open(&mut self, chunk: &[u8], last: bool) -> Result<Zeroizing<Vec<u8>>> {
        let at = self.sequence;
        let payload = Payload { msg: chunk, aad: &[u8::from(last)] };
        let nonce = self.next_nonce();
        let plain = self.cipher.decrypt(&nonce.into(), payload);
        plain.map(Zeroizing::new).map_err(|_| Error::SealedDamaged(at))
    }

    fn next_nonce(&mut self) -> [u8; 12] {
        let mut nonce = *self.nonce;
        for (byte, count) in nonce[4..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *byte ^= count;
        }
        // 2⁶⁴ chunks are a million million gigabytes.
        self.sequence += 1;
        nonce
    }
}

/// `LabeledExtract` of section 4.
fn extract(salt: &[u8], label: &[u8], input: &[u8]) -> Shared {
    mac(salt, &[b"HPKE-v1", SUITE, label, input])
}

/// `LabeledExpand` of section 4, for at most the hash's length.
fn expand(secret: &Shared, label: &[u8], info: &[u8], len: u8) -> Shared {
    mac(&**secret, &[&[0, len], b"HPKE-v1", SUITE, label, info, &[1]])
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Shared {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes keys of every length");
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> KemSecret {
        KemSecret::from_seed(&[9; 32])
    }

    fn sealed(payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        assert_eq!(seal(&secret().public_key(), &mut &*payload, &mut out).unwrap(), payload.len() as u64);
        assert_eq!(out.len() as u64, sealed_len(payload.len() as u64));
        out
    }

    fn opened(sealed: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        let len = open(&secret(), &mut &*sealed, &mut out)?;
        assert_eq!(len, out.len() as u64);
        Ok(out)
    }

    #[test]
    fn every_length_around_a_chunk_comes_back() {
        for len in [0, 1, 255, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 77] {
            let payload: Vec<u8> = (0..len).map(|i| i as u8).collect();
            assert!(opened(&sealed(&payload)).unwrap() == payload, "{len}");
        }
        assert_ne!(sealed(b"same"), sealed(b"same"), "each time another key");
    }

    #[test]
    fn every_change_is_noticed() {
        let good = sealed(&[5; CHUNK + 100]);
        let first = HEADER + KemKey::CIPHERTEXT_LEN;
        for (at, code) in [(0, 42), (8, 42), (9, 43), (HEADER, 44), (first - 1, 44), (first, 44), (good.len() - 1, 44)]
        {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(opened(&bad).unwrap_err().code(), code, "byte {at}");
        }
        let (head, body) = good.split_at(first);
        let (one, two) = body.split_at(CHUNK + TAG);
        for bad in [
            [head, one].concat(),
            [head, two].concat(),
            [head, two, one].concat(),
            [head, one, one, two].concat(),
            [head, one, &two[..two.len() - 1]].concat(),
            [&good[..], &[0]].concat(),
            head.to_vec(),
        ] {
            assert_eq!(opened(&bad).unwrap_err().code(), 44);
        }
        assert_eq!(opened(&good[..first - 1]).unwrap_err().code(), 42);
        assert_eq!(opened(b"hello").unwrap_err().code(), 42);
    }

    /// Sealed by Go's crypto/hpke: `crypto/tests/testdata/hpke.go`.
    #[test]
    fn what_another_hpke_sealed_opens() {
        let sealed = hex::decode(include_str!("../tests/testdata/sealed-by-go.hex").trim()).unwrap();
        assert_eq!(opened(&sealed).unwrap(), b"sealed by Go's crypto/hpke");
    }
}

//! Length-prefixed frames.

use std::mem;

use bytes::{Buf, Bytes};

/// What a fresh buffer holds, in bytes.
const BUFFER: usize = 64 * 1024;

/// The least room that a read is given, in bytes.
const MIN_READ: usize = 16 * 1024;

/// The longest varint of a `u64`, in bytes.
const MAX_PREFIX: usize = 10;

/// The stream is not a sequence of frames, and what follows cannot be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The length prefix is not a varint of a `u64`.
    #[error("the length of a message is not a varint")]
    BadPrefix,
    /// The announced length is above the limit.
    #[error("a message of {len} bytes is longer than the limit of {max}")]
    TooLong {
        /// Announced, in bytes.
        len: u64,
        /// Allowed, in bytes.
        max: usize,
    },
}

/// Cuts a byte stream into frames: a length as a protobuf varint, then that many
/// bytes, as CometBFT's `libs/protoio` writes them.
///
/// A frame shares the memory that the stream was read into. What is copied is the
/// start of a frame whose end was not read yet, once; the buffer then grows to that
/// frame's length, which the limit bounds.
#[derive(Debug)]
pub struct FrameDecoder {
    max_frame: usize,
    /// Read and frozen; comes before `tail` in the stream.
    unread: Bytes,
    tail: Vec<u8>,
}

impl FrameDecoder {
    /// A decoder at the start of a stream; `max_frame` is the longest frame, in
    /// bytes without its prefix.
    pub fn new(max_frame: usize) -> Self {
        FrameDecoder { max_frame, unread: Bytes::new(), tail: Vec::new() }
    }

    /// Where the next bytes of the stream go: append to it, change nothing else.
    /// Has spare capacity.
    pub fn tail(&mut self) -> &mut Vec<u8> {
        if self.tail.capacity() == 0 {
            self.tail.reserve_exact(BUFFER);
        }
        &mut self.tail
    }

    /// The next whole frame, without its prefix; `None` when more must be read.
    ///
    /// # Errors
    /// [`FrameError`]; the stream cannot be read on.
    pub fn next_frame(&mut self) -> Result<Option<Bytes>, FrameError> {
        loop {
            if let Some(extent) = Extent::parse(&self.unread, self.max_frame)?
                && extent.end <= self.unread.len()
            {
                self.unread.advance(extent.start);
                let frame = self.unread.split_to(extent.end - extent.start);
                return Ok(Some(frame));
            }
            self.join();
            let extent = Extent::parse(&self.tail, self.max_frame)?;
            let missing = extent.map_or(0, |e| e.end.saturating_sub(self.tail.len()));
            if extent.is_none() || missing > 0 {
                self.make_room(missing);
                return Ok(None);
            }
            self.unread = Bytes::from(mem::take(&mut self.tail));
        }
    }

    /// True when no bytes of an incomplete frame are held.
    pub fn is_empty(&self) -> bool {
        self.unread.is_empty() && self.tail.is_empty()
    }

    /// Puts the incomplete frame at the end of `unread` before `tail`.
    fn join(&mut self) {
        // Also when it is empty: it would keep the memory of the last frame.
        let unread = mem::take(&mut self.unread);
        if unread.is_empty() {
            return;
        }
        let mut joined = Vec::with_capacity(BUFFER.max(unread.len() + self.tail.len()));
        joined.extend_from_slice(&unread);
        joined.extend_from_slice(&self.tail);
        self.tail = joined;
    }

    fn make_room(&mut self, missing: usize) {
        let spare = self.tail.capacity() - self.tail.len();
        let wanted = missing.max(MIN_READ);
        if self.tail.capacity() > 0 && spare < wanted {
            self.tail.reserve_exact(wanted);
        }
    }
}

/// Where a frame lies in a buffer that begins with its prefix.
#[derive(Clone, Copy)]
struct Extent {
    start: usize,
    end: usize,
}

impl Extent {
    /// `None` when the prefix is incomplete.
    fn parse(buffer: &[u8], max: usize) -> Result<Option<Self>, FrameError> {
        let mut len = 0u64;
        for (i, &byte) in buffer.iter().take(MAX_PREFIX).enumerate() {
            let bits = u64::from(byte & 0x7f);
            if i + 1 == MAX_PREFIX && bits > 1 {
                return Err(FrameError::BadPrefix);
            }
            len |= bits << (7 * i);
            if byte < 0x80 {
                let frame = usize::try_from(len).ok().filter(|&l| l <= max);
                let frame = frame.ok_or(FrameError::TooLong { len, max })?;
                let start = i + 1;
                let end = start.saturating_add(frame);
                return Ok(Some(Extent { start, end }));
            }
        }
        if buffer.len() >= MAX_PREFIX {
            return Err(FrameError::BadPrefix);
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use prost::encoding::encode_varint;

    const MAX: usize = 300_000;

    fn stream(frames: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for frame in frames {
            encode_varint(frame.len() as u64, &mut bytes);
            bytes.extend_from_slice(frame);
        }
        bytes
    }

    /// Feeds `bytes` in pieces that end at `cuts`; all frames, or the error.
    fn decode(bytes: &[u8], cuts: &[usize]) -> Result<(Vec<Bytes>, bool), FrameError> {
        let mut decoder = FrameDecoder::new(MAX);
        let mut frames = Vec::new();
        let mut start = 0;
        for &end in cuts.iter().chain([&bytes.len()]) {
            decoder.tail().extend_from_slice(&bytes[start..end]);
            start = end;
            while let Some(frame) = decoder.next_frame()? {
                frames.push(frame);
            }
        }
        Ok((frames, decoder.is_empty()))
    }

    fn sorted_cuts(cuts: Vec<prop::sample::Index>, len: usize) -> Vec<usize> {
        let mut cuts: Vec<_> = cuts.iter().map(|c| c.index(len + 1)).collect();
        cuts.sort_unstable();
        cuts
    }

    proptest! {
        #[test]
        fn frames_do_not_depend_on_how_the_stream_is_cut(
            mut frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..40),
            large in prop::option::of(60_000usize..=MAX),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        ) {
            frames.extend(large.map(|n| vec![7; n]));
            let bytes = stream(&frames);
            let cuts = sorted_cuts(cuts, bytes.len());
            let (decoded, empty) = decode(&bytes, &cuts).unwrap();
            prop_assert_eq!(decoded, frames);
            prop_assert!(empty);
        }

        #[test]
        fn any_bytes_give_the_same_frames_or_error_however_cut(
            bytes in prop::collection::vec(any::<u8>(), 0..2000),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        ) {
            let cuts = sorted_cuts(cuts, bytes.len());
            prop_assert_eq!(decode(&bytes, &cuts), decode(&bytes, &[]));
        }
    }

    #[test]
    fn reading_may_run_ahead_of_the_frames() {
        let bytes = stream(&[vec![1; 100], vec![2; 100]]);
        let mut decoder = FrameDecoder::new(MAX);
        decoder.tail().extend_from_slice(&bytes[..150]);
        assert_eq!(decoder.next_frame().unwrap().unwrap(), vec![1; 100]);
        decoder.tail().extend_from_slice(&bytes[150..]);
        assert_eq!(decoder.next_frame().unwrap().unwrap(), vec![2; 100]);
        assert!(decoder.is_empty());
    }

    #[test]
    fn the_buffer_grows_by_what_is_announced_only_up_to_the_limit() {
        let mut bytes = Vec::new();
        encode_varint(MAX as u64 + 1, &mut bytes);
        let mut decoder = FrameDecoder::new(MAX);
        decoder.tail().extend_from_slice(&bytes);
        let len = MAX as u64 + 1;
        assert_eq!(decoder.next_frame(), Err(FrameError::TooLong { len, max: MAX }));
        assert!(decoder.tail().capacity() <= BUFFER);
    }

    #[test]
    fn prefixes_at_the_edge() {
        let max_u64 = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        let (len, max) = (u64::MAX, MAX);
        assert_eq!(decode(&max_u64, &[]), Err(FrameError::TooLong { len, max }));
        let mut above = max_u64;
        above[9] = 0x02;
        assert_eq!(decode(&above, &[]), Err(FrameError::BadPrefix));
        assert_eq!(decode(&[0x80; 10], &[]), Err(FrameError::BadPrefix));
        assert_eq!(decode(&[0x80; 9], &[]), Ok((vec![], false)));
        assert_eq!(decode(&[0x81, 0x00, 9], &[]), Ok((vec![Bytes::from_static(&[9])], true)));
    }
}

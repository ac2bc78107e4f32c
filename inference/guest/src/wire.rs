//! Reading and writing of the request and reply bytes.

use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::{TractResult, format_err};

pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes }
    }

    pub(crate) fn take(&mut self, len: usize) -> TractResult<&'a [u8]> {
        let (head, tail) = self.bytes.split_at_checked(len).ok_or_else(|| format_err!("the request is too short"))?;
        self.bytes = tail;
        Ok(head)
    }

    pub(crate) fn u32(&mut self) -> TractResult<u32> {
        Ok(u32::from_le_bytes(self.take(4)?.try_into()?))
    }

    fn u64(&mut self) -> TractResult<u64> {
        Ok(u64::from_le_bytes(self.take(8)?.try_into()?))
    }

    pub(crate) fn dims(&mut self) -> TractResult<TVec<usize>> {
        (0..self.u32()?).map(|_| Ok(usize::try_from(self.u64()?)?)).collect()
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes
    }
}

#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes.extend(value.to_le_bytes());
    }

    pub(crate) fn dims(&mut self, dims: &[usize]) -> TractResult<()> {
        self.u32(u32::try_from(dims.len())?);
        for dim in dims {
            self.bytes.extend((*dim as u64).to_le_bytes());
        }
        Ok(())
    }

    pub(crate) fn blob(&mut self, blob: &[u8]) {
        self.bytes.extend((blob.len() as u64).to_le_bytes());
        self.bytes.extend(blob);
    }
}

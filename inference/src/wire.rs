//! What the host and the guest say to each other; `guest/src/lib.rs` has the
//! format.

use crate::onnx::Port;
use crate::tensor::{DType, Tensor, byte_len};

/// The request that compiles a model whose inputs are `inputs`.
pub(crate) fn load_request(inputs: &[Port], model: &[u8]) -> Vec<u8> {
    let mut request = Vec::with_capacity(model.len() + 64 * inputs.len() + 4);
    request.extend((inputs.len() as u32).to_le_bytes());
    for port in inputs {
        request.extend(u32::from(port.dtype.onnx()).to_le_bytes());
        request.extend((port.shape.len() as u32).to_le_bytes());
        port.shape.iter().for_each(|dim| request.extend(dim.to_le_bytes()));
    }
    request.extend(model);
    request
}

/// Types and shapes of the outputs, from the reply to a load request.
pub(crate) fn load_reply(reply: &[u8], names: &[String]) -> Option<Vec<Port>> {
    let mut reader = Reader(reply);
    let ports = reader.outputs(names, |_, port| Some(port))?;
    reader.0.is_empty().then_some(ports)
}

/// The outputs of an inference, and their total size in bytes.
pub(crate) fn run_reply(reply: &[u8], names: &[String]) -> Option<Vec<(String, Tensor)>> {
    let mut reader = Reader(reply);
    let tensors = reader.outputs(names, |reader, Port { name, dtype, shape }| {
        let length = usize::try_from(reader.u64()?).ok()?;
        let expected = byte_len(dtype, &shape, u64::from(u32::MAX))?;
        let data = reader.take(length).filter(|data| data.len() as u64 == expected)?.to_vec();
        Some((name, Tensor { dtype, shape, data }))
    })?;
    reader.0.is_empty().then_some(tensors)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(length)?;
        self.0 = tail;
        Some(head)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn outputs<T>(&mut self, names: &[String], mut rest: impl FnMut(&mut Self, Port) -> Option<T>) -> Option<Vec<T>> {
        if self.u32()? as usize != names.len() {
            return None;
        }
        names
            .iter()
            .map(|name| {
                let dtype = DType::from_onnx(self.u32()?.into())?;
                let shape = (0..self.u32()?).map(|_| self.u64()).collect::<Option<_>>()?;
                rest(self, Port { name: name.clone(), dtype, shape })
            })
            .collect()
    }
}

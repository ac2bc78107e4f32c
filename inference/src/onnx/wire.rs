//! A reader of protobuf's wire format, just enough to walk a file.

use crate::error::{Error, code};

/// The value of a field, by wire type.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Varint(u64),
    Fixed64,
    Bytes(&'a [u8]),
    Fixed32,
}

/// One field of a message.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) number: u32,
    pub(super) value: Value<'a>,
}

impl<'a> Field<'a> {
    /// The bytes of a nested message, string or packed list.
    pub(super) fn bytes(&self) -> Result<&'a [u8], Error> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(malformed(format!("field {} is not length-delimited", self.number))),
        }
    }

    /// A string.
    pub(super) fn text(&self) -> Result<&'a str, Error> {
        std::str::from_utf8(self.bytes()?).map_err(|_| malformed(format!("field {} is not UTF-8", self.number)))
    }

    /// An integer.
    pub(super) fn varint(&self) -> Result<u64, Error> {
        match self.value {
            Value::Varint(value) => Ok(value),
            _ => Err(malformed(format!("field {} is not a number", self.number))),
        }
    }

    /// Appends the element or elements of a repeated integer.
    pub(super) fn varints(&self, limit: usize, into: &mut Vec<u64>) -> Result<(), Error> {
        let mut push = |value| {
            if into.len() >= limit {
                return Err(too_many(limit));
            }
            into.push(value);
            Ok(())
        };
        let Value::Bytes(mut packed) = self.value else {
            return push(self.varint()?);
        };
        while !packed.is_empty() {
            push(varint(&mut packed)?)?;
        }
        Ok(())
    }

    /// How many integers a repeated field holds here; each is shown to `see`.
    pub(super) fn count_varints(&self, mut see: impl FnMut(u64)) -> Result<u64, Error> {
        let Value::Bytes(mut packed) = self.value else {
            return self.varint().map(|value| {
                see(value);
                1
            });
        };
        let mut count = 0;
        while !packed.is_empty() {
            see(varint(&mut packed)?);
            count += 1;
        }
        Ok(count)
    }

    /// How many fixed-width elements of `size` bytes a repeated field holds here.
    pub(super) fn count_fixed(&self, size: u64) -> Result<u64, Error> {
        match self.value {
            Value::Fixed32 if size == 4 => Ok(1),
            Value::Fixed64 if size == 8 => Ok(1),
            Value::Bytes(packed) if (packed.len() as u64).is_multiple_of(size) => Ok(packed.len() as u64 / size),
            _ => Err(malformed(format!("field {} has another width", self.number))),
        }
    }
}

/// The fields of a message, in order.
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Fields { bytes }
    }

    fn field(&mut self) -> Result<Field<'a>, Error> {
        let key = varint(&mut self.bytes)?;
        let number = u32::try_from(key >> 3).ok().filter(|number| (1..1 << 29).contains(number));
        let number = number.ok_or_else(|| malformed("a field number is out of range"))?;
        let value = match key & 7 {
            0 => Value::Varint(varint(&mut self.bytes)?),
            1 => take(&mut self.bytes, 8).map(|_| Value::Fixed64)?,
            2 => {
                let length = varint(&mut self.bytes)?;
                Value::Bytes(take(&mut self.bytes, length)?)
            }
            5 => take(&mut self.bytes, 4).map(|_| Value::Fixed32)?,
            other => return Err(malformed(format!("wire type {other} is not used by ONNX"))),
        };
        Ok(Field { number, value })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.bytes = &[];
        }
        Some(field)
    }
}

/// Sets a field that may occur once. Decoders differ in what a second one does.
pub(super) fn once<T>(slot: &mut Option<T>, value: T, what: &str) -> Result<(), Error> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(malformed(format!("{what} occurs twice"))),
    }
}

pub(super) fn malformed(message: impl std::fmt::Display) -> Error {
    Error::new(
        code::MALFORMED,
        format!("not a valid ONNX file: {message}; export the model again and upload all of it"),
    )
}

pub(super) fn too_many(limit: usize) -> Error {
    Error::new(code::TOO_COMPLEX, format!("a list has more than {limit} elements; simplify the model"))
}

fn take<'a>(bytes: &mut &'a [u8], length: u64) -> Result<&'a [u8], Error> {
    let split = usize::try_from(length).ok().and_then(|length| bytes.split_at_checked(length));
    let (head, tail) = split.ok_or_else(|| malformed("it is cut short"))?;
    *bytes = tail;
    Ok(head)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, Error> {
    let mut value = 0u64;
    for index in 0..10 {
        let [byte] = take(bytes, 1)? else {
            return Err(malformed("it is cut short"));
        };
        if index == 9 && *byte > 1 {
            return Err(malformed("a number exceeds 64 bits"));
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(malformed("a number exceeds 64 bits"))
}

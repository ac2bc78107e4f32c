//! NumPy's array files: magic, version, length of the header, the header (a Python dict),
//! the elements. <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>

use crate::cli::error::{Result, bail, error};

const MAGIC: &[u8] = b"\x93NUMPY";

/// Name on the chain and NumPy's.
const TYPES: &[(&str, &str)] = &[
    ("bool", "|b1"),
    ("u8", "|u1"),
    ("i8", "|i1"),
    ("u16", "<u2"),
    ("i16", "<i2"),
    ("u32", "<u4"),
    ("i32", "<i4"),
    ("u64", "<u8"),
    ("i64", "<i8"),
    ("f16", "<f2"),
    ("f32", "<f4"),
    ("f64", "<f8"),
];

/// Element type, shape and elements of a file.
pub(crate) fn read(bytes: &[u8]) -> Result<(&'static str, Vec<u64>, Vec<u8>)> {
    let bad = || error!("this is no .npy file");
    let (version, rest) = bytes.strip_prefix(MAGIC).and_then(|rest| rest.split_first_chunk::<2>()).ok_or_else(bad)?;
    let (length, rest) = match version[0] {
        1 => rest.split_first_chunk::<2>().map(|(n, rest)| (usize::from(u16::from_le_bytes(*n)), rest)),
        2 | 3 => rest.split_first_chunk::<4>().map(|(n, rest)| (u32::from_le_bytes(*n) as usize, rest)),
        other => bail!("version {other} of .npy files is not known"),
    }
    .ok_or_else(bad)?;
    let (header, data) = rest.split_at_checked(length).ok_or_else(bad)?;
    let header = std::str::from_utf8(header).map_err(|_| bad())?;
    let descr = field(header, "descr").ok_or_else(bad)?.trim_matches(['\'', '"']).to_owned();
    let found = TYPES.iter().find(|(_, numpy)| *numpy == descr || numpy.trim_start_matches('|') == descr);
    let Some((dtype, _)) = found else {
        bail!("elements are {descr}: save them little-endian, as bool, integers or floats (numpy.astype)");
    };
    if field(header, "fortran_order").ok_or_else(bad)?.trim() != "False" {
        bail!("the array is in Fortran order: save numpy.ascontiguousarray(x)");
    }
    let shape = field(header, "shape").ok_or_else(bad)?;
    let sizes = shape.trim().trim_matches(['(', ')']).split(',').map(str::trim).filter(|n| !n.is_empty());
    let shape = sizes.map(|n| n.parse().map_err(|_| bad())).collect::<Result<Vec<u64>>>()?;
    Ok((dtype, shape, data.to_vec()))
}

/// The value after a key of the header, up to the comma that is in no bracket.
fn field<'h>(header: &'h str, key: &str) -> Option<&'h str> {
    let start = header.find(&format!("'{key}':"))? + key.len() + 3;
    let value = &header[start..];
    let mut depth = 0_i32;
    let end = value.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        (c == ',' && depth == 0) || c == '}'
    })?;
    Some(value[..end].trim())
}

/// A file with these elements.
pub(crate) fn write(dtype: &str, shape: &[u64], data: &[u8]) -> Result<Vec<u8>> {
    let found = TYPES.iter().find(|(ours, _)| *ours == dtype);
    let (_, descr) = found.ok_or_else(|| error!("unknown element type {dtype:?}"))?;
    let sizes: String = shape.iter().map(|n| format!("{n},")).collect();
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // The elements begin at a multiple of 64, after a line end.
    let unpadded = MAGIC.len() + 4 + header.len() + 1;
    header.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    header.push('\n');
    let length = u16::try_from(header.len())?.to_le_bytes();
    Ok([MAGIC, &[1, 0], &length, header.as_bytes(), data].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_numpy_writes_is_read() {
        // numpy.save of np.array([[1.5], [-2.0]], np.float32), and of np.int8(-1).
        let mut file = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }";
        file.extend(format!("{header:<117}\n").bytes());
        file.extend([1.5f32, -2.0].iter().flat_map(|v| v.to_le_bytes()));
        let (dtype, shape, data) = read(&file).unwrap();
        assert_eq!((dtype, shape, data.len()), ("f32", vec![2, 1], 8));
        let scalar = write("i8", &[], &[255]).unwrap();
        assert_eq!(read(&scalar).unwrap(), ("i8", vec![], vec![255]));
        assert_eq!((scalar.len() - 1) % 64, 0);
    }

    #[test]
    fn what_is_no_plain_array_is_refused() {
        assert!(read(b"PK").is_err() && read(&[]).is_err());
        let with = |text: &str| {
            let header = format!("{text:<53}\n");
            read(&[&b"\x93NUMPY\x01\x00\x36\x00"[..], header.as_bytes()].concat()).unwrap_err().0
        };
        assert!(with("{'descr': '>f4', 'fortran_order': False, 'shape': ()}").contains("little-endian"));
        assert!(with("{'descr': '<f4', 'fortran_order': True, 'shape': ()}").contains("Fortran"));
    }
}

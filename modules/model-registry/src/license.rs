use synergy_kernel::Result;

use crate::error;

/// Identifiers of the SPDX licence list 3.28 that are not deprecated, and OpenMDW-1.1, one
/// in a line.
const KNOWN: &str = include_str!("licenses.txt");

/// Checks a licence: an identifier of the list, or empty for none stated.
///
/// # Errors
/// Code 19.
pub(crate) fn check(license: &str) -> Result<()> {
    match license.is_empty() || KNOWN.lines().any(|known| known == license) {
        true => Ok(()),
        false => Err(error::bad_license(license)),
    }
}

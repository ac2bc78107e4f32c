//! Module feemarket.

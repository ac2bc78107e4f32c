//! Module bank.

//! Chain-level tests.

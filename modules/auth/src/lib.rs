//! Module auth.

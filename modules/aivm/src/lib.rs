//! Module aivm.

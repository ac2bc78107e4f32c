//! Versioned, provable state.

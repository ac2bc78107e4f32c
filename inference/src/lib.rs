//! AI runtime.

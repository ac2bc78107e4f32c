//! Module model-registry.

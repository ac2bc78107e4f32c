//! Benchmarks of Synergy.

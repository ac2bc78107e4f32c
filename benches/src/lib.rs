//! Benchmarks of Synergy; see `benches/` and `RESULTS.md`.

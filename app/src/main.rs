//! `synergyd`, the program.

use std::process::ExitCode;

/// Trees and layers are made of many small values: commits of 10,000 keys take a
/// third less time than with the system's allocator (benches/RESULTS.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    synergy_app::cli::main()
}

//! `synergyd` after the upgrade `next`, for `scripts/e2e/upgrade.sh`.

use std::process::ExitCode;

fn main() -> ExitCode {
    synergy_app::cli::main_of(synergy_tests::next::NEXT)
}

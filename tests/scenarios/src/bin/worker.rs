//! The command ntsim again, for tests that start it: cargo builds the programs of a package before its tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    ntsim::cli::main()
}

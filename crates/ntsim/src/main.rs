//! The command `ntsim`: runs a WDM driver's .sys in a simulated NT kernel.

use std::process::ExitCode;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> ExitCode {
    ntsim::cli::main()
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() -> ExitCode {
    eprintln!("ntsim: driver images can be run on x86-64 Linux only");
    ExitCode::from(2)
}

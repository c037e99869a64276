//! Uses of the library that must not compile, each with the error that names it.

use std::process::Command;

/// The expected messages are those of this compiler; others word them differently.
const RUSTC: &str = "rustc 1.95.";

#[test]
fn misuses_do_not_compile() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("rustc runs").stdout;
    if !version.starts_with(RUSTC.as_bytes()) {
        eprintln!("not checked: the messages are those of {RUSTC}x");
        return;
    }
    let cases = trybuild::TestCases::new();
    // The same calls in a way that works are in the other tests.
    cases.compile_fail("tests/compile_fail/*.rs");
}

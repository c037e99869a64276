//! Misuses that must not compile, each with the error that names it.

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
    // The edge that the cases use is sound: the same calls in the right order compile.
    cases.pass("tests/compile_fail/in_order/*.rs");
    cases.compile_fail("tests/compile_fail/*.rs");
}

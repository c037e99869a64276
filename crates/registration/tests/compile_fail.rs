//! Misuses of a handle that must not compile, each with the error that names it.

#[test]
fn misuses_do_not_compile() {
    let cases = trybuild::TestCases::new();
    // The edge that the cases use is sound: the same calls in the right order compile.
    cases.pass("tests/compile_fail/in_order/*.rs");
    cases.compile_fail("tests/compile_fail/*.rs");
}

//! Builds, runs, tests, checks and audits usbclient.
fn main() {}

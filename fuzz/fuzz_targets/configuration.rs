//! Fuzzes the check `configuration`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| usbclient_fuzz::run("configuration", bytes));

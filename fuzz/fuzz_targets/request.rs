//! Fuzzes the check `request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| usbclient_fuzz::run("request", bytes));

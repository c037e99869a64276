//! Fuzzes the check `device`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| usbclient_fuzz::run("device", bytes));

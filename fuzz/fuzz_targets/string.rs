//! Fuzzes the check `string`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| usbclient_fuzz::run("string", bytes));

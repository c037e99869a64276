//! What a driver imports from ntoskrnl.exe, told and passed on to Wine.
#![no_std]
#![expect(unused_extern_crates, reason = "the panic handler")]

extern crate wdk_panic;

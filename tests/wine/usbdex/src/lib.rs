//! The USBD handle API for Wine, as a module of its own.
#![no_std]
#![expect(unused_extern_crates, reason = "the panic handler")]

extern crate wdk_panic;

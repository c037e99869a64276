//! A USB bus driver for Wine whose devices are models.
#![no_std]
#![expect(unused_extern_crates, reason = "the panic handler")]

extern crate wdk_panic;

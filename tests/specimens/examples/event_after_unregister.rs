//! Writes an event after its provider is unregistered.
//!
//! Rule: `EtwNotRegistered`.
//!
//! On Windows: the event is lost, or another provider's that got the same handle.
#![no_std]

use specimens::{Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn unload() {
        let provider = kernel::register_provider();
        kernel::unregister_provider(provider);
        kernel::write_event(provider, b"\x0b\0specimen\0", b"\x0c\0\0Event\0A\0\x08");
    }
}

specimens::driver!(Driver);

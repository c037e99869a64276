//! Does not close a registry key.
//!
//! Rule: `ZwRegistryOpen`.
//!
//! On Windows: the key's handle stays in the system process until the machine is shut down.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let _ = kernel::open_device_key(extension);
    }
}

specimens::driver!(Driver);

//! Does not give back the reference that `IoGetAttachedDeviceReference` took.
//!
//! Rule: `DanglingDeviceObjectReference`.
//!
//! On Windows: the device object is never freed and the driver never unloaded.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        kernel::reference_top_of_stack(extension);
    }
}

specimens::driver!(Driver);

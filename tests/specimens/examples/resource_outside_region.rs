//! Takes a resource outside of a critical region.
//!
//! Rule: `WithinCriticalRegion`.
//!
//! On Windows: the thread may be suspended while it has the resource, and everybody else waits.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::with_resource(kernel::visit_resource);
    }
}

specimens::driver!(Driver);

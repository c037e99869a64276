//! Allocates memory while the system goes to sleep.
//!
//! Rule: `PowerDownAllocate`.
//!
//! On Windows: the allocation may need a page that cannot be written any more: the system hangs.
#![no_std]

use specimens::{
    Extension, Irp, kernel,
    power_policy::{self, Policy},
    wdk_sys::NTSTATUS,
};

struct Driver;

impl Policy for Driver {
    fn system_set(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let memory = kernel::allocate(64);
        if !memory.is_null() {
            kernel::free(memory);
        }
        power_policy::send_marked(extension, irp, power_policy::system_sent::<Self>)
    }
}

specimens::power_owner!(Driver);

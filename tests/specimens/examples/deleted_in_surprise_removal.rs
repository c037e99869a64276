//! Deletes its device object while it handles `IRP_MN_SURPRISE_REMOVAL`.
//!
//! Rule: PnpSurpriseRemove. Code: 0xC9/0x242.
//! On Windows: IRP_MN_REMOVE_DEVICE is still to come; it finds a device object that is no more.
#![no_std]

use specimens::{Extension, Irp, Specimen, driver, pnp, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn surprise_removal(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let status = pnp::surprise_removal::<Self>(extension, irp);
        driver::delete(extension);
        status
    }
}

specimens::driver!(Driver);

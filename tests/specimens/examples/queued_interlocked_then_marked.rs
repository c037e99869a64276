//! Puts an IRP into a queue by an interlocked routine and marks it pending then.
//!
//! Rule: `MarkingInterlockedQueuedIrps`.
//!
//! On Windows: somebody else takes the IRP out of the queue and completes it; then a freed IRP is marked.
#![no_std]

use specimens::{Extension, Irp, Specimen, queue, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        queue::insert_interlocked(extension, irp);
        irp.mark_pending();
        queue::finish_first_later::<Self>(extension, irp)
    }
}

specimens::driver!(Driver);

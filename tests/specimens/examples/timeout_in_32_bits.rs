//! Computes a timeout of four minutes in 32 bits, where it becomes a time of the year 1601.
//!
//! Rule: the script.
//!
//! On Windows: the request that should have had four minutes ends at once.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, reading,
    wdk_sys::{NTSTATUS, STATUS_IO_TIMEOUT, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let milliseconds = 240_000_i32;
        let timeout = 0_i32.wrapping_sub(milliseconds.wrapping_mul(10_000));
        let Some(reading) = reading::begin(extension) else {
            return io::end::<Self>(extension, irp, STATUS_IO_TIMEOUT);
        };
        let in_time = reading::wait_for(reading, timeout.into());
        reading::free(extension, reading);
        io::end::<Self>(extension, irp, if in_time { STATUS_SUCCESS } else { STATUS_IO_TIMEOUT })
    }
}

specimens::driver!(Driver);

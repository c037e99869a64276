//! Reads a length from the caller's memory to check it, and once more to use it.
//!
//! Rule: `DoubleFetch`.
//!
//! On Windows: another thread of the caller's changes it in between: the buffer is overrun.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let input = irp.type3_input();
        if irp.control_code() & 3 != 3 || input.is_null() || kernel::peek(input, 0) > 16 {
            return io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST);
        }
        let mut buffer = [0; 16];
        for (number, byte) in (0..).zip(&mut buffer).take(usize::from(kernel::peek(input, 0))) {
            *byte = number;
        }
        let status = if buffer[1] == 1 { STATUS_SUCCESS } else { STATUS_INVALID_DEVICE_REQUEST };
        io::end::<Self>(extension, irp, status)
    }
}

specimens::driver!(Driver);

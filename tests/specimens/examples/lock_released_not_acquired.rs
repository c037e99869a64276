//! Gives the remove lock back though it could not be acquired.
//!
//! Rule: `RemoveLockRelease2`. Bug check 0xC4/0xD5.
//!
//! On Windows: the count reaches zero while somebody else has the lock: the removal goes on under them.
#![no_std]

use specimens::{
    Extension, Request, Specimen, kernel,
    wdk_sys::{NT_SUCCESS, NTSTATUS},
};

struct Driver;

impl Specimen for Driver {
    fn acquire(extension: *mut Extension, request: Request) -> NTSTATUS {
        let status = kernel::acquire(extension, request);
        if !NT_SUCCESS(status) {
            kernel::release(extension, request.tag);
        }
        status
    }
}

specimens::driver!(Driver);

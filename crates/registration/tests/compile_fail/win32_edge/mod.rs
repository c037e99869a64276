//! Win32 calls that do nothing.
#![allow(dead_code)]

use usbclient_registration::win32::{Answer, ObjectHandle, Win32Calls};

pub struct Calls;

impl Win32Calls for Calls {
    type OpenRequest<'a> = &'a str;

    fn open(_: &str) -> Answer<isize> {
        Answer { value: 4, last_error: 0 }
    }
    fn close_handle(_: ObjectHandle) -> Answer<i32> {
        Answer { value: 1, last_error: 0 }
    }
    fn dropped_open(_: ObjectHandle) {}
}

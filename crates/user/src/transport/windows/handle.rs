//! Handles that `CloseHandle` closes, and the functions that open them.
// UNSAFETY: calls of Windows functions, whose pages say what they need.
#![expect(unsafe_code, reason = "calls of Windows functions")]

use std::{fmt, iter, ptr};

use usbclient_registration::{
    Registration,
    win32::{Answer, ObjectHandle, OpenError, SystemCode, Win32, Win32Calls},
};
use windows_sys::Win32::{
    Foundation::{CloseHandle, GENERIC_READ, GENERIC_WRITE, GetLastError, HANDLE, INVALID_HANDLE_VALUE},
    Storage::FileSystem::{
        CreateFileW, FILE_FLAG_OVERLAPPED, FILE_SHARE_READ, FILE_SHARE_WRITE, OPEN_EXISTING,
    },
    System::IO::CreateIoCompletionPort,
};

use crate::device_info::Access;

/// What `GetLastError` says now.
pub(super) fn last_error() -> u32 {
    // SAFETY: it reads a value of this thread.
    unsafe { GetLastError() }
}

fn close(object: &ObjectHandle) -> Answer<i32> {
    let handle = ptr::with_exposed_provenance_mut(object.value().cast_unsigned());
    // SAFETY: the handle is open, and is closed this once: the registration gives it away.
    let value = unsafe { CloseHandle(handle) };
    Answer { value, last_error: last_error() }
}

fn answer(handle: HANDLE) -> Answer<isize> {
    let last_error = last_error();
    Answer { value: handle.expose_provenance().cast_signed(), last_error }
}

/// `CreateFile`.
///
/// Page: <https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew>
#[derive(Debug)]
pub(super) struct File;

impl Win32Calls for File {
    type OpenRequest<'a> = (&'a str, Access);

    fn open((path, access): (&str, Access)) -> Answer<isize> {
        let path: Vec<u16> = path.encode_utf16().chain(iter::once(0)).collect();
        let access = match access {
            Access::Read => GENERIC_READ,
            Access::Write => GENERIC_WRITE,
            Access::ReadWrite => GENERIC_READ | GENERIC_WRITE,
        };
        let share = FILE_SHARE_READ | FILE_SHARE_WRITE;
        let (none, template) = (ptr::null(), ptr::null_mut());
        // SAFETY: the path ends with a NUL and lives during the call; the other pointers may be null.
        let handle = unsafe {
            CreateFileW(path.as_ptr(), access, share, none, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, template)
        };
        answer(handle)
    }

    fn close_handle(object: ObjectHandle) -> Answer<i32> {
        close(&object)
    }

    fn dropped_open(object: ObjectHandle) {
        eprintln!("a file's handle {:#x} was not closed", object.value());
    }
}

/// `CreateIoCompletionPort`, for a port without a file.
///
/// Page: <https://learn.microsoft.com/windows/win32/fileio/createiocompletionport>
#[derive(Debug)]
pub(super) struct CompletionPort;

impl Win32Calls for CompletionPort {
    type OpenRequest<'a> = ();

    fn open((): ()) -> Answer<isize> {
        // SAFETY: without a file and without a port it makes a new port.
        let handle = unsafe { CreateIoCompletionPort(INVALID_HANDLE_VALUE, ptr::null_mut(), 0, 1) };
        answer(handle)
    }

    fn close_handle(object: ObjectHandle) -> Answer<i32> {
        close(&object)
    }

    fn dropped_open(object: ObjectHandle) {
        eprintln!("a completion port's handle {:#x} was not closed", object.value());
    }
}

/// An open handle that is closed when it is dropped: the close of this kind is legal at any time.
pub(super) struct Owned<C: Win32Calls>(Option<Registration<Win32<C>>>);

impl<C: Win32Calls> Owned<C> {
    pub(super) fn open(request: C::OpenRequest<'_>) -> Result<Self, OpenError> {
        Registration::open(request).map(|registration| Self(Some(registration)))
    }

    /// The handle, for a call that uses it.
    pub(super) fn raw(&self) -> HANDLE {
        let object = self.0.as_ref().and_then(Registration::raw);
        object.map_or(ptr::null_mut(), |object| {
            ptr::with_exposed_provenance_mut(object.value().cast_unsigned())
        })
    }
}

impl<C: Win32Calls> Drop for Owned<C> {
    fn drop(&mut self) {
        if let Some(Err(SystemCode(code))) = self.0.take().map(|registration| registration.close(())) {
            // Nobody is left who could do something about it.
            eprintln!("closing a handle: Win32 error {code}");
        }
    }
}

impl<C: Win32Calls> fmt::Debug for Owned<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Owned")
    }
}

//! The kind `win32`: handles to objects that `CloseHandle` closes.
//!
//! Page: <https://learn.microsoft.com/windows/win32/api/handleapi/nf-handleapi-closehandle>
//!
//! | clause | how it is kept | test |
//! |---|---|---|
//! | a valid handle to an open object | [`ObjectHandle`] is made of what an open function returned, here only | `compile_fail/win32_object_forged.rs` |
//! | NULL, and the pseudo-handles -1 and -2, whose close has no effect and hides a failed open | refused by the open: [`NotAnObject`] | `win32::null_and_pseudo_handles_are_no_objects` |
//! | nonzero if it succeeds; zero and `GetLastError` if it fails | [`Answer`] has both, read together; a failure is a [`SystemCode`] | `conformance::an_error_of_close_is_reported_and_the_handle_is_gone` |
//! | an exception under a debugger for a handle that is not valid, or is a pseudo-handle | neither reaches the call | `win32::nothing_that_a_debugger_stops_at` |
//! | once for each handle that was opened | the close takes the registration by value | `conformance::closed_exactly_once`, `compile_fail/win32_close_twice.rs` |
//! | a use that fails with `ERROR_INVALID_HANDLE` may mean a handle that is still to be closed | a use never consumes the registration, the close does | `win32::a_file_whose_network_is_gone_is_closed_all_the_same` |
//! | the last handle to an object removes it; views and running threads keep it | nothing to keep: one registration is one handle | `win32::an_object_goes_with_its_last_handle` |
//! | not for what `FindFirstFile` returns, not for sockets, not for registry keys | [`SearchHandle`], [`SocketHandle`] and [`KeyHandle`] do not fit [`Win32Calls::close_handle`] | `compile_fail/win32_search_closed.rs`, `compile_fail/win32_socket_closed.rs`, `compile_fail/win32_key_closed.rs` |

mod object;
mod others;

use core::marker::PhantomData;

pub use self::{
    object::{NotAnObject, ObjectHandle},
    others::{KeyHandle, SearchHandle, SocketHandle},
};
use crate::HandleKind;

/// A code of `GetLastError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SystemCode(pub u32);

impl SystemCode {
    /// `ERROR_INVALID_HANDLE`: the handle is closed, or never was one.
    pub const INVALID_HANDLE: Self = Self(6);
}

/// What a function returned, and what `GetLastError` said right after it, before anything else ran.
#[derive(Clone, Copy, Debug)]
pub struct Answer<T> {
    /// The return value.
    pub value: T,
    /// `GetLastError`. It says something only if the value is that of a failure.
    pub last_error: u32,
}

/// `CloseHandle`, and a function whose page names it as the close of what it returns.
pub trait Win32Calls {
    /// The parameters of the open function.
    type OpenRequest<'a>;

    /// The open function, such as `CreateFile` or `CreateEvent`: its return value as it is. Whether it is a handle is
    /// judged by the kind.
    fn open(request: Self::OpenRequest<'_>) -> Answer<isize>;

    /// `CloseHandle`.
    fn close_handle(object: ObjectHandle) -> Answer<i32>;

    /// Reports a handle that was dropped open. It stays open until the process ends.
    fn dropped_open(object: ObjectHandle);
}

/// How an open function failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenError {
    /// What it returned in the place of a handle.
    pub returned: NotAnObject,
    /// The system's code for it.
    pub code: SystemCode,
}

/// The kind `win32` over the calls `C`. Its close is legal at any time.
pub struct Win32<C>(PhantomData<C>);

impl<C: Win32Calls> HandleKind for Win32<C> {
    type Raw = ObjectHandle;
    type OpenRequest<'a> = C::OpenRequest<'a>;
    type OpenError = OpenError;
    type ClosePermit<'a> = ();
    type CloseError = SystemCode;

    fn open(request: C::OpenRequest<'_>) -> Result<ObjectHandle, OpenError> {
        let answer = C::open(request);
        ObjectHandle::of(answer.value)
            .map_err(|returned| OpenError { returned, code: SystemCode(answer.last_error) })
    }

    fn close(raw: ObjectHandle, (): ()) -> Result<(), SystemCode> {
        let answer = C::close_handle(raw);
        if answer.value == 0 { Err(SystemCode(answer.last_error)) } else { Ok(()) }
    }

    fn dropped_open(raw: ObjectHandle) {
        C::dropped_open(raw);
    }
}

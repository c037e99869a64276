//! The value of a handle that `CloseHandle` closes.

use core::num::NonZeroIsize;

/// A handle to an open object: neither NULL nor a pseudo-handle.
///
/// Made of what an open function returned, by the kind only, so that no value has two owners.
#[derive(Debug, PartialEq, Eq)]
pub struct ObjectHandle(NonZeroIsize);

/// Why a return value is no handle to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotAnObject {
    /// NULL: how `CreateEvent`, `OpenProcess` and others fail.
    Null,
    /// -1: `INVALID_HANDLE_VALUE`, how `CreateFile` fails, and the pseudo-handle of the current process.
    CurrentProcess,
    /// -2: the pseudo-handle of the current thread.
    CurrentThread,
}

impl ObjectHandle {
    pub(super) const fn of(value: isize) -> Result<Self, NotAnObject> {
        match NonZeroIsize::new(value) {
            None => Err(NotAnObject::Null),
            Some(value) => match value.get() {
                -1 => Err(NotAnObject::CurrentProcess),
                -2 => Err(NotAnObject::CurrentThread),
                _ => Ok(Self(value)),
            },
        }
    }

    /// The value for a call that uses or closes the handle.
    #[must_use]
    pub const fn value(&self) -> isize {
        self.0.get()
    }
}

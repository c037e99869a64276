//! Values that look like handles to objects and have closes of their own.
//!
//! They are types of their own because `CloseHandle` is wrong for each: an exception under a debugger, a socket whose
//! resources stay, a registry key that stays open although the close reports success. None of them becomes an
//! [`ObjectHandle`](super::ObjectHandle); a kind for one of them has it as [`HandleKind::Raw`](crate::HandleKind::Raw)
//! and its own function as the close.

use core::num::NonZeroIsize;

use super::SystemCode;

/// What `FindFirstFile` returns; `FindClose` closes it.
///
/// Page: <https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-findclose>
#[derive(Debug, PartialEq, Eq)]
pub struct SearchHandle(isize);

impl SearchHandle {
    /// `INVALID_HANDLE_VALUE`
    const INVALID: isize = -1;

    /// Takes what `FindFirstFile` returned; `None`: it failed.
    #[must_use]
    pub const fn of(returned: isize) -> Option<Self> {
        if returned == Self::INVALID { None } else { Some(Self(returned)) }
    }

    /// The value for `FindNextFile` and `FindClose`.
    #[must_use]
    pub const fn value(&self) -> isize {
        self.0
    }
}

/// What `socket` returns; `closesocket` closes it.
///
/// Page: <https://learn.microsoft.com/windows/win32/api/winsock/nf-winsock-closesocket>
#[derive(Debug, PartialEq, Eq)]
pub struct SocketHandle(usize);

impl SocketHandle {
    /// `INVALID_SOCKET`
    const INVALID: usize = usize::MAX;

    /// Takes what `socket` returned; `None`: it failed.
    #[must_use]
    pub const fn of(returned: usize) -> Option<Self> {
        if returned == Self::INVALID { None } else { Some(Self(returned)) }
    }

    /// The value for calls with the socket and for `closesocket`.
    #[must_use]
    pub const fn value(&self) -> usize {
        self.0
    }
}

/// What `RegOpenKeyEx` gives; `RegCloseKey` closes it.
///
/// Page: <https://learn.microsoft.com/windows/win32/api/winreg/nf-winreg-regclosekey>
#[derive(Debug, PartialEq, Eq)]
pub struct KeyHandle(NonZeroIsize);

impl KeyHandle {
    /// Takes what `RegOpenKeyEx` returned, and the key that it wrote.
    ///
    /// # Errors
    ///
    /// The code that it returned. A success without a key is `ERROR_INVALID_HANDLE`.
    pub const fn of(returned: u32, key: isize) -> Result<Self, SystemCode> {
        match (returned, NonZeroIsize::new(key)) {
            (0, Some(key)) => Ok(Self(key)),
            (0, None) => Err(SystemCode::INVALID_HANDLE),
            (code, _) => Err(SystemCode(code)),
        }
    }

    /// The value for calls with the key and for `RegCloseKey`.
    #[must_use]
    pub const fn value(&self) -> isize {
        self.0.get()
    }
}

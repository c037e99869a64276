//! Codes of the system.

use std::fmt;

use super::{ErrorKind, names};

/// A code that the system gave.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum SystemCode {
    /// The NTSTATUS that a request ended with.
    NtStatus(u32),
    /// A Win32 error, as `GetLastError` gives it.
    Win32(u32),
}

impl SystemCode {
    /// Its name, if it is known here.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        let (table, code) = self.table();
        table.iter().find(|row| row.0 == code).map(|row| row.1)
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> u32 {
        match self {
            Self::NtStatus(value) | Self::Win32(value) => value,
        }
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(self) -> ErrorKind {
        let (table, code) = self.table();
        table.iter().find(|row| row.0 == code).map_or(ErrorKind::Other, |row| row.2)
    }

    const fn table(self) -> (&'static [names::Row], u32) {
        match self {
            Self::NtStatus(value) => (names::NTSTATUS, value),
            Self::Win32(value) => (names::WIN32, value),
        }
    }
}

impl fmt::Display for SystemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name(), self) {
            (Some(name), _) => f.write_str(name),
            (None, Self::NtStatus(value)) => write!(f, "NTSTATUS {value:#010x}"),
            (None, Self::Win32(value)) => write!(f, "Win32 error {value}"),
        }
    }
}

impl fmt::Debug for SystemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

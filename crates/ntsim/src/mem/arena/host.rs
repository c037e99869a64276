//! Memory files and mappings, as the host gives them.

// UNSAFETY: makes memory files and mappings; touches no memory that exists.
#![expect(unsafe_code, reason = "asks the host for memory")]

use std::{
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    ptr::NonNull,
};

use crate::mem::Addr;

/// A new memory file of `size` zeros.
pub(super) fn memory_file(size: u64) -> io::Result<OwnedFd> {
    // SAFETY: the name is a C string; the call makes a new file and touches nothing else.
    let file = unsafe { libc::memfd_create(c"ntsim".as_ptr(), libc::MFD_CLOEXEC) };
    if file < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the file was just made and is nobody else's.
    let file = unsafe { OwnedFd::from_raw_fd(file) };
    // SAFETY: the file is the one just made.
    let result = unsafe { libc::ftruncate(file.as_raw_fd(), size.cast_signed()) };
    if result == 0 { Ok(file) } else { Err(io::Error::last_os_error()) }
}

/// Maps a file from its start, at a free address or at the one given, which must be free.
pub(super) fn map(
    at: Option<Addr>,
    length: usize,
    flags: libc::c_int,
    file: &OwnedFd,
) -> io::Result<NonNull<u8>> {
    let fixed = if at.is_some() { libc::MAP_FIXED_NOREPLACE } else { 0 };
    let hint = at.unwrap_or(Addr::NULL).0 as *mut libc::c_void;
    let how = libc::MAP_SHARED | libc::MAP_NORESERVE | fixed;
    // SAFETY: without a fixed address the host chooses a free range; with one it refuses a taken range.
    let mapped = unsafe { libc::mmap(hint, length, flags, how, file.as_raw_fd(), 0) };
    if mapped == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(mapped.cast()).ok_or_else(|| io::Error::other("the host mapped the zero page"))
}

/// The driver view has one place: two machines cannot be in one process.
pub(super) fn taken(error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(libc::EEXIST) {
        return io::Error::other("the arena's addresses are taken: is another machine in this process?");
    }
    error
}

/// A length in the host's type.
pub(super) const fn to_usize(value: u64) -> usize {
    // CAST: the crate is compiled on 64-bit hosts only.
    #[expect(clippy::cast_possible_truncation, reason = "usize has 64 bits")]
    let value = value as usize;
    value
}

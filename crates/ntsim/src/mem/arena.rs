//! The arena: one memory file mapped twice, once as the driver sees it and once for the simulator.
//!
//! In the driver view page protections are the verifier. The host view is always readable and writable and
//! lies wherever the host put it; nothing of the simulator uses a driver address as a pointer.

// UNSAFETY: maps memory and makes slices of the host view; every range is checked against the mapping's size.
#![expect(unsafe_code, reason = "maps the arena and lends slices of its host view")]

use std::{io, os::fd::RawFd, ptr::NonNull};

use super::Addr;

/// Size of a page of the simulated machine, in bytes.
pub const PAGE_SIZE: u64 = 4096;

/// What the driver may do with a range of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Every access faults.
    None,
    /// Reads only.
    Read,
    /// Reads and writes.
    ReadWrite,
    /// Reads and instruction fetches.
    ReadExecute,
}

impl Protection {
    const fn flags(self) -> libc::c_int {
        match self {
            Self::None => libc::PROT_NONE,
            Self::Read => libc::PROT_READ,
            Self::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
            Self::ReadExecute => libc::PROT_READ | libc::PROT_EXEC,
        }
    }
}

/// One memory file, mapped at a fixed address for the driver and anywhere for the simulator.
#[derive(Debug)]
pub struct Arena {
    file: RawFd,
    base: Addr,
    size: u64,
    // INVARIANT: the start of a readable and writable mapping of `size` bytes that lives as long as `self`.
    host: NonNull<u8>,
}

impl Arena {
    /// Maps `size` bytes for the driver at `base`, nothing of it accessible yet.
    ///
    /// # Errors
    /// What the host says when it refuses the memory file or a mapping, for example because `base` is taken.
    pub fn new(base: Addr, size: u64) -> io::Result<Self> {
        let file = memory_file(size)?;
        let length = usize::try_from(size).map_err(io::Error::other)?;
        let host = map(None, length, libc::PROT_READ | libc::PROT_WRITE, file, 0)?;
        map(Some(base), length, libc::PROT_NONE, file, 0).map_err(taken)?;
        Ok(Self { file, base, size, host })
    }

    /// The lowest address of the driver view.
    #[must_use]
    pub const fn base(&self) -> Addr {
        self.base
    }

    /// Whether `length` bytes from `address` lie in this arena.
    #[must_use]
    pub const fn contains(&self, address: Addr, length: u64) -> bool {
        match address.0.checked_sub(self.base.0) {
            Some(offset) => offset <= self.size && length <= self.size - offset,
            None => false,
        }
    }

    /// Changes what the driver may do with the pages of a range. `address` and `length` are whole pages.
    ///
    /// # Errors
    /// What the host says, for example when the number of mappings is at its limit.
    ///
    /// # Panics
    /// When the range is not in the arena.
    pub fn protect(&mut self, address: Addr, length: u64, protection: Protection) -> io::Result<()> {
        assert!(self.contains(address, length), "protects a range outside the arena");
        // SAFETY: the range lies in the driver view, which holds no object of the simulator.
        let result =
            unsafe { libc::mprotect(address.0 as *mut libc::c_void, to_usize(length), protection.flags()) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Maps the pages of `from` a second time for the driver, at `to` (both whole pages of driver views).
    ///
    /// # Errors
    /// What the host says when it refuses the mapping.
    ///
    /// # Panics
    /// When the range is not in the arena.
    pub fn alias(&self, from: Addr, length: u64, to: Addr, other: &Self) -> io::Result<()> {
        assert!(other.contains(from, length), "aliases a range outside the arena");
        assert!(self.contains(to, length), "aliases to a range outside the arena");
        let offset = from.0 - other.base.0;
        // SAFETY: the range lies in the driver view, which holds no object of the simulator.
        let mapped = unsafe {
            libc::mmap(
                to.0 as *mut libc::c_void,
                to_usize(length),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_NORESERVE | libc::MAP_FIXED,
                other.file,
                offset.cast_signed(),
            )
        };
        if mapped == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Takes an alias back: the range shows this arena's own pages again, inaccessible.
    ///
    /// # Errors
    /// What the host says when it refuses the mapping.
    ///
    /// # Panics
    /// When the range is not in the arena.
    pub fn unalias(&self, to: Addr, length: u64) -> io::Result<()> {
        assert!(self.contains(to, length), "takes back a range outside the arena");
        let offset = to.0 - self.base.0;
        // SAFETY: the range lies in the driver view, which holds no object of the simulator.
        let mapped = unsafe {
            libc::mmap(
                to.0 as *mut libc::c_void,
                to_usize(length),
                libc::PROT_NONE,
                libc::MAP_SHARED | libc::MAP_NORESERVE | libc::MAP_FIXED,
                self.file,
                offset.cast_signed(),
            )
        };
        if mapped == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Gives the pages of a range back to the host. Their content is zero afterwards.
    ///
    /// # Panics
    /// When the range is not in the arena.
    pub fn discard(&mut self, address: Addr, length: u64) {
        assert!(self.contains(address, length), "discards a range outside the arena");
        let offset = address.0 - self.base.0;
        let mode = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
        // SAFETY: punching a hole in our own memory file changes content only, which `&mut self` guards.
        unsafe { libc::fallocate(self.file, mode, offset.cast_signed(), length.cast_signed()) };
    }

    /// The bytes of a range, through the host view.
    #[must_use]
    pub fn bytes(&self, address: Addr, length: u64) -> &[u8] {
        let start = self.host_pointer(address, length);
        // SAFETY: `host_pointer` checked the range; the mapping lives as long as `self`; the driver, which
        // writes through the other view, runs only while no borrow of the arena is alive.
        unsafe { std::slice::from_raw_parts(start.as_ptr(), to_usize(length)) }
    }

    /// The bytes of a range, through the host view, for writing.
    #[must_use]
    pub fn bytes_mut(&mut self, address: Addr, length: u64) -> &mut [u8] {
        let start = self.host_pointer(address, length);
        // SAFETY: as for `bytes`, and `&mut self` makes this the only borrow.
        unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), to_usize(length)) }
    }

    fn host_pointer(&self, address: Addr, length: u64) -> NonNull<u8> {
        assert!(self.contains(address, length), "reaches outside the arena");
        let offset = to_usize(address.0 - self.base.0);
        // SAFETY: `offset` is within the mapping, just checked.
        unsafe { self.host.add(offset) }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        let length = to_usize(self.size);
        // SAFETY: the host view is ours and nothing borrows it any more.
        unsafe { libc::munmap(self.host.as_ptr().cast(), length) };
        // SAFETY: the driver view is ours; the driver no longer runs when its arena goes.
        unsafe { libc::munmap(self.base.0 as *mut libc::c_void, length) };
        // SAFETY: the file is ours and is not used again.
        unsafe { libc::close(self.file) };
    }
}

/// The driver view has one place: two machines cannot be in one process.
fn taken(error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(libc::EEXIST) {
        return io::Error::other("the arena's addresses are taken: is another machine in this process?");
    }
    error
}

fn memory_file(size: u64) -> io::Result<RawFd> {
    // SAFETY: the name is a C string; the call makes a new file and touches nothing else.
    let file = unsafe { libc::memfd_create(c"ntsim".as_ptr(), libc::MFD_CLOEXEC) };
    if file < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the file is the one just made.
    let result = unsafe { libc::ftruncate(file, size.cast_signed()) };
    if result == 0 { Ok(file) } else { Err(io::Error::last_os_error()) }
}

fn map(at: Option<Addr>, length: usize, flags: i32, file: RawFd, offset: i64) -> io::Result<NonNull<u8>> {
    let fixed = if at.is_some() { libc::MAP_FIXED_NOREPLACE } else { 0 };
    let hint = at.unwrap_or(Addr::NULL).0 as *mut libc::c_void;
    let how = libc::MAP_SHARED | libc::MAP_NORESERVE | fixed;
    // SAFETY: without a fixed address the host chooses a free range; with one it refuses a taken range.
    let mapped = unsafe { libc::mmap(hint, length, flags, how, file, offset) };
    if mapped == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(mapped.cast()).ok_or_else(|| io::Error::other("the host mapped the zero page"))
}

const fn to_usize(value: u64) -> usize {
    // CAST: the crate is compiled on 64-bit hosts only.
    #[expect(clippy::cast_possible_truncation, reason = "usize has 64 bits")]
    let value = value as usize;
    value
}

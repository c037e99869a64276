//! The arena: one memory file mapped twice, once as the driver sees it and once for the simulator.
//!
//! In the driver view what is accessible is the verifier. Pages are opened and closed by their protection, or, in a
//! range that [`UserFaults`] handles, by being filled in and emptied. The host view is always readable and writable and
//! lies wherever the host put it; nothing of the simulator uses a driver address as a pointer.

// UNSAFETY: maps memory and makes slices of the host view; every range is checked against the mapping's size.
#![expect(unsafe_code, reason = "maps the arena and lends slices of its host view")]

mod host;
mod open_pages;
mod user_faults;

use std::{
    io,
    os::fd::{AsRawFd, OwnedFd},
    ptr::NonNull,
    rc::Rc,
};

use super::Addr;
use host::{map, memory_file, taken, to_usize};
pub use open_pages::{lend_watched, reopen, return_lent};
pub use user_faults::UserFaults;

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
    file: OwnedFd,
    base: Addr,
    size: u64,
    // INVARIANT: the start of a readable and writable mapping of `size` bytes that lives as long as `self`.
    host: NonNull<u8>,
    /// Who handles the faults of the range that starts here, if not the protections.
    faults: Option<(Rc<UserFaults>, Addr)>,
}

impl Arena {
    /// Maps `size` bytes for the driver at `base`, nothing of it accessible yet.
    ///
    /// # Errors
    /// What the host says when it refuses the memory file or a mapping, for example because `base` is taken.
    pub fn new(base: Addr, size: u64) -> io::Result<Self> {
        let file = memory_file(size)?;
        let length = usize::try_from(size).map_err(io::Error::other)?;
        let host = map(None, length, libc::PROT_READ | libc::PROT_WRITE, &file)?;
        map(Some(base), length, libc::PROT_NONE, &file).map_err(taken)?;
        Ok(Self { file, base, size, host, faults: None })
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
        set_protection(address, length, protection)
    }

    /// Lets faults decide about the range from `from` to `to`, in which nothing is accessible yet.
    ///
    /// # Errors
    /// What the host says when it refuses that; the range is as it was.
    ///
    /// # Panics
    /// When the range is not in the arena.
    pub fn handle_faults(&mut self, from: Addr, to: Addr, faults: &Rc<UserFaults>) -> io::Result<()> {
        let length = to.0 - from.0;
        self.protect(from, length, Protection::ReadWrite)?;
        if let Err(error) = faults.register(from, length) {
            self.protect(from, length, Protection::None)?;
            return Err(error);
        }
        // SAFETY: the range is in the driver view, checked by `protect`. A huge page would open too much.
        unsafe { libc::madvise(from.0 as *mut libc::c_void, to_usize(length), libc::MADV_NOHUGEPAGE) };
        self.faults = Some((Rc::clone(faults), from));
        Ok(())
    }

    fn faults_at(&self, address: Addr) -> Option<&UserFaults> {
        let (faults, from) = self.faults.as_ref()?;
        (address >= *from).then_some(faults)
    }

    /// Lets the driver read and write pages, to which the simulator has written. `address` and `length` are whole pages.
    ///
    /// # Errors
    /// What the host says, for example when the number of mappings is at its limit.
    ///
    /// # Panics
    /// When the range is not in the arena.
    pub fn open(&mut self, address: Addr, length: u64) -> io::Result<()> {
        assert!(self.contains(address, length), "opens a range outside the arena");
        let faults = self.faults_at(address);
        open_pages::open(address, length, |from, bytes| {
            let by_protection = || set_protection(from, bytes, Protection::ReadWrite);
            faults.map_or_else(by_protection, |faults| faults.open(from, bytes))
        })
    }

    /// Leaves pages closed to the driver, but for the instruction that touches them: see
    /// [`watch_code`](crate::cpu::watch_code).
    ///
    /// # Panics
    /// When the range is not in the arena.
    pub fn watch(&mut self, address: Addr, length: u64) {
        assert!(self.contains(address, length), "watches a range outside the arena");
        open_pages::watch(address, length, true);
    }

    /// Takes pages from the driver: every access faults. Their content stays.
    ///
    /// # Errors
    /// What the host says, for example when the number of mappings is at its limit.
    ///
    /// # Panics
    /// When the range is not in the arena.
    pub fn close(&mut self, address: Addr, length: u64) -> io::Result<()> {
        assert!(self.contains(address, length), "closes a range outside the arena");
        let by_faults = self.faults_at(address).is_some();
        open_pages::close(address, length, |from, bytes| {
            if by_faults {
                user_faults::close(from, bytes)
            } else {
                set_protection(from, bytes, Protection::None)
            }
        })
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
                other.file.as_raw_fd(),
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
        open_pages::watch(to, length, false);
        let offset = to.0 - self.base.0;
        // SAFETY: the range lies in the driver view, which holds no object of the simulator.
        let mapped = unsafe {
            libc::mmap(
                to.0 as *mut libc::c_void,
                to_usize(length),
                libc::PROT_NONE,
                libc::MAP_SHARED | libc::MAP_NORESERVE | libc::MAP_FIXED,
                self.file.as_raw_fd(),
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
        unsafe { libc::fallocate(self.file.as_raw_fd(), mode, offset.cast_signed(), length.cast_signed()) };
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

/// Changes the protection of a range of a driver view, which the caller has checked. Works in the fault handler, too.
fn set_protection(address: Addr, length: u64, protection: Protection) -> io::Result<()> {
    // SAFETY: the range lies in a driver view, which holds no object of the simulator.
    let result =
        unsafe { libc::mprotect(address.0 as *mut libc::c_void, to_usize(length), protection.flags()) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

impl Drop for Arena {
    fn drop(&mut self) {
        let length = to_usize(self.size);
        // SAFETY: the host view is ours and nothing borrows it any more.
        unsafe { libc::munmap(self.host.as_ptr().cast(), length) };
        // SAFETY: the driver view is ours; the driver no longer runs when its arena goes.
        unsafe { libc::munmap(self.base.0 as *mut libc::c_void, length) };
    }
}

//! Pages that are opened one by one, without splitting a mapping: `userfaultfd`.
//!
//! A registered range is mapped readable and writable, but empty: whatever the driver touches there faults, and the
//! fault ends as a signal. `UFFDIO_CONTINUE` fills one page in, `MADV_DONTNEED` takes it out again. Either costs a
//! third of what `mprotect` does, and no limit on mappings is near. See `userfaultfd(2)` and `ioctl_userfaultfd(2)`.

// UNSAFETY: asks the host to fill and empty pages of the driver's view, which holds no object of the simulator.
#![expect(unsafe_code, reason = "fills and empties pages of the driver's view")]

use std::{
    io, mem,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    sync::atomic::{AtomicI32, Ordering},
};

use crate::mem::{Addr, MAPPED_BASE, PAGE_SIZE};

const UFFD_USER_MODE_ONLY: libc::c_int = 1;
const UFFD_API: u64 = 0xAA;
const FEATURE_MISSING_SHMEM: u64 = 1 << 5;
const FEATURE_SIGBUS: u64 = 1 << 7;
const FEATURE_MINOR_SHMEM: u64 = 1 << 10;
const REGISTER_MISSING: u64 = 1;
const REGISTER_MINOR: u64 = 1 << 2;
const CONTINUE_DONTWAKE: u64 = 1;
/// Bit of `UFFDIO_CONTINUE` in what a registration says it can do.
const CAN_CONTINUE: u64 = 1 << 7;

/// `struct uffdio_api`
#[repr(C)]
struct Api {
    version: u64,
    features: u64,
    ioctls: u64,
}

/// `struct uffdio_register`
#[repr(C)]
struct Register {
    start: u64,
    length: u64,
    mode: u64,
    ioctls: u64,
}

/// `struct uffdio_continue`
#[repr(C)]
struct Continue {
    start: u64,
    length: u64,
    mode: u64,
    mapped: i64,
}

/// `_IOWR(0xAA, number, T)`
const fn request<T>(number: libc::Ioctl) -> libc::Ioctl {
    0xC000_0000 | (mem::size_of::<T>() as libc::Ioctl) << 16 | 0xAA00 | number
}

/// The file of the machine that is in this process, for the fault handler; negative: there is none.
static FILE: AtomicI32 = AtomicI32::new(-1);

/// Handles the faults of registered ranges.
#[derive(Debug)]
pub struct UserFaults {
    file: OwnedFd,
}

impl UserFaults {
    /// Asks the host for it.
    ///
    /// # Errors
    /// What the host says when it has no such thing, is too old for it, or does not allow it.
    pub fn new() -> io::Result<Self> {
        let flags = libc::O_CLOEXEC | libc::O_NONBLOCK | UFFD_USER_MODE_ONLY;
        // SAFETY: makes a file and touches nothing else.
        let file = unsafe { libc::syscall(libc::SYS_userfaultfd, flags) };
        let file = i32::try_from(file).ok().filter(|file| *file >= 0).ok_or_else(io::Error::last_os_error)?;
        // SAFETY: the file was just made and is nobody else's.
        let file = unsafe { OwnedFd::from_raw_fd(file) };
        let features = FEATURE_MISSING_SHMEM | FEATURE_SIGBUS | FEATURE_MINOR_SHMEM;
        let mut api = Api { version: UFFD_API, features, ioctls: 0 };
        // SAFETY: the structure is the one that this request takes, and outlives the call.
        let result = unsafe { libc::ioctl(file.as_raw_fd(), request::<Api>(0x3F), &raw mut api) };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
        FILE.store(file.as_raw_fd(), Ordering::Relaxed);
        Ok(Self { file })
    }

    /// Takes over the faults of a range that is mapped readable and writable, and empty.
    ///
    /// # Errors
    /// What the host says, or that it cannot fill such pages in.
    pub fn register(&self, start: Addr, length: u64) -> io::Result<()> {
        let mode = REGISTER_MISSING | REGISTER_MINOR;
        let mut register = Register { start: start.0, length, mode, ioctls: 0 };
        // SAFETY: the structure is the one that this request takes, and outlives the call.
        let result =
            unsafe { libc::ioctl(self.file.as_raw_fd(), request::<Register>(0x00), &raw mut register) };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
        if register.ioctls & CAN_CONTINUE == 0 {
            return Err(io::Error::from(io::ErrorKind::Unsupported));
        }
        Ok(())
    }

    /// Shows the driver the pages of a range, which the memory file holds already.
    ///
    /// # Errors
    /// What the host says.
    pub fn open(&self, start: Addr, length: u64) -> io::Result<()> {
        fill(self.file.as_raw_fd(), start, length)
    }
}

impl Drop for UserFaults {
    fn drop(&mut self) {
        FILE.store(-1, Ordering::Relaxed);
    }
}

/// From the fault handler: makes a page accessible that the driver may touch; `filled`, it was before. False: it was
/// accessible, so that is not why the driver faulted. Neither allocates nor locks.
pub fn fill_from_handler(page: Addr, filled: bool) -> bool {
    let file = FILE.load(Ordering::Relaxed);
    if file < 0 || page >= MAPPED_BASE {
        return !filled && super::set_protection(page, PAGE_SIZE, super::Protection::ReadWrite).is_ok();
    }
    let mut range = Continue { start: page.0, length: PAGE_SIZE, mode: CONTINUE_DONTWAKE, mapped: 0 };
    // SAFETY: the structure is the one that this request takes, and outlives the call.
    unsafe { libc::ioctl(file, request::<Continue>(0x07), &raw mut range) == 0 }
}

/// From the fault handler: makes a page inaccessible again.
pub fn empty_from_handler(page: Addr) {
    // What cannot be closed stays open until the object goes: accesses are missed then, and none is made up.
    let _ = if FILE.load(Ordering::Relaxed) < 0 || page >= MAPPED_BASE {
        super::set_protection(page, PAGE_SIZE, super::Protection::None)
    } else {
        close(page, PAGE_SIZE)
    };
}

/// Takes the pages of a range from the driver. They stay in the memory file. Works in the fault handler, too.
///
/// # Errors
/// What the host says.
pub fn close(start: Addr, length: u64) -> io::Result<()> {
    // SAFETY: the callers pass ranges of the driver view, which holds no object of the simulator, and whose pages are
    // those of a shared file: nothing is lost.
    let result = unsafe {
        libc::madvise(start.0 as *mut libc::c_void, super::host::to_usize(length), libc::MADV_DONTNEED)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn fill(file: libc::c_int, start: Addr, length: u64) -> io::Result<()> {
    let (mut at, end) = (start.0, start.0 + length);
    while at < end {
        // Nobody waits for a page: the faults end as signals.
        let mut range = Continue { start: at, length: end - at, mode: CONTINUE_DONTWAKE, mapped: 0 };
        // SAFETY: the structure is the one that this request takes, and outlives the call.
        let result = unsafe { libc::ioctl(file, request::<Continue>(0x07), &raw mut range) };
        if result == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            // It stopped in the middle of a long range, or at a page that is open.
            _ if range.mapped > 0 => at += range.mapped.cast_unsigned(),
            Some(libc::EEXIST) => at += PAGE_SIZE,
            Some(libc::EAGAIN) => {}
            _ => return Err(error),
        }
    }
    Ok(())
}

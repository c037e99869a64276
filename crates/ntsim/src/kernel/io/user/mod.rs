//! User mode: processes that open devices, and their requests.
//!
//! The calls are non-blocking as a machine's surface wants them: [`start`] runs the dispatch routines on the
//! caller's thread and comes back, [`Kernel::outcome`] says how a request ended, [`wait`] waits for it.

mod buffers;
mod file;
mod request;

use std::collections::BTreeMap;

pub use file::{File, Handle, close, duplicate, end_everything, exit_process, open, wait_until_closed};
pub use request::{Outcome, RequestId, UserIo, cancel, cancel_file, start, wait};

use crate::{
    kernel::{Kernel, ke::Latch},
    mem::Addr,
    sched::ThreadId,
};

/// A process. Number 0 is the system's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process(pub u32);

/// `FILE_READ_DATA`, what a handle needs for reads and for control codes with `FILE_READ_ACCESS`.
pub const READ: u32 = 1;
/// `FILE_WRITE_DATA`, what a handle needs for writes and for control codes with `FILE_WRITE_ACCESS`.
pub const WRITE: u32 = 2;

/// Everything that belongs to user mode.
#[derive(Debug, Default)]
pub struct UserMode {
    /// File objects that are not closed yet.
    pub files: BTreeMap<Addr, File>,
    handles: BTreeMap<Handle, file::OpenHandle>,
    requests: BTreeMap<RequestId, request::Request>,
    threads: BTreeMap<ThreadId, Process>,
    closed: Vec<(Addr, Latch)>,
    next_handle: u32,
    next_request: u64,
}

impl Kernel {
    /// The process that the current thread works for.
    #[must_use]
    pub fn current_process(&self) -> u32 {
        self.io.user.threads.get(&self.sched.current()).map_or(0, |process| process.0)
    }

    /// Makes the current thread work for a process.
    pub fn enter_process(&mut self, process: Process) {
        let thread = self.sched.current();
        self.io.user.threads.insert(thread, process);
    }

    /// How many file objects of the device whose physical device object this is are not closed.
    #[must_use]
    pub fn open_files(&self, pdo: Addr) -> usize {
        self.io.user.files.values().filter(|file| file.pdo == pdo).count()
    }
}

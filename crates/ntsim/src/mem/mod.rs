//! The machine's memory: kernel and user arena, what is allocated in them, and checked access to it.
//!
//! The driver's view of a page has the protection that Windows' special pool would give it: an object ends
//! at an inaccessible page, a freed object stays inaccessible. The simulator reads and writes through a view
//! of its own, after the address was found in an object, the image or a stack.

mod access;
mod addr;
mod allocate;
mod arena;
mod bad_access;
mod object;
mod pageable;
mod regions;
mod space;
mod stubs;
mod view;

use std::{
    collections::BTreeMap,
    io,
    time::{Duration, Instant},
};

use nt_trace::{ObjectId, ObjectKind};

pub use addr::Addr;
pub use allocate::Freed;
pub use arena::{Arena, PAGE_SIZE, Protection, lend_watched, reopen, return_lent};
pub use bad_access::BadAccess;
pub use object::{Fill, Object, Request, State};
use pageable::Pageable;
pub use pageable::PageableSection;
use space::Space;
pub use stubs::{STUBS_BASE, STUBS_SIZE};
pub use view::Gate;

/// Lowest address of the user arena. Both arenas lie low enough for valgrind's address space.
pub const USER_BASE: Addr = Addr(0x0400_0000_0000);
/// What `MmSystemRangeStart` holds: user addresses are below.
pub const SYSTEM_RANGE_START: Addr = Addr(0x0500_0000_0000);
/// Lowest address of the kernel arena, where the image is mapped.
pub const KERNEL_BASE: Addr = Addr(0x0600_0000_0000);

const USER_SIZE: u64 = 16 << 30;
const KERNEL_SIZE: u64 = 64 << 30;
const IMAGE_SIZE: u64 = 64 << 20;
const STACKS_BASE: Addr = Addr(KERNEL_BASE.0 + IMAGE_SIZE);
const STACKS_SIZE: u64 = 64 << 20;
const POOL_BASE: Addr = Addr(STACKS_BASE.0 + STACKS_SIZE);
/// Where user pages are mapped for the kernel, above everything else.
const MAPPED_BASE: Addr = Addr(KERNEL_BASE.0 + KERNEL_SIZE - MAPPED_SIZE);
const MAPPED_SIZE: u64 = 16 << 30;

/// Usable size of a kernel stack: what x64 Windows gives a thread.
pub const STACK_SIZE: u64 = 24 << 10;

/// How objects are placed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Each object ends at an inaccessible page.
    #[default]
    Guarded,
    /// Objects lie close together between canaries: for more live objects than the host has mappings for.
    Packed,
}

/// The machine's memory.
#[derive(Debug)]
pub struct Mem {
    kernel: Arena,
    user: Arena,
    pool: Space,
    mapped: Space,
    user_space: Space,
    image: Option<(Addr, u64)>,
    pageable: Pageable,
    stacks: u64,
    mode: Mode,
    gate: Gate,
    watches_user: bool,
    numbers: BTreeMap<ObjectKind, u32>,
    allocations: u64,
    clock: Option<Duration>,
}

impl Mem {
    /// Maps both arenas.
    ///
    /// # Errors
    /// What the host says when it refuses the mappings, or the gate.
    pub fn new(mode: Mode, gate: Gate) -> io::Result<Self> {
        let mut kernel = Arena::new(KERNEL_BASE, KERNEL_SIZE)?;
        let mut user = Arena::new(USER_BASE, USER_SIZE)?;
        let gate = view::choose(gate, mode, &mut kernel, &mut user)?;
        if mode == Mode::Packed {
            kernel.protect(POOL_BASE, MAPPED_BASE.0 - POOL_BASE.0, Protection::ReadWrite)?;
        }
        Ok(Self {
            kernel,
            user,
            pool: Space::new(POOL_BASE, MAPPED_BASE),
            mapped: Space::new(MAPPED_BASE, KERNEL_BASE.add(KERNEL_SIZE)),
            user_space: Space::new(USER_BASE.add(16 * PAGE_SIZE), USER_BASE.add(USER_SIZE)),
            image: None,
            pageable: Pageable::default(),
            stacks: 0,
            mode,
            gate,
            watches_user: false,
            numbers: BTreeMap::new(),
            allocations: 0,
            clock: None,
        })
    }

    /// Forgets every object, for the next life. Image and stacks stay.
    ///
    /// # Errors
    /// What the host says when it refuses to change a protection.
    pub fn reset(&mut self) -> io::Result<()> {
        self.timed(Self::forget)
    }

    fn forget(&mut self) -> io::Result<()> {
        for object in self.mapped.objects.iter().filter(|object| object.state != State::Freed) {
            self.kernel.unalias(object.pages.0, object.pages.1)?;
        }
        let used = self.pool.used();
        if self.mode == Mode::Guarded && used > 0 {
            self.kernel.close(self.pool.start, used)?;
        }
        let used = self.user_space.used();
        if used > 0 {
            self.user.close(self.user_space.start, used)?;
        }
        self.pageable.forget();
        self.pageable.settle(&mut self.pool, &mut self.kernel)?;
        for space in [&mut self.pool, &mut self.mapped, &mut self.user_space] {
            space.forget();
        }
        self.watches_user = false;
        self.numbers.clear();
        self.allocations = 0;
        Ok(())
    }

    /// Measures from now on how much time goes into placing, hiding and forgetting objects.
    pub const fn start_clock(&mut self) {
        self.clock = Some(Duration::ZERO);
    }

    /// The time measured since the last call.
    pub const fn take_clock(&mut self) -> Duration {
        match &mut self.clock {
            Some(clock) => std::mem::replace(clock, Duration::ZERO),
            None => Duration::ZERO,
        }
    }

    fn timed<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        if self.clock.is_none() {
            return work(self);
        }
        let start = Instant::now();
        let result = work(self);
        let spent = start.elapsed();
        self.clock = self.clock.map(|clock| clock + spent);
        result
    }

    /// How objects are placed.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// How many objects were allocated in this life.
    #[must_use]
    pub const fn allocations(&self) -> u64 {
        self.allocations
    }

    /// The next free number for a name of this kind.
    pub fn name(&mut self, kind: ObjectKind) -> ObjectId {
        let number = self.numbers.entry(kind).or_insert(0);
        *number += 1;
        ObjectId::new(kind, *number)
    }
}

impl Drop for Mem {
    fn drop(&mut self) {
        // The next machine of this process finds nothing open.
        let _ = self.forget();
    }
}

const fn stack_stride() -> u64 {
    STACK_SIZE + PAGE_SIZE
}

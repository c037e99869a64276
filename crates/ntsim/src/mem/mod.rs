//! The machine's memory: kernel and user arena, what is allocated in them, and checked access to it.
//!
//! The driver's view of a page has the protection that Windows' special pool would give it: an object ends
//! at an inaccessible page, a freed object stays inaccessible. The simulator reads and writes through a view
//! of its own, after the address was found in an object, the image or a stack.

mod addr;
mod arena;
mod object;

use std::{
    collections::BTreeMap,
    io,
    time::{Duration, Instant},
};

use nt_trace::{ObjectId, ObjectKind};
use thiserror::Error;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

pub use addr::Addr;
pub use arena::{Arena, PAGE_SIZE, Protection};
pub use object::{Fill, Object, Request, State};

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
/// Larger objects are given back to the host when freed; their bytes can then no longer be shown.
const KEEP_LIMIT: u64 = 64 << 10;
/// Fills the bytes around an object that its pages have to spare.
const CANARY: u8 = 0xFD;
const ALIGNMENT: u64 = 16;

/// Usable size of a kernel stack: what x64 Windows gives a thread.
pub const STACK_SIZE: u64 = 24 << 10;

/// An access that the driver (or a routine on its behalf) had no right to.
#[derive(Clone, Debug, Error)]
pub enum BadAccess {
    /// The address is in no object, image or stack.
    #[error("{address} ({length} bytes) is not allocated")]
    Wild {
        /// Where.
        address: Addr,
        /// How many bytes.
        length: u64,
    },
    /// The range leaves the object that it starts in.
    #[error("{length} bytes at {address} leave {object}")]
    OutOfBounds {
        /// Where.
        address: Addr,
        /// How many bytes.
        length: u64,
        /// The object that it starts in.
        object: ObjectId,
    },
    /// The object was freed.
    #[error("{address} is in {object}, which was freed by the call that returns to {freed_at}")]
    Freed {
        /// Where.
        address: Addr,
        /// The freed object.
        object: ObjectId,
        /// Return address of the freeing call.
        freed_at: Addr,
    },
    /// The type wants an alignment that the address has not.
    #[error("{address} is not aligned for what is read there")]
    Misaligned {
        /// Where.
        address: Addr,
    },
}

/// How objects are placed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Each object ends at an inaccessible page.
    #[default]
    Guarded,
    /// Objects lie close together between canaries: for more live objects than the host has mappings for.
    Packed,
}

/// Free space of one arena, handed out upwards and not reused within a life.
#[derive(Debug)]
struct Space {
    start: Addr,
    next: Addr,
    end: Addr,
    objects: Vec<Object>,
}

impl Space {
    const fn new(start: Addr, end: Addr) -> Self {
        Self { start, next: start, end, objects: Vec::new() }
    }

    fn index_of(&self, address: Addr) -> Option<usize> {
        let after = self.objects.partition_point(|object| object.start <= address);
        after.checked_sub(1)
    }
}

/// The machine's memory.
#[derive(Debug)]
pub struct Mem {
    kernel: Arena,
    user: Arena,
    pool: Space,
    user_space: Space,
    image: Option<(Addr, u64)>,
    stacks: u64,
    mode: Mode,
    numbers: BTreeMap<ObjectKind, u32>,
    allocations: u64,
    clock: Option<Duration>,
}

impl Mem {
    /// Maps both arenas.
    ///
    /// # Errors
    /// What the host says when it refuses the mappings.
    pub fn new(mode: Mode) -> io::Result<Self> {
        let mut kernel = Arena::new(KERNEL_BASE, KERNEL_SIZE)?;
        let user = Arena::new(USER_BASE, USER_SIZE)?;
        if mode == Mode::Packed {
            kernel.protect(POOL_BASE, KERNEL_BASE.0 + KERNEL_SIZE - POOL_BASE.0, Protection::ReadWrite)?;
        }
        Ok(Self {
            kernel,
            user,
            pool: Space::new(POOL_BASE, KERNEL_BASE.add(KERNEL_SIZE)),
            user_space: Space::new(USER_BASE.add(16 * PAGE_SIZE), USER_BASE.add(USER_SIZE)),
            image: None,
            stacks: 0,
            mode,
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
        let mapped = |object: &&Object| !object.alias_of.is_null() && object.state != State::Freed;
        for object in self.pool.objects.iter().filter(mapped) {
            self.kernel.unalias(object.pages.0, object.pages.1)?;
        }
        let used = self.pool.next.0 - self.pool.start.0;
        if self.mode == Mode::Guarded && used > 0 {
            self.kernel.protect(self.pool.start, used, Protection::None)?;
        }
        let used = self.user_space.next.0 - self.user_space.start.0;
        if used > 0 {
            self.user.protect(self.user_space.start, used, Protection::None)?;
        }
        for space in [&mut self.pool, &mut self.user_space] {
            space.next = space.start;
            space.objects.clear();
        }
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

    /// Allocates kernel memory. The driver can use it at once.
    ///
    /// # Errors
    /// What the host says when it refuses the pages.
    pub fn allocate(&mut self, request: Request) -> io::Result<Addr> {
        let id = self.name(request.kind);
        self.timed(|mem| mem.allocate_as(request, id, false))
    }

    /// Allocates memory of a user process. It starts at a page, as `VirtualAlloc` would give it.
    ///
    /// # Errors
    /// What the host says when it refuses the pages.
    pub fn allocate_user(&mut self, request: Request) -> io::Result<Addr> {
        let id = self.name(request.kind);
        self.timed(|mem| mem.allocate_as(request, id, true))
    }

    fn allocate_as(&mut self, request: Request, id: ObjectId, user: bool) -> io::Result<Addr> {
        self.allocations += 1;
        let guarded = user || self.mode == Mode::Guarded;
        let (arena, space) =
            if user { (&mut self.user, &mut self.user_space) } else { (&mut self.kernel, &mut self.pool) };
        let padded = request.length.max(1).next_multiple_of(ALIGNMENT);
        let (pages, start) = if guarded {
            let bytes = padded.next_multiple_of(PAGE_SIZE);
            let start = if user { space.next } else { space.next.add(bytes - padded) };
            ((space.next, bytes), start)
        } else {
            ((space.next, padded + 2 * ALIGNMENT), space.next.add(ALIGNMENT))
        };
        let after = pages.0.add(pages.1 + if guarded { PAGE_SIZE } else { 0 });
        if after > space.end {
            return Err(io::Error::other("the arena is full"));
        }
        if guarded {
            arena.protect(pages.0, pages.1, Protection::ReadWrite)?;
        }
        space.next = after;
        fill(arena, pages, start, &request);
        space.objects.push(Object {
            id,
            start,
            length: request.length,
            tag: request.tag,
            state: State::Live,
            allocated_at: request.site,
            freed_at: Addr::NULL,
            pages,
            alias_of: Addr::NULL,
        });
        Ok(start)
    }

    /// Frees the object that starts at `address`: the driver can no longer touch it.
    ///
    /// # Errors
    /// [`BadAccess::Wild`] when no object starts there, [`BadAccess::Freed`] when it was freed before.
    pub fn free(&mut self, address: Addr, site: Addr) -> Result<Freed, BadAccess> {
        let wild = BadAccess::Wild { address, length: 1 };
        let (arena, space) = self.space_of(address).ok_or_else(|| wild.clone())?;
        let index = space.index_of(address).ok_or_else(|| wild.clone())?;
        let object = space.objects.get_mut(index).filter(|object| object.start == address).ok_or(wild)?;
        if object.state == State::Freed {
            return Err(BadAccess::Freed { address, object: object.id, freed_at: object.freed_at });
        }
        let intact = canaries_intact(arena, object);
        object.state = State::Freed;
        object.freed_at = site;
        let object = object.clone();
        self.timed(|mem| mem.hide(&object));
        Ok(Freed { object, intact })
    }

    /// Makes a live object inaccessible to the driver, or accessible again.
    pub fn set_revoked(&mut self, address: Addr, revoked: bool) {
        let Some((_, space)) = self.space_of(address) else { return };
        let Some(index) = space.index_of(address) else { return };
        let Some(object) = space.objects.get_mut(index).filter(|object| object.state != State::Freed) else {
            return;
        };
        object.state = if revoked { State::Revoked } else { State::Live };
        let object = object.clone();
        self.timed(|mem| if revoked { mem.hide(&object) } else { mem.show(&object) });
    }

    fn hide(&mut self, object: &Object) {
        let guarded = self.mode == Mode::Guarded || object.start < SYSTEM_RANGE_START;
        let Some((arena, _)) = self.space_of(object.start) else { return };
        let (first, bytes) = object.pages;
        if guarded {
            // A host at its limit of mappings leaves the object accessible: laxer, never wrong.
            let _ = arena.protect(first, bytes, Protection::None);
        } else if object.state == State::Freed {
            arena.bytes_mut(object.start, object.length).fill(CANARY);
        }
        if guarded && object.state == State::Freed && bytes > KEEP_LIMIT {
            arena.discard(first, bytes);
        }
    }

    fn show(&mut self, object: &Object) {
        let (first, bytes) = object.pages;
        if self.mode == Mode::Guarded
            && let Some((arena, _)) = self.space_of(object.start)
        {
            let _ = arena.protect(first, bytes, Protection::ReadWrite);
        }
    }

    fn space_of(&mut self, address: Addr) -> Option<(&mut Arena, &mut Space)> {
        if address >= POOL_BASE && self.kernel.contains(address, 1) {
            Some((&mut self.kernel, &mut self.pool))
        } else if self.user.contains(address, 1) {
            Some((&mut self.user, &mut self.user_space))
        } else {
            None
        }
    }

    /// The allocation that holds `address`, freed ones included.
    #[must_use]
    pub fn object_at(&self, address: Addr) -> Option<&Object> {
        let space = if address < SYSTEM_RANGE_START { &self.user_space } else { &self.pool };
        let object = space.objects.get(space.index_of(address)?)?;
        object.contains(address, 1).then_some(object)
    }

    /// Every kernel object that was not freed, oldest first.
    pub fn live_objects(&self) -> impl Iterator<Item = &Object> {
        self.pool.objects.iter().filter(|object| object.state != State::Freed)
    }

    /// The object whose pages (slack and guard page included) hold `address`, for a fault's report.
    #[must_use]
    pub fn object_near(&self, address: Addr) -> Option<&Object> {
        let space = if address < SYSTEM_RANGE_START { &self.user_space } else { &self.pool };
        let after = space.objects.partition_point(|object| object.pages.0 <= address);
        let object = space.objects.get(after.checked_sub(1)?)?;
        (address.0 < object.pages.0.0 + object.pages.1 + PAGE_SIZE).then_some(object)
    }

    /// Where the bytes of a range really are: elsewhere than at `address` when it is mapped user memory.
    fn check(&self, address: Addr, length: u64) -> Result<Addr, BadAccess> {
        if self.in_image(address, length) || self.in_stacks(address, length) {
            return Ok(address);
        }
        let wild = BadAccess::Wild { address, length };
        let space = if address < SYSTEM_RANGE_START { &self.user_space } else { &self.pool };
        let object =
            space.index_of(address).and_then(|index| space.objects.get(index)).ok_or_else(|| wild.clone())?;
        if object.state == State::Freed && object.contains(address, 1) {
            return Err(BadAccess::Freed { address, object: object.id, freed_at: object.freed_at });
        }
        if object.contains(address, length) {
            let own = object.alias_of.is_null();
            Ok(if own { address } else { object.alias_of.add(address.0 - object.start.0) })
        } else if object.contains(address, 1) {
            Err(BadAccess::OutOfBounds { address, length, object: object.id })
        } else {
            Err(wild)
        }
    }

    const fn in_image(&self, address: Addr, length: u64) -> bool {
        match self.image {
            Some((base, size)) => within(base, size, address, length),
            None => false,
        }
    }

    const fn in_stacks(&self, address: Addr, length: u64) -> bool {
        within(STACKS_BASE, self.stacks * stack_stride(), address, length)
    }

    /// The bytes of a range that lies in one live object, the image or a stack.
    ///
    /// # Errors
    /// Why the driver had no right to the range.
    pub fn bytes(&self, address: Addr, length: u64) -> Result<&[u8], BadAccess> {
        let address = self.check(address, length)?;
        let arena = if address < SYSTEM_RANGE_START { &self.user } else { &self.kernel };
        Ok(arena.bytes(address, length))
    }

    /// The bytes of a range, for writing.
    ///
    /// # Errors
    /// Why the driver had no right to the range.
    pub fn bytes_mut(&mut self, address: Addr, length: u64) -> Result<&mut [u8], BadAccess> {
        let address = self.check(address, length)?;
        let arena = if address < SYSTEM_RANGE_START { &mut self.user } else { &mut self.kernel };
        Ok(arena.bytes_mut(address, length))
    }

    /// The structure at `address`.
    ///
    /// # Errors
    /// Why the driver had no right to the range, or that it is not aligned.
    pub fn at<T>(&self, address: Addr) -> Result<&T, BadAccess>
    where
        T: FromBytes + Immutable + KnownLayout,
    {
        let bytes = self.bytes(address, size_of::<T>() as u64)?;
        T::ref_from_bytes(bytes).map_err(|_| BadAccess::Misaligned { address })
    }

    /// The structure at `address`, for writing.
    ///
    /// # Errors
    /// Why the driver had no right to the range, or that it is not aligned.
    pub fn at_mut<T>(&mut self, address: Addr) -> Result<&mut T, BadAccess>
    where
        T: FromBytes + IntoBytes + KnownLayout,
    {
        let bytes = self.bytes_mut(address, size_of::<T>() as u64)?;
        T::mut_from_bytes(bytes).map_err(|_| BadAccess::Misaligned { address })
    }

    /// A copy of the value at `address`, which need not be aligned.
    ///
    /// # Errors
    /// Why the driver had no right to the range.
    pub fn read<T: FromBytes>(&self, address: Addr) -> Result<T, BadAccess> {
        let bytes = self.bytes(address, size_of::<T>() as u64)?;
        T::read_from_bytes(bytes).map_err(|_| BadAccess::Misaligned { address })
    }

    /// Writes a value to `address`, which need not be aligned.
    ///
    /// # Errors
    /// Why the driver had no right to the range.
    pub fn write<T: IntoBytes + Immutable>(&mut self, address: Addr, value: &T) -> Result<(), BadAccess> {
        self.bytes_mut(address, size_of::<T>() as u64)?.copy_from_slice(value.as_bytes());
        Ok(())
    }

    /// The bytes of an object even if it was freed, for reports.
    #[must_use]
    pub fn autopsy(&self, object: &Object) -> &[u8] {
        let arena = if object.start < SYSTEM_RANGE_START { &self.user } else { &self.kernel };
        arena.bytes(object.start, object.length)
    }

    /// Takes `size` bytes for the image, at the lowest kernel address, writable until protected.
    ///
    /// # Errors
    /// What the host says, or that the image is too large.
    pub fn place_image(&mut self, size: u64) -> io::Result<Addr> {
        let size = size.next_multiple_of(PAGE_SIZE);
        if size > IMAGE_SIZE {
            return Err(io::Error::other("the image is larger than the space for it"));
        }
        self.kernel.protect(KERNEL_BASE, IMAGE_SIZE, Protection::None)?;
        self.image = Some((KERNEL_BASE, size));
        Ok(KERNEL_BASE)
    }

    /// Where the image lies, and its size in bytes.
    #[must_use]
    pub const fn image(&self) -> Option<(Addr, u64)> {
        self.image
    }

    /// Gives pages of the image their protection.
    ///
    /// # Errors
    /// What the host says.
    pub fn protect_image(&mut self, address: Addr, length: u64, how: Protection) -> io::Result<()> {
        self.kernel.protect(address, length.next_multiple_of(PAGE_SIZE), how)
    }

    /// Makes one more kernel stack: its lowest usable byte and its end. The page below faults.
    ///
    /// # Errors
    /// What the host says, or that there are too many.
    pub fn add_stack(&mut self) -> io::Result<(Addr, Addr)> {
        let bottom = STACKS_BASE.add(self.stacks * stack_stride() + PAGE_SIZE);
        if bottom.add(STACK_SIZE) > POOL_BASE {
            return Err(io::Error::other("more threads than there is room for stacks"));
        }
        self.kernel.protect(bottom, STACK_SIZE, Protection::ReadWrite)?;
        self.stacks += 1;
        Ok((bottom, bottom.add(STACK_SIZE)))
    }

    /// Maps the pages of a user buffer for the kernel, as a locked MDL's system address.
    ///
    /// # Errors
    /// What the host says, or that the buffer is not the user's.
    pub fn map_into_system(&mut self, address: Addr, length: u64, id: ObjectId) -> io::Result<Addr> {
        let first = Addr(address.0 & !(PAGE_SIZE - 1));
        let bytes = (address.0 + length - first.0).next_multiple_of(PAGE_SIZE);
        if !self.user.contains(first, bytes) {
            return Err(io::Error::other("not a user buffer"));
        }
        let to = self.pool.next;
        self.kernel.alias(first, bytes, to, &self.user)?;
        self.pool.next = to.add(bytes + PAGE_SIZE);
        let start = to.add(address.0 - first.0);
        self.pool.objects.push(Object {
            id,
            start,
            length,
            tag: 0,
            state: State::Live,
            allocated_at: Addr::NULL,
            freed_at: Addr::NULL,
            pages: (to, bytes),
            alias_of: address,
        });
        Ok(start)
    }

    /// Takes back what [`Self::map_into_system`] mapped.
    ///
    /// # Errors
    /// What the host says.
    pub fn unmap_from_system(&mut self, address: Addr) -> io::Result<()> {
        let Some(index) = self.pool.index_of(address) else { return Ok(()) };
        let Some(object) = self.pool.objects.get_mut(index) else { return Ok(()) };
        object.state = State::Freed;
        let (first, bytes) = object.pages;
        self.kernel.unalias(first, bytes)
    }
}

/// What [`Mem::free`] found.
#[derive(Clone, Debug)]
pub struct Freed {
    /// The object.
    pub object: Object,
    /// Whether the bytes around it were as they were left: false means that the driver wrote beyond it.
    pub intact: bool,
}

fn fill(arena: &mut Arena, pages: (Addr, u64), start: Addr, request: &Request) {
    let end = start.add(request.length);
    let pages_end = pages.0.add(pages.1);
    arena.bytes_mut(pages.0, start.0 - pages.0.0).fill(CANARY);
    arena.bytes_mut(start, request.length).fill(request.fill.byte());
    arena.bytes_mut(end, pages_end.0 - end.0).fill(CANARY);
}

fn canaries_intact(arena: &Arena, object: &Object) -> bool {
    let end = object.start.add(object.length);
    let pages_end = object.pages.0.add(object.pages.1);
    let before = arena.bytes(object.pages.0, object.start.0 - object.pages.0.0);
    let after = arena.bytes(end, pages_end.0 - end.0);
    before.iter().chain(after).all(|byte| *byte == CANARY)
}

const fn within(base: Addr, size: u64, address: Addr, length: u64) -> bool {
    match address.0.checked_sub(base.0) {
        Some(offset) => offset <= size && length <= size - offset,
        None => false,
    }
}

const fn stack_stride() -> u64 {
    STACK_SIZE + PAGE_SIZE
}

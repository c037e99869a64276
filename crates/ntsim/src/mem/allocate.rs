//! Objects: placed, freed, hidden from the driver, shown to it again.

use std::io;

use nt_trace::ObjectId;

use super::{
    Addr, Arena, BadAccess, Mem, Mode, Object, PAGE_SIZE, POOL_BASE, Request, SYSTEM_RANGE_START, Space,
    State,
};

/// Larger objects are given back to the host when freed; their bytes can then no longer be shown.
const KEEP_LIMIT: u64 = 64 << 10;
/// Fills the bytes around an object that its pages have to spare.
const CANARY: u8 = 0xFD;
/// A page of them, to compare and copy.
static CANARIES: [u8; 4096] = [CANARY; _];
const ALIGNMENT: u64 = 16;

/// What [`Mem::free`] found.
#[derive(Clone, Debug)]
pub struct Freed {
    /// The object.
    pub object: Object,
    /// Whether the bytes around it were as they were left: false means that the driver wrote beyond it.
    pub intact: bool,
}

impl Mem {
    /// Allocates kernel memory. The driver can use it when the view is [settled](Self::settle).
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
        space.next = after;
        fill(arena, pages, start, &request);
        if guarded {
            space.changed.push(space.objects.len());
        }
        space.objects.push(Object {
            id,
            start,
            length: request.length,
            tag: request.tag,
            state: State::Live,
            allocated_at: request.site,
            freed_at: Addr::NULL,
            pages,
            pageable: false,
            open: !guarded,
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
        self.hide(&object, index);
        Ok(Freed { object, intact })
    }

    /// Makes a live object inaccessible to the driver, or accessible again.
    pub fn set_revoked(&mut self, address: Addr, revoked: bool) {
        let guarded = self.mode == Mode::Guarded;
        let Some((_, space)) = self.space_of(address) else { return };
        let Some(index) = space.index_of(address) else { return };
        let live = |object: &&mut Object| object.state != State::Freed && object.contains(address, 1);
        let Some(object) = space.objects.get_mut(index).filter(live) else { return };
        object.state = if revoked { State::Revoked } else { State::Live };
        if guarded {
            space.changed.push(index);
        }
    }

    fn hide(&mut self, object: &Object, index: usize) {
        let guarded = self.mode == Mode::Guarded || object.start < SYSTEM_RANGE_START;
        let Some((arena, space)) = self.space_of(object.start) else { return };
        let (first, bytes) = object.pages;
        if !guarded {
            arena.bytes_mut(object.start, object.length).fill(CANARY);
            return;
        }
        space.changed.push(index);
        if bytes > KEEP_LIMIT {
            arena.discard(first, bytes);
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
    // Whole pages are compared at once: this runs for every object of a life.
    before.chunks(CANARIES.len()).chain([after]).all(|bytes| CANARIES.starts_with(bytes))
}

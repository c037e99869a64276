//! The driver's view of objects: which pages are open when driver code runs.
//!
//! What becomes of an object is noted at once and done when the driver is about to run: what was taken and given back
//! in between costs nothing, and neighbours are closed in one go.

use std::{env, io, rc::Rc};

use super::{
    Addr, Arena, MAPPED_BASE, Mem, Mode, Object, POOL_BASE, Space, State, USER_BASE, USER_SIZE,
    arena::UserFaults,
};

/// How the host opens and closes the pages of objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gate {
    /// By what the environment variable `NTSIM_GATE` names (`userfaultfd` or `mprotect`); without it by faults where the
    /// host allows that, otherwise by protections.
    #[default]
    Best,
    /// By filling pages in and taking them out (`userfaultfd`).
    Faults,
    /// By changing protections (`mprotect`).
    Protections,
}

impl Gate {
    /// In a word, for a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Faults => "userfaultfd",
            Self::Protections => "mprotect",
        }
    }
}

/// Sets the way for both arenas; gives the one that it is.
pub(super) fn choose(gate: Gate, mode: Mode, kernel: &mut Arena, user: &mut Arena) -> io::Result<Gate> {
    let gate = if gate == Gate::Best { wanted()? } else { gate };
    if gate == Gate::Protections {
        return Ok(gate);
    }
    let chosen = by_faults(mode, kernel, user);
    match (gate, chosen) {
        (_, Ok(())) => Ok(Gate::Faults),
        (Gate::Best, Err(_)) => Ok(Gate::Protections),
        (_, Err(error)) => Err(error),
    }
}

/// What the environment asks for.
fn wanted() -> io::Result<Gate> {
    let Some(name) = env::var_os("NTSIM_GATE") else { return Ok(Gate::Best) };
    let known = [Gate::Best, Gate::Faults, Gate::Protections].into_iter().find(|gate| name == gate.name());
    known.ok_or_else(|| io::Error::other("NTSIM_GATE is neither userfaultfd nor mprotect nor best"))
}

fn by_faults(mode: Mode, kernel: &mut Arena, user: &mut Arena) -> io::Result<()> {
    let faults = Rc::new(UserFaults::new()?);
    user.handle_faults(USER_BASE, USER_BASE.add(USER_SIZE), &faults)?;
    if mode == Mode::Guarded {
        kernel.handle_faults(POOL_BASE, MAPPED_BASE, &faults)?;
    }
    Ok(())
}

/// Which objects of a space are to be looked at before the driver runs.
#[derive(Debug, Default)]
pub(super) struct Changed {
    indices: Vec<usize>,
}

impl Changed {
    pub(super) fn push(&mut self, index: usize) {
        self.indices.push(index);
    }

    pub(super) fn clear(&mut self) {
        self.indices.clear();
    }
}

impl Mem {
    /// Makes the driver's view what it is to be. To be called before driver code runs.
    ///
    /// # Errors
    /// What the host says when it refuses to open or close pages.
    pub fn settle(&mut self) -> io::Result<()> {
        let unchanged = self.pool.changed.indices.is_empty() && self.user_space.changed.indices.is_empty();
        if unchanged && self.pageable.is_settled() {
            return Ok(());
        }
        self.timed(|mem| {
            mem.pageable.settle(&mut mem.pool, &mut mem.kernel)?;
            let reachable = !mem.pageable.unreachable();
            if mem.mode == Mode::Guarded {
                settle(&mut mem.pool, &mut mem.kernel, reachable, Arena::open)?;
            } else {
                // Objects share their pages, which stay open.
                mem.pool.changed.clear();
            }
            let open = if mem.watches_user { watch } else { Arena::open };
            settle(&mut mem.user_space, &mut mem.user, reachable, open)
        })
    }

    /// Whether every access of the driver to user memory is to be told, from the allocations on that follow and up to
    /// the end of the life.
    pub const fn watch_user(&mut self, watch: bool) {
        self.watches_user = watch;
    }

    /// Whether it is.
    #[must_use]
    pub const fn watches_user(&self) -> bool {
        self.watches_user
    }

    /// How objects' pages are opened and closed.
    #[must_use]
    pub const fn gate(&self) -> Gate {
        self.gate
    }
}

/// How pages are opened.
type Open = fn(&mut Arena, Addr, u64) -> io::Result<()>;

#[expect(clippy::unnecessary_wraps, reason = "has the type of its sibling")]
fn watch(arena: &mut Arena, first: Addr, length: u64) -> io::Result<()> {
    arena.watch(first, length);
    Ok(())
}

fn settle(space: &mut Space, arena: &mut Arena, reachable: bool, show: Open) -> io::Result<()> {
    let Space { objects, changed, .. } = space;
    // In order of addresses, so that neighbours meet.
    changed.indices.sort_unstable();
    let mut closing: Option<(usize, Addr, Addr)> = None;
    for index in changed.indices.drain(..) {
        let Some(object) = objects.get_mut(index) else { continue };
        let open = object.wants_open(reachable);
        if open == object.open {
            continue;
        }
        object.open = open;
        let (first, length) = object.pages;
        if open {
            show(arena, first, length)?;
            continue;
        }
        let end = first.add(length);
        closing = match closing {
            Some((last, from, _)) if all_closed(objects, last, index) => Some((index, from, end)),
            Some((_, from, to)) => {
                close(arena, from, to);
                Some((index, first, end))
            }
            None => Some((index, first, end)),
        };
    }
    if let Some((_, from, to)) = closing {
        close(arena, from, to);
    }
    Ok(())
}

fn close(arena: &mut Arena, from: Addr, to: Addr) {
    // A host at its limit of mappings leaves the object accessible: laxer, never wrong.
    let _ = arena.close(from, to.0 - from.0);
}

/// Whether nothing is open between two objects: the pages between are closed with them.
fn all_closed(objects: &[Object], last: usize, next: usize) -> bool {
    /// Further apart, looking costs more than a call.
    const NEAR: usize = 16;
    let between = objects.get(last + 1..next).unwrap_or(&[]);
    between.len() <= NEAR && between.iter().all(|object| !object.open)
}

impl Object {
    /// Whether the driver is to find its pages open.
    const fn wants_open(&self, reachable: bool) -> bool {
        matches!(self.state, State::Live) && (reachable || !self.pageable)
    }
}

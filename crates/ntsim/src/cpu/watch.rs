//! Accesses of driver code to memory of user processes, one by one.
//!
//! In a life in which they are to be told, user pages are closed in the driver's view. An access faults; what it wants is
//! noted, the page is lent for one instruction, and closed again.

use std::{
    cell::Cell,
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use iced_x86::{Decoder, DecoderOptions};

use super::{
    context::Interrupted,
    trap::{Answer, TrapKind, step},
};
use crate::mem::{Addr, PAGE_SIZE, lend_watched, return_lent};

/// How many accesses can be noted between two kernel calls. Those that follow on each other count once.
const ROOM: usize = 4096;
/// Pages that one instruction can touch: two operands, each across a page's end.
const MOST_LENT: usize = 4;
/// What an instruction is assumed to touch when it cannot be decoded.
const ONE: u64 = 1;

/// One access, or several that follow on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserAccess {
    /// The first byte.
    pub address: Addr,
    /// How many bytes.
    pub length: u64,
    /// A write; otherwise a read.
    pub write: bool,
    /// The instruction.
    pub instruction: Addr,
}

struct Slot {
    address: AtomicU64,
    length: AtomicU64,
    write: AtomicBool,
    instruction: AtomicU64,
}

impl Slot {
    const fn new() -> Self {
        let (address, length) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { address, length, write: AtomicBool::new(false), instruction: AtomicU64::new(0) }
    }
}

static SLOTS: [Slot; ROOM] = [const { Slot::new() }; ROOM];
static USED: AtomicUsize = AtomicUsize::new(0);
/// There was no room for some.
static LOST: AtomicBool = AtomicBool::new(false);
static LENT: [AtomicU64; MOST_LENT] = [const { AtomicU64::new(0) }; MOST_LENT];

/// The driver's code as it was loaded.
#[derive(Debug)]
struct Code {
    base: Addr,
    bytes: Vec<u8>,
}

thread_local! {
    static CODE: Cell<Option<&'static Code>> = const { Cell::new(None) };
}

/// Makes ready to decode the code of an image that was loaded at `base`. To be called before user pages are watched.
pub fn watch_code(base: Addr, bytes: &[u8]) {
    if CODE.get().is_some_and(|code| code.base == base && code.bytes == bytes) {
        return;
    }
    // For the signal handler, which may run as long as the thread does.
    CODE.set(Some(Box::leak(Box::new(Code { base, bytes: bytes.to_vec() }))));
    // The decoder makes its tables at its first use, and a signal handler must not allocate.
    let _ = length_at(base);
}

/// Takes the accesses that were noted, in order; `None` at the end if there were more than could be kept.
pub fn take_accesses() -> Vec<Option<UserAccess>> {
    let used = USED.swap(0, Relaxed);
    let noted = SLOTS.iter().take(used).map(|slot| {
        Some(UserAccess {
            address: Addr(slot.address.load(Relaxed)),
            length: slot.length.load(Relaxed),
            write: slot.write.load(Relaxed),
            instruction: Addr(slot.instruction.load(Relaxed)),
        })
    });
    let lost = LOST.swap(false, Relaxed).then_some(None);
    noted.chain(lost).collect()
}

/// Whether there is anything to take.
pub fn has_accesses() -> bool {
    USED.load(Relaxed) > 0
}

/// The fault handler.
pub(super) fn handle(interrupted: &mut Interrupted<'_>) -> Answer {
    if !interrupted.is_page_fault() {
        return Answer::NotMine;
    }
    let address = interrupted.address();
    let page = address.0 & !(PAGE_SIZE - 1);
    let is_lent = LENT.iter().any(|lent| lent.load(Relaxed) == page);
    let Some(place) = LENT.iter().find(|lent| lent.load(Relaxed) == 0) else { return Answer::NotMine };
    if is_lent || !lend_watched(Addr(page)) {
        give_back();
        return Answer::NotMine;
    }
    place.store(page, Relaxed);
    let instruction = interrupted.rip();
    note(address.0, length_at(instruction), interrupted.kind() == TrapKind::Write, instruction);
    step(interrupted, after);
    Answer::GoOn
}

/// The instruction is done.
fn after(_: &mut Interrupted<'_>) -> Answer {
    give_back();
    Answer::GoOn
}

fn give_back() {
    for lent in &LENT {
        let page = lent.swap(0, Relaxed);
        if page != 0 {
            return_lent(Addr(page));
        }
    }
}

/// How many bytes of memory an instruction touches at once.
fn length_at(instruction: Addr) -> u64 {
    let bytes = CODE.get().and_then(|code| {
        let offset = usize::try_from(instruction.0.checked_sub(code.base.0)?).ok()?;
        code.bytes.get(offset..)
    });
    let Some(bytes) = bytes else { return ONE };
    let decoded = Decoder::with_ip(64, bytes, instruction.0, DecoderOptions::NONE).decode();
    (decoded.memory_size().size() as u64).max(ONE)
}

fn note(address: u64, length: u64, write: bool, instruction: Addr) {
    let used = USED.load(Relaxed);
    if let Some(last) = used.checked_sub(1).and_then(|last| SLOTS.get(last)) {
        let (from, bytes) = (last.address.load(Relaxed), last.length.load(Relaxed));
        let same = last.write.load(Relaxed) == write;
        // The second half of an access across the end of a page.
        let within = same
            && address > from
            && address < from + bytes
            && last.instruction.load(Relaxed) == instruction.0
            && address.is_multiple_of(PAGE_SIZE);
        if within {
            return;
        }
        if same && address == from + bytes {
            last.length.store(bytes + length, Relaxed);
            return;
        }
    }
    let Some(slot) = SLOTS.get(used) else {
        LOST.store(true, Relaxed);
        return;
    };
    slot.address.store(address, Relaxed);
    slot.length.store(length, Relaxed);
    slot.write.store(write, Relaxed);
    slot.instruction.store(instruction.0, Relaxed);
    USED.store(used + 1, Relaxed);
}

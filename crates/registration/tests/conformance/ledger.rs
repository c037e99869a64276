//! What every model keeps: which handles are open, and what was done to them.
//!
//! A handle has a serial number, by which the tests know it, and a value, which is what the calls get. Values are given
//! out again as soon as they are free, as Windows does: who closes twice closes another's.

use std::cell::RefCell;

/// How many handles a model has room for.
pub const CAPACITY: usize = 5;

/// The books of one test thread.
#[derive(Default)]
pub struct Ledger {
    next: u32,
    /// Value and serial number.
    open: Vec<(usize, u32)>,
    /// Serial numbers of the handles that were closed, in order.
    pub closed: Vec<u32>,
    /// Serial numbers of the handles that were reported as dropped open.
    pub leaked: Vec<u32>,
    /// The next open call fails, with this code.
    pub fail_open: Option<i64>,
    /// The next close call fails, with this code, and the handle is gone.
    pub fail_close: Option<i64>,
    /// How often the phase in which the calls are legal was entered and not left.
    phases: u32,
    /// What a documented rule forbids, and was done.
    pub offences: Vec<&'static str>,
}

thread_local! {
    static LEDGER: RefCell<Ledger> = RefCell::default();
}

/// Reads or changes the books.
pub fn ledger<T>(body: impl FnOnce(&mut Ledger) -> T) -> T {
    LEDGER.with_borrow_mut(body)
}

/// Empties the books.
pub fn fresh() {
    ledger(|l| *l = Ledger::default());
}

/// Something forbidden was done.
pub fn offence(what: &'static str) {
    ledger(|l| l.offences.push(what));
}

/// Offends if the phase in which calls are legal is not now.
pub fn needs_phase() {
    if ledger(|l| l.phases == 0) {
        offence("outside its phase");
    }
}

/// Runs the body in the phase in which the calls are legal.
pub fn in_phase<T>(body: impl FnOnce() -> T) -> T {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            ledger(|l| l.phases -= 1);
        }
    }
    ledger(|l| l.phases += 1);
    let _leave = Leave;
    body()
}

/// The open call: the value of the new handle, or the code that the test asked for, or that for no room.
pub fn open(no_room: i64) -> Result<usize, i64> {
    ledger(|l| {
        if let Some(code) = l.fail_open.take() {
            return Err(code);
        }
        if l.open.len() == CAPACITY {
            return Err(no_room);
        }
        let is_free = |value: &usize| l.open.iter().all(|(open, _)| open != value);
        let value = (1..=CAPACITY).map(|place| place * 4).find(is_free).unwrap();
        l.next += 1;
        l.open.push((value, l.next));
        Ok(value)
    })
}

/// Why a close call did nothing.
#[derive(Debug, PartialEq, Eq)]
pub enum NotClosed {
    /// No handle has the value.
    NotOpen,
    /// The test asked for this code.
    Asked(i64),
}

/// The close call.
pub fn close(value: usize) -> Result<(), NotClosed> {
    ledger(|l| {
        let at = l.open.iter().position(|(open, _)| *open == value).ok_or(NotClosed::NotOpen)?;
        let (_, serial) = l.open.remove(at);
        l.closed.push(serial);
        l.fail_close.take().map_or(Ok(()), |code| Err(NotClosed::Asked(code)))
    })
}

/// A handle was dropped open.
pub fn dropped_open(value: usize) {
    let serial = serial(value);
    ledger(|l| l.leaked.push(serial.expect("it is open")));
}

/// The serial number of the handle that has a value now.
pub fn serial(value: usize) -> Option<u32> {
    ledger(|l| l.open.iter().find(|(open, _)| *open == value).map(|(_, serial)| *serial))
}

/// Handles that are open.
pub fn open_count() -> usize {
    ledger(|l| l.open.len())
}

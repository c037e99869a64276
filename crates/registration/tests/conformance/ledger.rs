//! What the model of a page keeps: which handles are open, and what was done to them.

use std::cell::RefCell;

/// The books of one test thread.
#[derive(Default)]
pub struct Ledger {
    next: u32,
    open: Vec<u32>,
    /// Handles that were closed, in order.
    pub closed: Vec<u32>,
    /// Handles that were reported as dropped open.
    pub leaked: Vec<u32>,
    /// The next open call fails.
    pub fail_open: bool,
    /// The next close call fails.
    pub fail_close: bool,
}

thread_local! {
    static LEDGER: RefCell<Ledger> = RefCell::default();
}

/// A raw handle.
#[derive(Debug, PartialEq, Eq)]
pub struct Raw(pub u32);

/// Reads or changes the books.
pub fn ledger<T>(body: impl FnOnce(&mut Ledger) -> T) -> T {
    LEDGER.with_borrow_mut(body)
}

/// The open call.
pub fn open() -> Option<Raw> {
    ledger(|l| {
        if std::mem::take(&mut l.fail_open) {
            return None;
        }
        l.next += 1;
        l.open.push(l.next);
        Some(Raw(l.next))
    })
}

/// The close call: whether it succeeded. The handle is gone in either case.
#[expect(clippy::needless_pass_by_value, reason = "takes the handle, as the documented call does")]
pub fn close(raw: Raw) -> bool {
    ledger(|l| {
        let at = l.open.iter().position(|open| *open == raw.0).expect("closed what was not open");
        l.open.remove(at);
        l.closed.push(raw.0);
        !std::mem::take(&mut l.fail_close)
    })
}

/// A handle was dropped open.
#[expect(clippy::needless_pass_by_value, reason = "takes the handle, as the documented call does")]
pub fn dropped_open(raw: Raw) {
    ledger(|l| l.leaked.push(raw.0));
}

/// Handles that are open.
pub fn open_count() -> usize {
    ledger(|l| l.open.len())
}

//! What holds for every kind.

use usbclient_registration::{HandleKind, Registration};

use crate::ledger::{Raw, ledger, open_count};

/// A kind, and how a test opens and closes its handles.
pub trait Model {
    /// The kind.
    type Kind: HandleKind<Raw = Raw>;

    /// Whether the page says that the close can fail.
    const CLOSE_CAN_FAIL: bool;

    /// Opens a handle; `None` if the open call failed.
    fn open() -> Option<Registration<Self::Kind>>;

    /// Closes it in the phase that the page documents: whether the close call succeeded.
    fn close(registration: Registration<Self::Kind>) -> bool;

    /// Arms it to close when dropped, then runs the body; keeps it if the body says so.
    fn setup(registration: Registration<Self::Kind>, keep: bool) -> Option<Registration<Self::Kind>>;
}

/// The whole suite.
pub fn run<M: Model>() {
    a_failed_open_leaves_nothing::<M>();
    closed_exactly_once::<M>();
    errors_of_close_are_reported_and_the_handle_is_gone::<M>();
    dropped_open_leaks_and_reports::<M>();
    an_unfinished_setup_closes::<M>();
    moving_is_not_closing::<M>();
    the_raw_value_is_not_printed::<M>();
}

fn fresh() {
    ledger(|l| *l = crate::ledger::Ledger::default());
}

fn a_failed_open_leaves_nothing<M: Model>() {
    fresh();
    ledger(|l| l.fail_open = true);
    assert!(M::open().is_none());
    assert_eq!(open_count(), 0);
    assert!(ledger(|l| l.closed.is_empty() && l.leaked.is_empty()));
}

fn closed_exactly_once<M: Model>() {
    fresh();
    let first = M::open().unwrap();
    let second = M::open().unwrap();
    assert_eq!(second.raw(), Some(&Raw(2)));
    assert!(M::close(first));
    assert_eq!(open_count(), 1);
    assert!(M::close(second));
    assert_eq!(ledger(|l| l.closed.clone()), [1, 2]);
    assert!(ledger(|l| l.leaked.is_empty()), "a handle that was closed is not dropped open");
}

fn errors_of_close_are_reported_and_the_handle_is_gone<M: Model>() {
    fresh();
    let registration = M::open().unwrap();
    ledger(|l| l.fail_close = M::CLOSE_CAN_FAIL);
    assert_eq!(M::close(registration), !M::CLOSE_CAN_FAIL);
    assert_eq!(open_count(), 0);
    assert!(ledger(|l| l.leaked.is_empty()));
}

fn dropped_open_leaks_and_reports<M: Model>() {
    fresh();
    drop(M::open().unwrap());
    assert_eq!(open_count(), 1, "a drop does not close");
    assert_eq!(ledger(|l| l.leaked.clone()), [1]);
    assert!(ledger(|l| l.closed.is_empty()));
}

fn an_unfinished_setup_closes<M: Model>() {
    fresh();
    assert!(M::setup(M::open().unwrap(), false).is_none());
    assert_eq!(ledger(|l| l.closed.clone()), [1]);
    let kept = M::setup(M::open().unwrap(), true).unwrap();
    assert_eq!(open_count(), 1);
    assert!(M::close(kept));
    assert_eq!(ledger(|l| l.closed.clone()), [1, 2]);
    assert!(ledger(|l| l.leaked.is_empty()));
}

fn moving_is_not_closing<M: Model>() {
    fresh();
    let mut slot = Some(M::open().unwrap());
    let other = M::open().unwrap();
    // The first is dropped here, open; the second moved in.
    slot.replace(other);
    assert_eq!(ledger(|l| l.leaked.clone()), [1]);
    assert!(M::close(slot.take().unwrap()));
    assert_eq!(ledger(|l| l.closed.clone()), [2]);
}

fn the_raw_value_is_not_printed<M: Model>() {
    fresh();
    let registration = M::open().unwrap();
    assert_eq!(format!("{registration:?}"), "Registration(open)");
    assert!(M::close(registration));
}

//! What holds for every kind. `main.rs` makes a test of each function here for each kind.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use usbclient_registration::{CloseOnDrop, HandleKind, Registration};

use crate::ledger::{CAPACITY, fresh, ledger, open_count};

/// The kind within one phase.
pub type KindOf<'i, M> = <M as Model>::Kind<'i>;
/// What the close of a kind needs.
pub type PermitOf<'a, 'i, M> = <KindOf<'i, M> as HandleKind>::ClosePermit<'a>;
/// How the close of a kind fails.
pub type CloseErrorOf<'i, M> = <KindOf<'i, M> as HandleKind>::CloseError;

/// A model of a kind's pages, and how a program uses it.
pub trait Model: Sized {
    /// The kind, within one phase.
    type Kind<'i>: HandleKind;
    /// What there is only in the phase in which the calls are legal.
    type Scope<'i>;

    /// Each failure of the open call that its page has.
    const OPEN_FAILURES: &'static [i64];
    /// The one that says that there is no room.
    const NO_ROOM: i64;
    /// The failure of the close call that its page has.
    const CLOSE_FAILURE: Option<i64>;
    /// Whether the page limits when the close is legal.
    const HAS_PHASE: bool;

    /// Runs the body in the phase in which the calls are legal.
    fn in_phase<T>(body: impl for<'i> FnOnce(&Self::Scope<'i>) -> T) -> T;
    /// Opens a handle, or answers the code of the failure.
    fn open<'i>(scope: &Self::Scope<'i>) -> Result<Registration<Self::Kind<'i>>, i64>;
    /// What the close needs.
    fn permit<'a, 'i>(scope: &'a Self::Scope<'i>) -> PermitOf<'a, 'i, Self>;
    /// The code of a failed close.
    fn code(error: CloseErrorOf<'_, Self>) -> i64;
    /// The close call of the page, as a program without this crate can call it: any value, at any time.
    fn careless_close(value: usize);
}

/// Opens a handle that is closed when the guard is dropped.
fn guarded<'a, 'i, M: Model>(scope: &'a M::Scope<'i>) -> Result<CloseOnDrop<'a, M::Kind<'i>>, i64> {
    Ok(M::open(scope)?.close_on_drop(M::permit(scope)))
}

/// Closes a handle, or answers the code of the failure.
fn close<'i, M: Model>(registration: Registration<M::Kind<'i>>, scope: &M::Scope<'i>) -> Result<(), i64> {
    registration.close(M::permit(scope)).map_err(M::code)
}

fn closed() -> Vec<u32> {
    ledger(|l| l.closed.clone())
}

fn leaked() -> Vec<u32> {
    ledger(|l| l.leaked.clone())
}

/// Nothing is open, and nothing was done that a page forbids.
fn all_is_well() {
    assert_eq!(open_count(), 0);
    assert!(leaked().is_empty());
    no_offence();
}

fn no_offence() {
    assert_eq!(ledger(|l| l.offences.clone()), [""; 0]);
}

pub fn a_failed_open_leaves_nothing<M: Model>() {
    assert!(M::OPEN_FAILURES.contains(&M::NO_ROOM));
    for code in M::OPEN_FAILURES {
        fresh();
        M::in_phase(|scope| {
            ledger(|l| l.fail_open = Some(*code));
            assert_eq!(M::open(scope).err(), Some(*code));
            assert_eq!(open_count(), 0);
        });
        assert!(closed().is_empty());
        all_is_well();
    }
}

pub fn closed_exactly_once<M: Model>() {
    fresh();
    M::in_phase(|scope| {
        let first = M::open(scope).unwrap();
        let second = M::open(scope).unwrap();
        assert_eq!(close::<M>(first, scope), Ok(()));
        assert_eq!(open_count(), 1);
        assert_eq!(close::<M>(second, scope), Ok(()));
    });
    assert_eq!(closed(), [1, 2]);
    all_is_well();
}

pub fn an_error_of_close_is_reported_and_the_handle_is_gone<M: Model>() {
    fresh();
    M::in_phase(|scope| {
        let registration = M::open(scope).unwrap();
        ledger(|l| l.fail_close = M::CLOSE_FAILURE);
        assert_eq!(close::<M>(registration, scope).err(), M::CLOSE_FAILURE);
        // The same of a guard that is closed by name.
        let guard = guarded::<M>(scope).unwrap();
        ledger(|l| l.fail_close = M::CLOSE_FAILURE);
        assert_eq!(guard.close().map_err(M::code).err(), M::CLOSE_FAILURE);
    });
    assert_eq!(closed(), [1, 2]);
    all_is_well();
}

pub fn dropped_open_leaks_and_reports<M: Model>() {
    fresh();
    M::in_phase(|scope| drop(M::open(scope).unwrap()));
    assert_eq!(open_count(), 1, "a drop does not close");
    assert_eq!(leaked(), [1]);
    assert!(closed().is_empty());
    no_offence();
}

pub fn an_early_return_closes<M: Model>() {
    fn body<M: Model>(scope: &M::Scope<'_>, is_early: bool) -> Result<u32, i64> {
        let first = guarded::<M>(scope)?;
        if is_early {
            return Ok(1);
        }
        let second = guarded::<M>(scope)?;
        assert!(first.registration().is_some());
        assert!(second.registration().is_some());
        Ok(2)
    }
    for (is_early, opened) in [(true, 1), (false, 2)] {
        fresh();
        assert_eq!(M::in_phase(|scope| body::<M>(scope, is_early)), Ok(opened));
        assert_eq!(closed().len(), usize::try_from(opened).unwrap());
        all_is_well();
    }
}

pub fn an_error_closes_what_was_opened_before<M: Model>() {
    fn body<M: Model>(scope: &M::Scope<'_>) -> Result<(), i64> {
        let _first = guarded::<M>(scope)?;
        let _second = guarded::<M>(scope)?;
        ledger(|l| l.fail_open = Some(M::OPEN_FAILURES[0]));
        let _third = guarded::<M>(scope)?;
        unreachable!("the third fails")
    }
    fresh();
    assert_eq!(M::in_phase(|scope| body::<M>(scope)), Err(M::OPEN_FAILURES[0]));
    assert_eq!(closed(), [2, 1], "in reverse");
    all_is_well();
}

pub fn several_are_closed_in_reverse<M: Model>() {
    fresh();
    M::in_phase(|scope| {
        let _first = guarded::<M>(scope).unwrap();
        let _second = guarded::<M>(scope).unwrap();
        // One whose close fails does not keep the others from being closed.
        let _third = guarded::<M>(scope).unwrap();
        ledger(|l| l.fail_close = M::CLOSE_FAILURE);
    });
    assert_eq!(closed(), [3, 2, 1]);
    all_is_well();
}

pub fn a_panic_closes<M: Model>() {
    fresh();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        M::in_phase(|scope| {
            let _first = guarded::<M>(scope).unwrap();
            let _second = guarded::<M>(scope).unwrap();
            assert_eq!(open_count(), 0, "this fails, on purpose");
        });
    }));
    assert!(panicked.is_err());
    assert_eq!(closed(), [2, 1]);
    all_is_well();
}

pub fn a_finished_setup_keeps_the_handle<M: Model>() {
    fresh();
    M::in_phase(|scope| {
        let guard = guarded::<M>(scope).unwrap();
        let (registration, permit) = guard.keep().unwrap();
        assert_eq!(open_count(), 1);
        assert!(registration.raw().is_some());
        assert!(registration.close(permit).is_ok());
    });
    assert_eq!(closed(), [1]);
    all_is_well();
}

pub fn moving_is_not_closing<M: Model>() {
    fresh();
    M::in_phase(|scope| {
        let mut place = Some(M::open(scope).unwrap());
        let other = M::open(scope).unwrap();
        // The first is dropped here, open; the second moved in.
        place.replace(other);
        assert_eq!(leaked(), [1]);
        assert!(closed().is_empty());
        assert_eq!(close::<M>(place.take().unwrap(), scope), Ok(()));
    });
    assert_eq!(closed(), [2]);
    no_offence();
}

/// A value that was closed is given out again: its former owner cannot name it.
pub fn a_value_that_comes_again_is_closed_by_its_new_owner<M: Model>() {
    fresh();
    M::in_phase(|scope| {
        let first = M::open(scope).unwrap();
        let second = M::open(scope).unwrap();
        assert_eq!(close::<M>(first, scope), Ok(()));
        let third = M::open(scope).unwrap();
        assert_eq!(close::<M>(second, scope), Ok(()));
        assert_eq!(closed(), [1, 2], "the third is open");
        assert_eq!(close::<M>(third, scope), Ok(()));
    });
    assert_eq!(closed(), [1, 2, 3]);
    all_is_well();
}

pub fn no_room_is_refused_and_a_free_place_serves_again<M: Model>() {
    fresh();
    M::in_phase(|scope| {
        let mut all: Vec<_> = (0..CAPACITY).map(|_| guarded::<M>(scope).unwrap()).collect();
        for _ in 0..3 {
            assert_eq!(M::open(scope).err(), Some(M::NO_ROOM));
            assert_eq!(open_count(), CAPACITY, "nothing half open");
        }
        drop(all.swap_remove(0));
        all.push(guarded::<M>(scope).unwrap());
        assert_eq!(M::open(scope).err(), Some(M::NO_ROOM));
    });
    assert_eq!(closed().len(), CAPACITY + 1);
    all_is_well();
}

/// What a program may do with its handles; a number says which.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Open,
    Close(usize),
    /// Arms it to close when dropped, and drops it.
    ArmAndDrop(usize),
    /// Arms it, and keeps it after all.
    ArmAndKeep(usize),
    DropOpen(usize),
    /// The next close fails, if the page has a way.
    FailClose,
}

fn operation() -> impl Strategy<Value = Operation> {
    let which = 0..CAPACITY;
    prop_oneof![
        6 => Just(Operation::Open),
        2 => which.clone().prop_map(Operation::Close),
        2 => which.clone().prop_map(Operation::ArmAndDrop),
        2 => which.clone().prop_map(Operation::ArmAndKeep),
        1 => which.prop_map(Operation::DropOpen),
        1 => Just(Operation::FailClose),
    ]
}

/// Does what the operations say. Answers how many handles were opened, and how many are dropped open at the end.
fn play<M: Model>(scope: &M::Scope<'_>, operations: &[Operation]) -> (u32, usize) {
    let mut mine = Vec::new();
    let mut opened = 0;
    for operation in operations {
        match *operation {
            Operation::Open => {
                let is_full = open_count() == CAPACITY;
                match M::open(scope) {
                    Ok(registration) => {
                        assert!(!is_full);
                        opened += 1;
                        mine.push(registration);
                    }
                    Err(code) => assert!(is_full && code == M::NO_ROOM),
                }
            }
            Operation::Close(which) if which < mine.len() => {
                let _whether_it_failed = close::<M>(mine.swap_remove(which), scope);
            }
            Operation::ArmAndDrop(which) if which < mine.len() => {
                drop(mine.swap_remove(which).close_on_drop(M::permit(scope)));
            }
            Operation::ArmAndKeep(which) if which < mine.len() => {
                let guard = mine.swap_remove(which).close_on_drop(M::permit(scope));
                mine.push(guard.keep().unwrap().0);
            }
            Operation::DropOpen(which) if which < mine.len() => drop(mine.swap_remove(which)),
            Operation::FailClose => ledger(|l| l.fail_close = M::CLOSE_FAILURE),
            // There is no such handle.
            _ => {}
        }
    }
    (opened, mine.len())
}

pub fn any_sequence_closes_each_once<M: Model>() {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(200) });
    let sequences = prop::collection::vec(operation(), 0..40);
    let result = runner.run(&sequences, |operations| {
        fresh();
        let (opened, left) = M::in_phase(|scope| play::<M>(scope, &operations));
        let mut seen = [closed(), leaked()].concat();
        seen.sort_unstable();
        // Each serial number once: closed or reported, none both, none neither.
        prop_assert_eq!(seen, (1..=opened).collect::<Vec<_>>());
        prop_assert!(leaked().len() >= left);
        prop_assert_eq!(open_count(), leaked().len(), "what was reported is open");
        no_offence();
        Ok(())
    });
    assert_eq!(result, Ok(()));
}

/// A handle that is still there when its phase ends is reported, and no call is made any more.
pub fn nothing_is_closed_after_its_phase<M: Model>() {
    fresh();
    M::in_phase(|scope| {
        let _forgotten = M::open(scope).unwrap();
        assert!(closed().is_empty());
    });
    assert!(closed().is_empty());
    assert_eq!(leaked(), [1]);
    no_offence();
}

/// The models see what this crate prevents: a test that finds no offence has looked.
pub fn the_model_sees_a_careless_close<M: Model>() {
    fresh();
    M::in_phase(|scope| {
        let registration = M::open(scope).unwrap();
        // Somebody else closes it, by its value; the owner closes it again.
        M::careless_close(4);
        assert_eq!(closed(), [1]);
        let second = close::<M>(registration, scope).err();
        assert_eq!(second, M::CLOSE_FAILURE, "told, where the page has a way");
    });
    assert_eq!(closed(), [1], "once all the same");
    let offences = ledger(|l| l.offences.clone());
    assert_eq!(offences, ["closed twice, or never opened"]);

    fresh();
    M::in_phase(|scope| std::mem::forget(M::open(scope).unwrap()));
    M::careless_close(4);
    let is_seen = ledger(|l| l.offences.contains(&"outside its phase"));
    assert_eq!(is_seen, M::HAS_PHASE);
}

pub fn the_raw_value_is_not_printed<M: Model>() {
    fresh();
    M::in_phase(|scope| {
        let registration = M::open(scope).unwrap();
        assert_eq!(format!("{registration:?}"), "Registration(open)");
        assert_eq!(close::<M>(registration, scope), Ok(()));
    });
    all_is_well();
}

//! `HandleTable`: a handle that a driver gave out, seen as a kind. Its close reports an error, and is legal at any time.

use std::cell::RefCell;

use usbclient_registration::{Handle, HandleKind, HandleTable, Refusal, Registration, Slot};

use crate::{
    ledger::{self, CAPACITY, NotClosed, offence},
    suite::{CloseErrorOf, Model, PermitOf},
};

/// The file that the handles are for.
const OWNER: u8 = 7;
const FULL: i64 = 1;
const NOT_VALID: i64 = 2;

type Table = HandleTable<u8, Handled, [Slot<u8, Handled>; CAPACITY]>;

/// What a handle stands for: the value of an entry of the ledger.
struct Handled(usize);

thread_local! {
    static TABLE: RefCell<Table> = RefCell::new(HandleTable::new([Slot::FREE; CAPACITY]));
}

pub struct Kind;

/// What the holder of a handle has: the number, and what it knows the entry by.
pub struct Given {
    handle: Handle,
    value: usize,
}

/// Takes a handle back, and releases what it stood for.
fn close(number: u32, value: usize) -> Result<(), Refusal> {
    let removed = TABLE.with_borrow_mut(|table| table.remove(OWNER, number));
    let Ok(Handled(removed)) = removed else {
        offence("closed twice, or never opened");
        return removed.map(|_| ());
    };
    assert_eq!(removed, value, "what the handle stood for is handed over");
    let again = TABLE.with_borrow(|table| table.get(OWNER, number).map(|_| ()));
    assert_eq!(again, Err(Refusal::NotValid), "stale at once");
    // What hangs on it is released by whoever removed it, and that can fail.
    match ledger::close(removed) {
        Ok(()) => Ok(()),
        Err(NotClosed::Asked(_)) => Err(Refusal::NotValid),
        Err(NotClosed::NotOpen) => panic!("the table had what was released already"),
    }
}

impl HandleKind for Kind {
    type Raw = Given;
    type OpenRequest<'a> = ();
    type OpenError = ();
    type ClosePermit<'a> = ();
    type CloseError = Refusal;

    fn open((): ()) -> Result<Given, ()> {
        TABLE.with_borrow_mut(|table| {
            // What the books do not have is left from before.
            table.remove_where(|_, object| ledger::serial(object.0).is_none(), |_, _| {});
            let value = ledger::open(FULL).map_err(|_code| ())?;
            let handle = table.insert(OWNER, Handled(value)).map_err(|_full| ())?;
            Ok(Given { handle, value })
        })
    }

    fn close(raw: Given, (): ()) -> Result<(), Refusal> {
        close(raw.handle.value(), raw.value)
    }

    fn dropped_open(raw: Given) {
        ledger::dropped_open(raw.value);
    }
}

pub struct TableModel;

impl Model for TableModel {
    type Kind<'i> = Kind;
    type Scope<'i> = ();

    const OPEN_FAILURES: &'static [i64] = &[FULL];
    const NO_ROOM: i64 = FULL;
    const CLOSE_FAILURE: Option<i64> = Some(NOT_VALID);
    const HAS_PHASE: bool = false;

    fn in_phase<T>(body: impl for<'i> FnOnce(&()) -> T) -> T {
        body(&())
    }

    fn open<'i>((): &Self::Scope<'i>) -> Result<Registration<Self::Kind<'i>>, i64> {
        Registration::open(()).map_err(|()| FULL)
    }

    fn permit<'a, 'i>((): &'a Self::Scope<'i>) -> PermitOf<'a, 'i, Self> {}

    fn code(error: CloseErrorOf<'_, Self>) -> i64 {
        if error == Refusal::NotValid { NOT_VALID } else { -1 }
    }

    fn careless_close(value: usize) {
        // The number of what the books have as `value`: the first place, at its first use or its second.
        let numbers = [Handle::MIN, Handle::MIN + 1];
        let is_it = |number: &u32| {
            TABLE.with_borrow(|table| table.get(OWNER, *number).is_ok_and(|object| object.0 == value))
        };
        let number = numbers.into_iter().find(is_it).unwrap();
        close(number, value).unwrap();
    }
}

//! `HandleTable`: a handle that a driver gave out, seen as a kind. Its close reports an error, and is legal at any time.

use std::cell::RefCell;

use usbclient_registration::{Handle, HandleKind, HandleTable, Refusal, Registration, Slot};

use crate::{
    ledger::{self, Raw},
    suite::Model,
};

/// The file that the handles are for.
const OWNER: u8 = 7;

/// A place for each handle that a test has open at a time, and one more.
type Table = HandleTable<u8, Handled, [Slot<u8, Handled>; 3]>;

/// What a handle stands for: an entry of the ledger.
struct Handled(Raw);

thread_local! {
    static TABLE: RefCell<(Table, Vec<(u32, Handle)>)> =
        RefCell::new((HandleTable::new([Slot::FREE; 3]), Vec::new()));
}

pub struct Kind;

impl HandleKind for Kind {
    type Raw = Raw;
    type OpenRequest<'a> = ();
    type OpenError = ();
    type ClosePermit<'a> = ();
    type CloseError = Refusal;

    fn open((): ()) -> Result<Raw, ()> {
        let number = ledger::open().ok_or(())?.0;
        TABLE.with_borrow_mut(|(table, given)| {
            // Tests that leak handles fill the table: they start anew here.
            if table.count() == table.capacity() {
                table.remove_all_of(OWNER, |_leaked| {});
                given.clear();
            }
            given.push((number, table.insert(OWNER, Handled(Raw(number))).map_err(|_full| ())?));
            Ok(Raw(number))
        })
    }

    fn close(raw: Raw, (): ()) -> Result<(), Refusal> {
        TABLE.with_borrow_mut(|(table, given)| {
            let value = given.iter().rev().find(|(number, _)| *number == raw.0).unwrap().1.value();
            let Handled(removed) = table.remove(OWNER, value)?;
            assert_eq!(removed, raw, "what the handle stood for is handed over");
            assert_eq!(table.get(OWNER, value).map(|_| ()), Err(Refusal::NotValid), "stale at once");
            // What hangs on it is released by whoever removed it, and that can fail.
            if ledger::close(removed) { Ok(()) } else { Err(Refusal::NotValid) }
        })
    }

    fn dropped_open(raw: Raw) {
        ledger::dropped_open(raw);
    }
}

pub struct TableModel;

impl Model for TableModel {
    type Kind = Kind;
    const CLOSE_CAN_FAIL: bool = true;

    fn open() -> Option<Registration<Kind>> {
        Registration::open(()).ok()
    }
    fn close(registration: Registration<Kind>) -> bool {
        registration.close(()).is_ok()
    }
    fn setup(registration: Registration<Kind>, keep: bool) -> Option<Registration<Kind>> {
        let guard = registration.close_on_drop(());
        if keep { guard.keep().map(|(registration, ())| registration) } else { None }
    }
}

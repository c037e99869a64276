//! `CloseHandle`: legal at any time, reports FALSE.

use usbclient_registration::{HandleKind, Registration};

use crate::{
    ledger::{self, Raw},
    suite::Model,
};

pub struct Kind;

impl HandleKind for Kind {
    type Raw = Raw;
    type OpenRequest<'a> = ();
    type OpenError = u32;
    type ClosePermit<'a> = ();
    type CloseError = u32;

    fn open((): ()) -> Result<Raw, u32> {
        ledger::open().ok_or(2)
    }
    fn close(raw: Raw, (): ()) -> Result<(), u32> {
        if ledger::close(raw) { Ok(()) } else { Err(6) }
    }
    fn dropped_open(raw: Raw) {
        ledger::dropped_open(raw);
    }
}

pub struct Win32Model;

impl Model for Win32Model {
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

//! `WPUCloseSocketHandle`: through the upcall table, reports an error code.

use usbclient_registration::{HandleKind, Registration};

use crate::{
    ledger::{self, Raw},
    suite::Model,
};

/// What an upcall table gives: `WSAENOTSOCK`.
#[derive(Debug, PartialEq, Eq)]
pub struct NotSocket;

/// The upcall table that `WSPStartup` hands over.
pub struct Upcalls;

pub struct Kind;

impl HandleKind for Kind {
    type Raw = Raw;
    type OpenRequest<'a> = &'a Upcalls;
    type OpenError = NotSocket;
    type ClosePermit<'a> = &'a Upcalls;
    type CloseError = NotSocket;

    fn open(_: &Upcalls) -> Result<Raw, NotSocket> {
        ledger::open().ok_or(NotSocket)
    }
    fn close(raw: Raw, _: &Upcalls) -> Result<(), NotSocket> {
        if ledger::close(raw) { Ok(()) } else { Err(NotSocket) }
    }
    fn dropped_open(raw: Raw) {
        ledger::dropped_open(raw);
    }
}

pub struct WinsockModel;

impl Model for WinsockModel {
    type Kind = Kind;
    const CLOSE_CAN_FAIL: bool = true;

    fn open() -> Option<Registration<Kind>> {
        Registration::open(&Upcalls).ok()
    }
    fn close(registration: Registration<Kind>) -> bool {
        registration.close(&Upcalls).is_ok()
    }
    fn setup(registration: Registration<Kind>, keep: bool) -> Option<Registration<Kind>> {
        let guard = registration.close_on_drop(&Upcalls);
        if keep { guard.keep().map(|(registration, _)| registration) } else { None }
    }
}

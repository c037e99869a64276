//! `NdisCloseFile`: only during initialisation, returns nothing.

use std::convert::Infallible;

use usbclient_registration::{HandleKind, Registration};

use crate::{
    ledger::{self, Raw},
    suite::Model,
};

/// `MiniportInitializeEx` is running.
pub struct InitScope;

pub struct Kind;

impl HandleKind for Kind {
    type Raw = Raw;
    type OpenRequest<'a> = &'a InitScope;
    type OpenError = ();
    type ClosePermit<'a> = &'a InitScope;
    type CloseError = Infallible;

    fn open(_: &InitScope) -> Result<Raw, ()> {
        ledger::open().ok_or(())
    }
    fn close(raw: Raw, _: &InitScope) -> Result<(), Infallible> {
        assert!(ledger::close(raw), "returns nothing, so it cannot fail");
        Ok(())
    }
    fn dropped_open(raw: Raw) {
        ledger::dropped_open(raw);
    }
}

pub struct NdisModel;

impl Model for NdisModel {
    type Kind = Kind;
    const CLOSE_CAN_FAIL: bool = false;

    fn open() -> Option<Registration<Kind>> {
        Registration::open(&InitScope).ok()
    }
    fn close(registration: Registration<Kind>) -> bool {
        registration.close(&InitScope).is_ok()
    }
    fn setup(registration: Registration<Kind>, keep: bool) -> Option<Registration<Kind>> {
        let scope = InitScope;
        let guard = registration.close_on_drop(&scope);
        if keep { guard.keep().map(|(registration, _)| registration) } else { None }
    }
}

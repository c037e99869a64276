//! What may be returned from a dispatch routine.

use usbclient_core::{
    dispatch::Outcome,
    status::{STATUS_CANCELLED, STATUS_PENDING, STATUS_SUCCESS},
};

use crate::fake::{FAILURE, calls, enter, world};

#[test]
fn completing_comes_before_the_release() {
    let status = enter(|fdo, irp, _| {
        let guard = fdo.acquire(&irp).unwrap();
        let disposition = irp.complete(guard, STATUS_SUCCESS, 7);
        assert_eq!(disposition.outcome(), Outcome::Completed { status: STATUS_SUCCESS, information: 7 });
        disposition
    });
    assert_eq!(status, STATUS_SUCCESS);
    assert_eq!(calls(), "acquire complete(0x0,7) release");
}

#[test]
fn refusing_needs_no_lock() {
    assert_eq!(enter(|_, irp, _| irp.refuse(FAILURE)), FAILURE.nt());
    assert_eq!(calls(), "complete(0xC0000001,0)");
}

#[test]
fn forwarding_returns_the_lower_status() {
    world(|w| w.lower = STATUS_PENDING);
    let status = enter(|fdo, irp, _| {
        let guard = fdo.acquire(&irp).unwrap();
        irp.forward(guard)
    });
    assert_eq!(status, STATUS_PENDING);
    assert_eq!(calls(), "acquire forward release");
}

#[test]
fn a_pended_irp_takes_the_remove_lock_along() {
    let mut kept = None;
    let status = enter(|fdo, irp, _| {
        let guard = fdo.acquire(&irp).unwrap();
        let (pended, disposition) = irp.pend(guard);
        kept = Some(pended);
        disposition
    });
    assert_eq!(status, STATUS_PENDING);
    assert_eq!(calls(), "acquire mark_pending");
    kept.unwrap().complete(STATUS_CANCELLED.nt(), 0);
    assert_eq!(calls(), "complete(0xC0000120,0) release");
}

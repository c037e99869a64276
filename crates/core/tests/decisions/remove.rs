//! REMOVE: one order, in every way a device can go.

use usbclient_core::{
    pnp::{Event, Minor, State},
    status::{NtStatus, STATUS_PENDING},
};

use crate::fake::{apply, calls, pnp, world};

const ORDER: &str = "acquire Remove disarm withdraw_check_boxes disable_interface fail_held(0xC000009D) cancel_in_flight wait_for_requests \
                     flush_dpcs free_urbs close_handle status(0x0) forward release_and_wait detach delete";

/// Every way to REMOVE, by the events before it.
const WAYS: [&[Event]; 8] = [
    &[],
    &[Event::QueryRemove],
    &[Event::StartSucceeds],
    &[Event::StartSucceeds, Event::QueryRemove],
    &[Event::StartFails],
    &[Event::SurpriseRemoval],
    &[Event::StartSucceeds, Event::SurpriseRemoval],
    &[Event::StartSucceeds, Event::QueryStop, Event::Stop, Event::StartFails, Event::SurpriseRemoval],
];

#[test]
fn the_handle_is_closed_before_the_irp_goes_down() {
    for way in WAYS {
        world(|w| {
            w.machine = usbclient_core::pnp::Machine::new();
            w.handle = true;
        });
        apply(way);
        let _ = pnp(Minor::RemoveDevice);
        assert_eq!(calls(), ORDER, "{way:?}");
        assert_eq!(world(|w| w.machine.state()), State::Removed);
        assert!(!world(|w| w.handle), "the handle is out of its slot");
    }
}

#[test]
fn returns_what_the_lower_driver_returned() {
    for status in [STATUS_PENDING, NtStatus::from_raw(0), NtStatus::from_raw(-1)] {
        world(|w| {
            w.machine = usbclient_core::pnp::Machine::new();
            w.lower = status;
        });
        assert_eq!(pnp(Minor::RemoveDevice), status);
    }
}

#[test]
fn without_a_handle_nothing_is_closed() {
    world(|w| w.handle = false);
    let _ = pnp(Minor::RemoveDevice);
    assert_eq!(calls(), ORDER.replace("close_handle ", ""));
}

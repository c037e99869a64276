//! The other PnP minors: what each does, and how the IRP ends.

use usbclient_core::{
    pnp::{Event, Minor, State},
    status::{STATUS_DELETE_PENDING, STATUS_NOT_IMPLEMENTED, STATUS_PENDING, STATUS_SUCCESS},
};

use crate::fake::{FAILURE, INITIAL, apply, calls, pnp, world};

fn state() -> State {
    world(|w| w.machine.state())
}

#[test]
fn a_stop_and_the_start_after_it() {
    apply(&[Event::StartSucceeds]);
    assert_eq!(pnp(Minor::QueryStopDevice), STATUS_SUCCESS);
    assert_eq!(calls(), "acquire QueryStop come_up status(0x0) forward release");
    assert_eq!(state(), State::StopPending);
    assert_eq!(pnp(Minor::StopDevice), STATUS_SUCCESS);
    assert_eq!(
        calls(),
        "acquire Stop disarm recall_in_flight drop_pipes deconfigure status(0x0) forward release"
    );
    assert_eq!(state(), State::Stopped);
    assert_eq!(pnp(Minor::StartDevice), STATUS_SUCCESS);
    assert_eq!(state(), State::Started);
}

#[test]
fn a_stop_of_a_device_that_is_not_started_takes_nothing_back() {
    assert_eq!(pnp(Minor::StopDevice), STATUS_SUCCESS);
    assert_eq!(calls(), "acquire Stop disarm status(0x0) forward release");
    assert_eq!(state(), State::NotStarted);
}

#[test]
fn a_cancelled_stop_goes_on_after_the_lower_drivers() {
    apply(&[Event::StartSucceeds, Event::QueryStop]);
    assert_eq!(pnp(Minor::CancelStopDevice), STATUS_SUCCESS);
    assert_eq!(
        calls(),
        "acquire status(0x0) forward_and_wait CancelStop start_held run_policy complete(0x0,0) release"
    );
    assert_eq!(state(), State::Started);
}

#[test]
fn spurious_cancels_are_harmless() {
    apply(&[Event::StartSucceeds]);
    assert_eq!(pnp(Minor::CancelStopDevice), STATUS_SUCCESS);
    assert_eq!(calls(), "acquire status(0x0) forward_and_wait CancelStop run_policy complete(0x0,0) release");
    assert_eq!(pnp(Minor::CancelRemoveDevice), STATUS_SUCCESS);
    assert_eq!(
        calls(),
        "acquire status(0x0) forward_and_wait CancelRemove run_policy complete(0x0,0) release"
    );
    assert_eq!(state(), State::Started);
}

#[test]
fn a_cancelled_removal_returns_to_the_state_before() {
    for before in [&[Event::StartSucceeds][..], &[], &[Event::StartFails]] {
        world(|w| w.machine = usbclient_core::pnp::Machine::new());
        apply(before);
        let state_before = state();
        assert_eq!(pnp(Minor::QueryRemoveDevice), STATUS_SUCCESS);
        assert_eq!(calls(), "acquire QueryRemove come_up disarm status(0x0) forward release");
        assert_eq!(state(), State::RemovePending);
        assert_eq!(pnp(Minor::CancelRemoveDevice), STATUS_SUCCESS);
        assert_eq!(state(), state_before);
        calls();
    }
}

#[test]
fn surprise_removal_waits_for_nothing_and_keeps_the_handle() {
    apply(&[Event::StartSucceeds]);
    assert_eq!(pnp(Minor::SurpriseRemoval), STATUS_SUCCESS);
    assert_eq!(
        calls(),
        "acquire SurpriseRemoval disable_interface disarm withdraw_check_boxes fail_held(0xC000009D) cancel_in_flight status(0x0) forward release"
    );
    assert_eq!(state(), State::SurpriseRemoved);
    assert!(world(|w| w.handle));
}

#[test]
fn capabilities() {
    world(|w| w.information = 3);
    assert_eq!(pnp(Minor::QueryCapabilities), STATUS_SUCCESS);
    assert_eq!(
        calls(),
        "acquire offer_surprise_removal forward_and_wait keep_capabilities complete(0x0,3) release"
    );
    world(|w| w.lower = FAILURE.nt());
    assert_eq!(pnp(Minor::QueryCapabilities), FAILURE.nt());
    assert_eq!(calls(), "acquire offer_surprise_removal forward_and_wait complete(0xC0000001,3) release");
    world(|w| w.version_1 = false);
    assert_eq!(pnp(Minor::QueryCapabilities), FAILURE.nt());
    assert_eq!(calls(), "acquire offer_surprise_removal forward release");
}

#[test]
fn device_state() {
    world(|w| w.information = 1);
    assert_eq!(pnp(Minor::QueryPnpDeviceState), STATUS_SUCCESS);
    assert_eq!(calls(), "acquire forward_and_wait complete(0x0,1) release");

    world(|w| w.lower = INITIAL);
    assert_eq!(pnp(Minor::QueryPnpDeviceState), INITIAL);
    assert_eq!(calls(), "acquire forward_and_wait complete(0xC00000BB,1) release");

    world(|w| w.dead = true);
    assert_eq!(pnp(Minor::QueryPnpDeviceState), STATUS_SUCCESS);
    assert_eq!(calls(), "acquire forward_and_wait complete(0x0,5) release");

    world(|w| w.lower = FAILURE.nt());
    assert_eq!(pnp(Minor::QueryPnpDeviceState), FAILURE.nt());
    assert_eq!(calls(), "acquire forward_and_wait complete(0xC0000001,1) release");
}

#[test]
fn usage_notification() {
    assert_eq!(pnp(Minor::DeviceUsageNotification), STATUS_SUCCESS);
    assert_eq!(calls(), "acquire forward release");
    world(|w| w.in_path = true);
    assert_eq!(pnp(Minor::DeviceUsageNotification), STATUS_NOT_IMPLEMENTED.nt());
    assert_eq!(calls(), "acquire complete(0xC0000002,0) release");
}

#[test]
fn others_go_down_untouched() {
    world(|w| w.lower = STATUS_PENDING);
    for code in [0x07, 0x08, 0x0A, 0x0B, 0x0D, 0x13, 0x15, 0x19, 0xFF] {
        assert_eq!(Minor::from_code(code), Minor::Other(code));
        assert_eq!(pnp(Minor::from_code(code)), STATUS_PENDING);
        assert_eq!(calls(), "acquire forward release");
    }
}

#[test]
fn the_codes_are_those_of_wdm_h() {
    let known = [
        (0x00, Minor::StartDevice),
        (0x01, Minor::QueryRemoveDevice),
        (0x02, Minor::RemoveDevice),
        (0x03, Minor::CancelRemoveDevice),
        (0x04, Minor::StopDevice),
        (0x05, Minor::QueryStopDevice),
        (0x06, Minor::CancelStopDevice),
        (0x09, Minor::QueryCapabilities),
        (0x14, Minor::QueryPnpDeviceState),
        (0x16, Minor::DeviceUsageNotification),
        (0x17, Minor::SurpriseRemoval),
    ];
    for (code, minor) in known {
        assert_eq!(Minor::from_code(code), minor);
    }
}

#[test]
fn without_the_remove_lock_nothing_is_touched() {
    world(|w| w.failing = vec!["acquire"]);
    for code in 0..=0x19 {
        assert_eq!(pnp(Minor::from_code(code)), FAILURE.nt());
        assert_eq!(calls(), "acquire complete(0xC0000001,0)");
    }
    assert_eq!(STATUS_DELETE_PENDING.raw(), u32::cast_signed(0xC000_0056));
}

#[test]
fn a_query_is_refused_when_a_sleeping_device_does_not_come_up() {
    apply(&[Event::StartSucceeds]);
    world(|w| w.failing = vec!["come_up"]);
    assert_eq!(pnp(Minor::QueryStopDevice), FAILURE.nt());
    let refused = "acquire QueryStop come_up CancelStop start_held run_policy complete(0xC0000001,0) release";
    assert_eq!(calls(), refused);
    assert_eq!(pnp(Minor::QueryRemoveDevice), FAILURE.nt());
    let refused = "acquire QueryRemove come_up CancelRemove run_policy complete(0xC0000001,0) release";
    assert_eq!(calls(), refused);
    assert_eq!(world(|w| w.machine.state()), State::Started);
}

//! `IRP_MJ_POWER`: the order of each IRP.

use usbclient_core::{
    power::{
        Capabilities, DeviceState, Request, SystemState, SystemTarget,
        irp::{Ask, Back},
    },
    status::{STATUS_DELETE_PENDING, STATUS_PENDING, STATUS_SUCCESS, STATUS_UNSUCCESSFUL},
};

use crate::fake::{answered, calls, device_came_back, power, system_came_back, world};

const fn set(state: SystemState) -> Request {
    Request::SystemSet(SystemTarget::plain(state))
}

const fn query(state: SystemState) -> Request {
    Request::SystemQuery(SystemTarget::plain(state))
}

#[test]
fn going_down_the_system_irp_ends_after_its_device_irp() {
    assert_eq!(power(set(SystemState::S3)), STATUS_PENDING);
    assert_eq!(calls(), "acquire mark_pending cancel_wake send(System)");
    assert_eq!(system_came_back(set(SystemState::S3), STATUS_SUCCESS), Back::Kept);
    assert_eq!(calls(), "ask(Set,D3) ask_device");
    // However the device IRP ended.
    answered(Ask::Set, STATUS_UNSUCCESSFUL.nt());
    assert_eq!(calls(), "complete(0x0,0) release");
}

#[test]
fn to_s0_the_system_irp_goes_at_once_and_d0_follows() {
    assert_eq!(power(set(SystemState::S0)), STATUS_PENDING);
    assert_eq!(calls(), "acquire mark_pending send(System)");
    assert_eq!(system_came_back(set(SystemState::S0), STATUS_SUCCESS), Back::GoesOn);
    assert_eq!(calls(), "ask_d0 release");
}

#[test]
fn a_query_is_answered_by_the_device_query() {
    assert_eq!(power(query(SystemState::S1)), STATUS_PENDING);
    assert_eq!(calls(), "acquire mark_pending send(System)");
    world(|w| {
        w.power.capabilities = Capabilities { device_state: [Some(DeviceState::D2); 7], ..Capabilities::NONE }
    });
    assert_eq!(system_came_back(query(SystemState::S1), STATUS_SUCCESS), Back::Kept);
    assert_eq!(calls(), "ask(Query,D2) ask_device");
    answered(Ask::Query, STATUS_UNSUCCESSFUL.nt());
    assert_eq!(calls(), "complete(0xC0000001,0) release");
}

#[test]
fn a_system_irp_goes_on_without_memory_for_the_device_irp_and_when_it_failed_below() {
    world(|w| w.failing = vec!["ask_device"]);
    for request in [set(SystemState::S3), query(SystemState::S3)] {
        assert_eq!(system_came_back(request, STATUS_SUCCESS), Back::GoesOn);
        assert!(calls().ends_with("ask_device release"));
        assert_eq!(system_came_back(request, STATUS_UNSUCCESSFUL.nt()), Back::GoesOn);
        assert_eq!(calls(), "release");
    }
}

#[test]
fn the_device_irp_goes_down_when_nothing_is_in_flight() {
    assert_eq!(power(Request::DeviceSet(DeviceState::D2)), STATUS_PENDING);
    assert_eq!(calls(), "acquire mark_pending tell(D2) forward release");
    // Deeper from there.
    assert_eq!(power(Request::DeviceSet(DeviceState::D3)), STATUS_PENDING);
    assert_eq!(calls(), "acquire mark_pending tell(D3) forward release");
}

#[test]
fn the_device_irp_waits_for_what_is_in_flight_without_waiting_here() {
    world(|w| w.busy = true);
    assert_eq!(power(Request::DeviceSet(DeviceState::D3)), STATUS_PENDING);
    assert_eq!(calls(), "acquire mark_pending hold_until_quiet(D3)");
    assert!(world(|w| w.power.is_leaving()));
}

#[test]
fn d0_is_told_and_the_gate_opens_on_the_way_up() {
    let _ = power(Request::DeviceSet(DeviceState::D3));
    let _ = calls();
    assert_eq!(power(Request::DeviceSet(DeviceState::D0)), STATUS_PENDING);
    assert_eq!(calls(), "acquire mark_pending send(Up)");
    assert_eq!(device_came_back(STATUS_SUCCESS), Back::GoesOn);
    assert_eq!(calls(), "tell(D0) Resume release");
    // A D0 IRP for a device in D0.
    let _ = power(Request::DeviceSet(DeviceState::D0));
    let _ = calls();
    assert_eq!(device_came_back(STATUS_SUCCESS), Back::GoesOn);
    assert_eq!(calls(), "tell(D0) Nothing release");
}

#[test]
fn a_failed_d0_is_not_told() {
    let _ = power(Request::DeviceSet(DeviceState::D3));
    let _ = power(Request::DeviceSet(DeviceState::D0));
    let _ = calls();
    assert_eq!(device_came_back(STATUS_UNSUCCESSFUL.nt()), Back::GoesOn);
    assert_eq!(calls(), "Fail release");
}

#[test]
fn wait_wake_is_sent_ended_or_left_alone() {
    // Somebody else's.
    assert_eq!(power(Request::WaitWake), STATUS_SUCCESS);
    assert_eq!(calls(), "acquire forward release");
    assert!(world(|w| w.power.wake.ask()));
    assert_eq!(power(Request::WaitWake), STATUS_PENDING);
    assert_eq!(calls(), "acquire mark_pending send(Wake)");
    // One that is not wanted any more when it arrives.
    world(|w| {
        assert!(w.power.wake.came_back());
        assert!(w.power.wake.ask());
        assert!(!w.power.wake.cancel(), "there is nothing to cancel yet");
    });
    let _ = power(Request::WaitWake);
    assert_eq!(calls(), "acquire complete(0xC0000120,0) release");
}

#[test]
fn other_requests_go_down_and_none_is_handled_once_removal_waits() {
    assert_eq!(power(Request::Other), STATUS_SUCCESS);
    assert_eq!(calls(), "acquire forward release");
    world(|w| w.failing = vec!["acquire"]);
    let all = [set(SystemState::S3), query(SystemState::S3), Request::WaitWake, Request::Other];
    for request in all.into_iter().chain(DeviceState::ALL.map(Request::DeviceSet)) {
        let status = power(request);
        // The fake refuses with a status of its own.
        assert!(!status.is_success() && status != STATUS_DELETE_PENDING.nt());
        assert_eq!(calls(), "acquire complete(0xC0000001,0)");
    }
}

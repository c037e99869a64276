//! Capabilities: when they are asked for, and what the answers become.

use usbclient_core::{
    capabilities::{Capabilities, Capability},
    pnp::{Minor, State},
    status::{STATUS_NOT_IMPLEMENTED, STATUS_SUCCESS},
    transfer::Speed,
};

use crate::fake::{add_device, calls, pnp, world};

/// The capabilities that a START recorded with these answers.
fn started_with(granted: &[(Capability, u16)]) -> Capabilities {
    world(|w| {
        w.machine = usbclient_core::pnp::Machine::new();
        w.capabilities = granted.to_vec();
    });
    assert_eq!(pnp(Minor::StartDevice), STATUS_SUCCESS);
    world(|w| w.recorded.take()).expect("START records its capabilities")
}

#[test]
fn add_device_asks_for_none() {
    add_device().unwrap();
    assert_eq!(world(|w| w.asked.clone()), []);
}

#[test]
fn a_start_that_fails_below_asks_for_none() {
    world(|w| w.lower = crate::fake::FAILURE.nt());
    assert_eq!(pnp(Minor::StartDevice), crate::fake::FAILURE.nt());
    assert_eq!(world(|w| w.asked.clone()), []);
}

#[test]
fn every_start_asks_anew_and_after_the_configuration() {
    let first = started_with(&[(Capability::ChainedMdls, 0)]);
    assert!(first.chained_mdls.is_some());
    for minor in [Minor::QueryStopDevice, Minor::StopDevice] {
        assert_eq!(pnp(minor), STATUS_SUCCESS);
    }
    assert_eq!(world(|w| w.machine.state()), State::Stopped);
    let asked = world(|w| std::mem::take(&mut w.asked));
    world(|w| w.capabilities.clear());
    drop(calls());
    assert_eq!(pnp(Minor::StartDevice), STATUS_SUCCESS);
    assert_eq!(world(|w| w.asked.clone()), asked);
    assert!(calls().contains("select_configuration capabilities record_pipes"));
    let second = world(|w| w.recorded.take()).unwrap();
    assert!(second.chained_mdls.is_none(), "a token of the first START would be stale");
}

#[test]
fn a_denied_capability_is_no_token() {
    let none = started_with(&[]);
    assert!(none.chained_mdls.is_none() && none.static_streams.is_none());
    assert!(!none.selective_suspend && !none.function_suspend && !none.high_speed && !none.super_speed);
}

#[test]
fn streams_are_counted_within_the_documented_bound() {
    for (answer, count) in [(0, None), (1, Some(1)), (16, Some(16)), (255, Some(255)), (u16::MAX, Some(255))]
    {
        let capabilities = started_with(&[(Capability::StaticStreams, answer)]);
        let streams =
            capabilities.static_streams.as_ref().map(usbclient_core::capabilities::StaticStreams::count);
        assert_eq!(streams, count, "{answer}");
    }
}

#[test]
fn the_speed_follows_from_the_connection() {
    let speed = |granted: &[_], size| started_with(granted).speed(size);
    let (high, superspeed) = ((Capability::HighSpeedConnection, 0), (Capability::SuperSpeedConnection, 0));
    assert_eq!(speed(&[high, superspeed], 9), Speed::Super);
    assert_eq!(speed(&[high], 64), Speed::High);
    assert_eq!(speed(&[], 64), Speed::Full);
    assert_eq!(speed(&[], 8), Speed::Low);
}

/// A stack that does not know the question says nothing of the speed.
#[test]
fn the_speed_is_known_from_an_answer_only() {
    assert!(started_with(&[]).is_speed_known);
    world(|w| w.denied_with = STATUS_NOT_IMPLEMENTED);
    assert!(!started_with(&[]).is_speed_known);
    for connection in [Capability::HighSpeedConnection, Capability::SuperSpeedConnection] {
        assert!(started_with(&[(connection, 0)]).is_speed_known);
    }
}

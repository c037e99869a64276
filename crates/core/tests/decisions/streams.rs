//! Streams: how many, and the states of a pipe.

use usbclient_core::{
    capabilities::{Capability, StaticStreams},
    pnp::{Machine, Minor},
    status::{STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED, STATUS_SUCCESS},
    streams::{Count, PipeState},
};

use crate::fake::{pnp, world};

/// The token of a START whose stack has so many streams.
fn granted(count: u16) -> Option<StaticStreams> {
    world(|w| {
        w.machine = Machine::new();
        w.capabilities = vec![(Capability::StaticStreams, count)];
    });
    assert_eq!(pnp(Minor::StartDevice), STATUS_SUCCESS);
    world(|w| w.recorded.take())?.static_streams
}

#[test]
fn the_lesser_of_controller_and_endpoint() {
    for (controller, endpoint, most) in
        [(255, 16, 16), (16, 65_536, 16), (255, 65_536, 255), (1, 2, 1), (255, 0, 0), (0, 16, 0)]
    {
        let token = granted(controller);
        assert_eq!(Count::most(token.as_ref(), endpoint), most, "{controller} {endpoint}");
        for wanted in [0, 1, 2, 16, 17, 255, 256, 65_536, u32::MAX] {
            let expected = if most == 0 {
                Err(STATUS_NOT_SUPPORTED)
            } else if wanted == 0 || wanted > u32::from(most) {
                Err(STATUS_INVALID_PARAMETER)
            } else {
                Ok(u16::try_from(wanted).unwrap())
            };
            let count = Count::check(token.as_ref(), endpoint, wanted).map(Count::get);
            assert_eq!(count, expected, "{controller} {endpoint} {wanted}");
        }
    }
    assert_eq!(Count::check(None, 16, 1), Err(STATUS_NOT_SUPPORTED));
}

const HANDLE: u32 = 7;

fn four() -> Count {
    Count::check(granted(16).as_ref(), 16, 4).unwrap()
}

/// A pipe with open streams.
fn streamed() -> PipeState<u32, &'static str> {
    let mut pipe = PipeState::new(HANDLE);
    let opening = pipe.begin_open(four()).unwrap();
    assert_eq!((opening.endpoint(), opening.count()), (HANDLE, 4));
    assert!(pipe.end_open(opening, Some("streams")));
    pipe
}

#[test]
fn opening_takes_the_pipe_away() {
    let mut pipe = PipeState::<u32, ()>::new(HANDLE);
    assert_eq!(pipe.for_transfers(), Ok(HANDLE));
    let opening = pipe.begin_open(four()).unwrap();
    assert_eq!(pipe.for_transfers(), Err(STATUS_INVALID_DEVICE_STATE));
    assert_eq!(pipe.begin_open(four()).unwrap_err(), STATUS_INVALID_DEVICE_STATE, "one at a time");
    assert_eq!(pipe.begin_close().unwrap_err(), STATUS_INVALID_DEVICE_STATE);
    assert_eq!(pipe.endpoint(), HANDLE, "resets still have a handle");
    assert!(pipe.streams().is_none());
    assert!(pipe.end_open(opening, Some(())));
    assert!(pipe.streams().is_some());
    assert_eq!(pipe.for_transfers(), Err(STATUS_INVALID_DEVICE_STATE));
    assert_eq!(pipe.begin_open(four()).unwrap_err(), STATUS_INVALID_DEVICE_STATE, "no double open");
}

#[test]
fn a_failed_open_leaves_the_pipe_usable() {
    let mut pipe = PipeState::<u32, ()>::new(HANDLE);
    let opening = pipe.begin_open(four()).unwrap();
    assert!(!pipe.end_open(opening, None));
    assert_eq!(pipe.for_transfers(), Ok(HANDLE));
}

#[test]
fn closing_does_not_give_the_pipe_back_but_streams_can_be_opened_again() {
    let mut pipe = streamed();
    let closing = pipe.begin_close().unwrap();
    assert!(pipe.streams().is_none(), "no transfer starts on a stream that is being closed");
    assert_eq!(pipe.begin_close().unwrap_err(), STATUS_INVALID_DEVICE_STATE, "no double close");
    assert_eq!(closing.endpoint(), HANDLE);
    pipe.end_close(closing, true);
    assert_eq!(pipe.for_transfers(), Err(STATUS_INVALID_DEVICE_STATE));
    assert_eq!(pipe.begin_close().unwrap_err(), STATUS_INVALID_DEVICE_STATE, "no close without open");
    // A failed second opening does not make it a plain pipe either.
    let opening = pipe.begin_open(four()).unwrap();
    assert!(!pipe.end_open(opening, None));
    assert_eq!(pipe.for_transfers(), Err(STATUS_INVALID_DEVICE_STATE));
    let opening = pipe.begin_open(four()).unwrap();
    assert!(pipe.end_open(opening, Some("again")));
    assert_eq!(pipe.streams(), Some(&"again"));
}

#[test]
fn closing_is_all_or_nothing() {
    let mut pipe = streamed();
    let closing = pipe.begin_close().unwrap();
    assert!(pipe.streams_mut().is_none(), "they are the closer's until it is done");
    pipe.end_close(closing, false);
    assert_eq!(pipe.streams(), Some(&"streams"));
    *pipe.streams_mut().unwrap() = "changed";
    assert_eq!(pipe.streams(), Some(&"changed"));
}

#[test]
fn streams_are_opened_anew_or_gone() {
    let mut pipe = streamed();
    let closing = pipe.begin_close().unwrap();
    assert_eq!(closing.streams(), &"streams");
    assert!(pipe.end_reopen(closing, Some("anew")));
    assert_eq!(pipe.streams(), Some(&"anew"));
    let closing = pipe.begin_close().unwrap();
    assert!(!pipe.end_reopen(closing, None));
    assert!(pipe.streams().is_none());
    assert_eq!(pipe.for_transfers(), Err(STATUS_INVALID_DEVICE_STATE), "it was open once");
    assert!(pipe.begin_open(four()).is_ok());
    let mut pipe = streamed();
    let closing = pipe.begin_close().unwrap();
    pipe = PipeState::new(HANDLE + 1);
    assert!(!pipe.end_reopen(closing, Some("late")));
    assert_eq!(pipe.for_transfers(), Ok(HANDLE + 1));
}

#[test]
fn an_answer_that_comes_after_the_pipe_was_selected_anew_changes_nothing() {
    let mut pipe = PipeState::<u32, ()>::new(HANDLE);
    let opening = pipe.begin_open(four()).unwrap();
    pipe = PipeState::new(HANDLE + 1);
    assert!(!pipe.end_open(opening, Some(())));
    assert_eq!(pipe.for_transfers(), Ok(HANDLE + 1));
    let mut pipe = streamed();
    let closing = pipe.begin_close().unwrap();
    pipe = PipeState::new(HANDLE + 1);
    pipe.end_close(closing, true);
    assert_eq!(pipe.for_transfers(), Ok(HANDLE + 1));
}

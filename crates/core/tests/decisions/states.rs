//! Every pair of a state and an event: taken, legal without effect, or declared impossible with a reason.

use usbclient_core::pnp::{
    Event::{self, *},
    Machine, Reason,
    State::{self, *},
    Step,
};

/// What a pair does.
enum Expected {
    To(State),
    Stays,
    Never(Reason),
}
use Expected::{Never, Stays, To};

/// A way to each state, by events.
const fn way_to(state: State) -> &'static [Event] {
    match state {
        NotStarted => &[],
        Started => &[StartSucceeds],
        StopPending => &[StartSucceeds, QueryStop],
        Stopped => &[StartSucceeds, QueryStop, Stop],
        RemovePending => &[StartSucceeds, QueryRemove],
        StartFailed => &[StartFails],
        SurpriseRemoved => &[Event::SurpriseRemoval],
        Removed => &[Remove],
    }
}

#[rustfmt::skip]
#[expect(clippy::match_same_arms, reason = "a table has one row for each event")]
const fn table(state: State, event: Event) -> Expected {
    use Reason::{NoStartRunning, NotStarted as DeviceNotStarted, NothingFollows, OnlyRemoveFollows, OtherPurpose, QueryNotAnswered, StartHadFailed};
    match (state, event) {
        (NotStarted | Stopped, StartArrives) => Stays,
        (Started, StartArrives) => To(Stopped),
        (StopPending | RemovePending, StartArrives) => Never(QueryNotAnswered),
        (StartFailed, StartArrives) => Never(StartHadFailed),

        (NotStarted | Stopped, StartSucceeds) => To(Started),
        (Started | StopPending | RemovePending | StartFailed | SurpriseRemoved | Removed, StartSucceeds) => Never(NoStartRunning),

        (NotStarted | Stopped | Started, StartFails) => To(StartFailed),
        (StopPending | RemovePending | StartFailed | SurpriseRemoved | Removed, StartFails) => Never(NoStartRunning),

        (Started, QueryStop) => To(StopPending),
        (NotStarted | StartFailed, QueryStop) => Never(DeviceNotStarted),
        (StopPending | Stopped | RemovePending, QueryStop) => Never(OtherPurpose),

        (StopPending, CancelStop) => To(Started),
        (NotStarted | Started | Stopped | RemovePending | StartFailed, CancelStop) => Stays,

        (StopPending | Started, Stop) => To(Stopped),
        (NotStarted | StartFailed, Stop) => Never(DeviceNotStarted),
        (Stopped | RemovePending, Stop) => Never(OtherPurpose),

        (NotStarted | Started | StartFailed, QueryRemove) => To(RemovePending),
        (StopPending | Stopped | RemovePending, QueryRemove) => Never(OtherPurpose),

        (RemovePending, CancelRemove) => To(Started),
        (NotStarted | Started | StopPending | Stopped | StartFailed, CancelRemove) => Stays,

        (NotStarted | Started | StopPending | Stopped | RemovePending | StartFailed, Event::SurpriseRemoval) => To(SurpriseRemoved),

        (Removed, _) => Never(NothingFollows),
        (_, Remove) => To(Removed),
        (SurpriseRemoved, _) => Never(OnlyRemoveFollows),
    }
}

#[test]
fn every_pair_is_taken_or_declared() {
    for state in State::ALL {
        for event in Event::ALL {
            let mut machine = Machine::new();
            for before in way_to(state) {
                assert!(
                    matches!(machine.apply(*before), Step::To { .. }),
                    "{before:?} on the way to {state:?}"
                );
            }
            assert_eq!(machine.state(), state);
            let step = machine.apply(event);
            let (expected, after) = match table(state, event) {
                To(to) => (Step::To { from: state, to }, to),
                Stays => (Step::Stays(state), state),
                Never(reason) => (Step::Impossible(reason), state),
            };
            assert_eq!(step, expected, "{state:?}, {event:?}");
            assert_eq!(machine.state(), after, "{state:?}, {event:?}");
        }
    }
}

#[test]
fn a_cancelled_query_returns_to_the_state_before_it() {
    for before in [NotStarted, Started, StartFailed] {
        let mut machine = Machine::new();
        for event in way_to(before).iter().chain(&[QueryRemove]) {
            let _ = machine.apply(*event);
        }
        assert_eq!(machine.apply(CancelRemove), Step::To { from: RemovePending, to: before });
    }
}

#[test]
fn nothing_leaves_removed() {
    for events in Event::ALL {
        let mut machine = Machine::new();
        let _ = machine.apply(Remove);
        assert!(matches!(machine.apply(events), Step::Impossible(_)));
    }
}

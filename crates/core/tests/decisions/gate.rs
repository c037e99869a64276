//! What the gate lets through in each state.

use usbclient_core::{
    pnp::{Admission, Event, Machine, RequestClass},
    status::{STATUS_DEVICE_NOT_CONNECTED, STATUS_DEVICE_NOT_READY},
};

const ADMIT: Admission = Admission::Admit;
const HOLD: Admission = Admission::Hold;
const NOT_READY: Admission = Admission::Refuse(STATUS_DEVICE_NOT_READY);
const GONE: Admission = Admission::Refuse(STATUS_DEVICE_NOT_CONNECTED);

/// The events, then what CREATE and I/O meet.
const TABLE: [(&[Event], Admission, Admission); 10] = [
    (&[], NOT_READY, NOT_READY),
    (&[Event::StartSucceeds], ADMIT, ADMIT),
    (&[Event::StartSucceeds, Event::StartArrives], ADMIT, HOLD),
    (&[Event::StartSucceeds, Event::QueryStop], ADMIT, HOLD),
    (&[Event::StartSucceeds, Event::QueryStop, Event::Stop], ADMIT, HOLD),
    (&[Event::StartSucceeds, Event::QueryRemove], NOT_READY, ADMIT),
    (&[Event::QueryRemove], NOT_READY, NOT_READY),
    (&[Event::StartFails], NOT_READY, NOT_READY),
    (&[Event::StartSucceeds, Event::SurpriseRemoval], GONE, GONE),
    (&[Event::Remove], GONE, GONE),
];

#[test]
fn by_state_and_class() {
    for (events, create, io) in TABLE {
        let mut machine = Machine::default();
        for event in events {
            let _ = machine.apply(*event);
        }
        assert_eq!(machine.admit(RequestClass::Create), create, "{events:?}");
        assert_eq!(machine.admit(RequestClass::Io), io, "{events:?}");
        assert_eq!(machine.admit(RequestClass::Cleanup), ADMIT, "{events:?}");
        assert_eq!(machine.admit(RequestClass::Close), ADMIT, "{events:?}");
        let gone = (io == GONE).then_some(STATUS_DEVICE_NOT_CONNECTED);
        assert_eq!(machine.overriding_status(), gone, "{events:?}");
    }
}

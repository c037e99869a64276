//! START: the order, and what each failure undoes.

use usbclient_core::{
    pnp::{Event, Machine, Minor, State},
    status::{
        STATUS_DEVICE_CONFIGURATION_ERROR, STATUS_DEVICE_PROTOCOL_ERROR, STATUS_INVALID_DEVICE_STATE,
        STATUS_SUCCESS,
    },
};

use crate::fake::{FAILURE, apply, calls, pnp, world};

const CONFIGURED: &str = "acquire StartArrives forward_and_wait read_device_descriptor read_header \
                          read_configuration select_configuration capabilities record_pipes";

#[test]
fn in_the_documented_order() {
    assert_eq!(pnp(Minor::StartDevice), STATUS_SUCCESS);
    let rest = "read_settings StartSucceeds start_held run_policy offer_check_boxes enable_interface complete(0x0,0) release";
    assert_eq!(calls(), format!("{CONFIGURED} {rest}"));
    assert_eq!(world(|w| w.machine.state()), State::Started);
}

#[test]
fn a_failure_below_is_returned_and_nothing_is_touched() {
    world(|w| w.lower = FAILURE.nt());
    assert_eq!(pnp(Minor::StartDevice), FAILURE.nt());
    assert_eq!(
        calls(),
        "acquire StartArrives forward_and_wait StartFails fail_held(0xC000009D) \
         complete(0xC0000001,0) release"
    );
    assert_eq!(world(|w| w.machine.state()), State::StartFailed);
}

#[test]
fn a_failing_step_undoes_what_was_done() {
    let give_up = "StartFails fail_held(0xC000009D)";
    let steps = CONFIGURED.split(' ').collect::<Vec<_>>();
    let until = |step: &str| {
        let at = steps.iter().position(|s| *s == step).unwrap();
        steps[..=at].join(" ")
    };
    let cases = [
        ("read_device_descriptor", give_up.to_owned()),
        ("read_header", give_up.to_owned()),
        ("read_configuration", give_up.to_owned()),
        ("select_configuration", give_up.to_owned()),
        ("record_pipes", format!("{give_up} drop_pipes deconfigure")),
    ];
    for (step, undone) in cases {
        world(|w| {
            w.machine = Machine::new();
            w.failing = vec![step];
        });
        assert_eq!(pnp(Minor::StartDevice), FAILURE.nt(), "{step}");
        let expected = format!("{} {undone} complete(0xC0000001,0) release", until(step));
        assert_eq!(calls(), expected, "{step}");
        assert_eq!(world(|w| w.machine.state()), State::StartFailed, "{step}");
        assert!(world(|w| w.handle), "REMOVE closes the handle, not START");
    }
}

#[test]
fn an_interface_that_cannot_be_enabled_takes_everything_back() {
    world(|w| w.failing = vec!["enable_interface"]);
    assert_eq!(pnp(Minor::StartDevice), FAILURE.nt());
    assert_eq!(
        calls(),
        format!(
            "{CONFIGURED} read_settings StartSucceeds start_held run_policy offer_check_boxes enable_interface disarm withdraw_check_boxes disable_interface StartFails \
             fail_held(0xC000009D) cancel_in_flight wait_for_requests drop_pipes deconfigure \
             complete(0xC0000001,0) release"
        )
    );
}

#[test]
fn descriptors_that_cannot_be_used_fail_the_start() {
    world(|w| w.device_descriptor[1] = 7);
    assert_eq!(pnp(Minor::StartDevice), STATUS_DEVICE_PROTOCOL_ERROR.nt());
    assert!(!calls().contains("select_configuration"));

    world(|w| {
        w.machine = Machine::new();
        w.device_descriptor = crate::descriptors::device();
        w.configuration.truncate(20);
    });
    assert_eq!(pnp(Minor::StartDevice), STATUS_DEVICE_PROTOCOL_ERROR.nt());

    world(|w| {
        w.machine = Machine::new();
        w.configuration = vec![9, 2, 9, 0, 0, 1, 0, 0x80, 50];
    });
    assert_eq!(pnp(Minor::StartDevice), STATUS_DEVICE_CONFIGURATION_ERROR.nt());
    assert!(!calls().contains("select_configuration"));
}

#[test]
fn a_restart_takes_the_pipes_back_first() {
    apply(&[Event::StartSucceeds]);
    assert_eq!(pnp(Minor::StartDevice), STATUS_SUCCESS);
    let calls = calls();
    let expected = "acquire StartArrives disarm come_up recall_in_flight drop_pipes deconfigure forward_and_wait read_device_descriptor";
    assert!(calls.starts_with(expected), "{calls}");
    assert_eq!(world(|w| w.machine.state()), State::Started);
}

#[test]
fn a_start_that_cannot_be_is_refused() {
    apply(&[Event::StartFails]);
    assert_eq!(pnp(Minor::StartDevice), STATUS_INVALID_DEVICE_STATE.nt());
    assert_eq!(calls(), "acquire StartArrives complete(0xC0000184,0) release");
}

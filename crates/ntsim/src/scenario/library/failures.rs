//! Calls that fail while a device is added and started.

use super::build::{FILE, MODEL, close, echo, is, open, plug, scenario, unplug};
use crate::{
    pnp::NodeState,
    scenario::{Completion, DEVICE, Expected, Face, Knob, Plug, Scenario, Step},
};

/// The fallible routines that AddDevice calls, each with how often.
const ADD_DEVICE: [(&str, u32); 4] = [
    ("IoCreateDevice", 1),
    ("IoAttachDeviceToDeviceStack", 1),
    ("USBD_CreateHandle", 1),
    ("IoRegisterDeviceInterface", 1),
];

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    let mut all: Vec<Scenario> = ADD_DEVICE
        .iter()
        .flat_map(|(routine, calls)| (1..=*calls).map(|nth| a_call_of_add_device(routine, nth)))
        .collect();
    all.extend([registration_fails(), old_stack()]);
    all.extend(completions());
    all
}

/// Plugs the device with one call failing, and again with none.
fn a_call_of_add_device(routine: &str, nth: u32) -> Scenario {
    let name = format!("add_device_without_{}", routine.to_lowercase());
    let mut steps = vec![
        Step::FailCall { routine: routine.into(), nth, status: None },
        Step::Plug(Plug { expect: Expected::anything(), ..Plug::new(DEVICE, MODEL) }),
        is(NodeState::Removed),
        unplug(),
        is(NodeState::Deleted),
    ];
    steps.extend(works());
    scenario(&name, &format!("{routine} fails in AddDevice; the next time all is well"), steps)
}

fn works() -> Vec<Step> {
    let mut steps = vec![plug(), open()];
    steps.extend(echo(FILE, 1));
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    steps
}

fn registration_fails() -> Scenario {
    let knob = |on| Step::Knob { knob: Knob::UsbVerifierFailRegistration, on };
    let mut steps = vec![
        knob(true),
        Step::Plug(Plug { expect: Expected::anything(), ..Plug::new(DEVICE, MODEL) }),
        is(NodeState::Removed),
        unplug(),
        knob(false),
    ];
    steps.extend(works());
    scenario("registration_fails", "UsbVerifierFailRegistration", steps)
}

fn old_stack() -> Scenario {
    let mut steps = vec![Step::Plug(Plug { face: Face::Usb2, ..Plug::new(DEVICE, MODEL) }), open()];
    steps.extend(echo(FILE, 1));
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario("old_stack", "the USB 2 stack, which does not know the registration", steps)
}

/// The driver must not care when and where the USB stack completes.
fn completions() -> Vec<Scenario> {
    let kinds = [
        (Completion::Passive, "passive"),
        (Completion::Inline, "inline"),
        (Completion::InlinePending, "inline_pending"),
        (Completion::Racing, "racing"),
    ];
    let of = |(completion, name): (Completion, &str)| {
        let mut steps = vec![Step::Plug(Plug { completion, ..Plug::new(DEVICE, MODEL) }), open()];
        for seed in 0..4 {
            steps.extend(echo(FILE, seed));
        }
        steps.extend(super::build::control_transfers(FILE, 9));
        steps.extend([
            super::build::submit_read("read"),
            super::build::cancel("read"),
            super::build::wait("read", Expected::anything()),
            close(),
            unplug(),
            is(NodeState::Deleted),
            Step::Unload,
        ]);
        scenario(&format!("completion_{name}"), "the USB stack completes in its own way", steps)
    };
    kinds.into_iter().map(of).collect()
}

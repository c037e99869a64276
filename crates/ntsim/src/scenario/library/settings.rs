//! Alternate settings and configurations are selected: with transfers in flight, refused, without memory, and while the
//! device goes.

use usb_models::models::{composite, loopback, settings};
use usbclient_protocol::{
    ConfigurationSelect, Count, DescriptorRequest, DeviceInfo, InterfaceEntry, SettingSelect, control_code,
};

use super::build::{
    FILE, PACKET, cancel, close, control_transfers, echo, ends, ioctl, open, pnp, scenario, submit_read,
    unplug, wait, working_life_of,
};
use super::recovery::{end, submit};
use crate::{
    abi::status::{
        STATUS_CANCELLED, STATUS_DEVICE_NOT_CONNECTED, STATUS_INSUFFICIENT_RESOURCES,
        STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED, STATUS_UNSUCCESSFUL,
    },
    scenario::{Branch, Bytes, DEVICE, Expected, Ioctl, Plug, PnpOperation, Poke, Race, Scenario, Step},
};

/// The model with several of each.
const MODEL: &str = "settings";
/// Requests that selecting a setting or a configuration sends, and one more.
const SETTING_CALLS: u32 = 2;
const CONFIGURATION_CALLS: u32 = 5;

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    let mut all = vec![
        setting_with_io(),
        setting_schedule(),
        setting_without_endpoints(),
        setting_refused(),
        setting_without_memory(),
        setting_unanswered(),
        settings_race(),
        setting_and_unplug(),
        setting_and_stop(),
        setting_after_reset(),
        setting_of_a_gap(),
        setting_inputs(),
        configuration_with_io(),
        configuration_refused(),
        configuration_and_unplug(),
        configurations_race(),
        configuration_of_a_function(),
        descriptors_asked(),
    ];
    all.extend(
        (1..=SETTING_CALLS)
            .map(|nth| pulled("select_interface", nth, select(settings::INTERFACE, settings::LOOP_ALONE))),
    );
    all.extend(
        (1..=CONFIGURATION_CALLS)
            .map(|nth| pulled("select_configuration", nth, configure(settings::OTHER_CONFIGURATION))),
    );
    all
}

fn plug_model(model: &str) -> Step {
    Step::Plug(Plug::new(DEVICE, model))
}

/// The interface is named by its number.
fn select(interface: u8, alternate: u8) -> Ioctl {
    let input = SettingSelect { interface: interface.into(), alternate, reserved: [0; 3] };
    Ioctl::new(FILE, control_code::SELECT_INTERFACE, Bytes::of(input.encode()), Bytes::none())
}

fn configure(value: u8) -> Ioctl {
    let input = ConfigurationSelect { value, reserved: [0; 3] };
    Ioctl::new(FILE, control_code::SELECT_CONFIGURATION, Bytes::of(input.encode()), Bytes::none())
}

fn ok(ioctl: Ioctl) -> Step {
    Step::Ioctl { ioctl, expect: Expected::success().moved(0) }
}

fn anything(ioctl: Ioctl) -> Step {
    Step::Ioctl { ioctl, expect: Expected::anything() }
}

/// What `GET_INTERFACES` must say of the one interface.
fn one_interface(alternate: u8, endpoint_count: u8) -> Step {
    let entry = InterfaceEntry {
        number: settings::INTERFACE,
        alternate,
        alternate_count: 4,
        endpoint_count,
        class: 0xFF,
        ..InterfaceEntry::default()
    };
    let mut bytes = Count { count: 1 }.encode().to_vec();
    bytes.extend(entry.encode());
    let length = bytes.len() as u64;
    let ask = Ioctl::new(FILE, control_code::GET_INTERFACES, Bytes::none(), Bytes::room(64));
    ioctl(ask, Expected::success().moved(length).bytes(Bytes::of(bytes)))
}

fn life(name: &str, about: &str, middle: Vec<Step>) -> Scenario {
    working_life_of(MODEL, name, about, middle)
}

fn setting_with_io() -> Scenario {
    let mut middle = echo(FILE, 1).to_vec();
    middle.extend([
        one_interface(0, 3),
        submit_read("first"),
        submit_read("second"),
        ok(select(settings::INTERFACE, settings::LOOP_ALONE)),
        wait("first", ends(STATUS_CANCELLED).moved(0)),
        wait("second", ends(STATUS_CANCELLED).moved(0)),
        one_interface(settings::LOOP_ALONE, 2),
        ioctl(Ioctl::read(FILE, loopback::INTERRUPT_IN, 64), ends(STATUS_INVALID_PARAMETER)),
    ]);
    middle.extend(echo(FILE, 2));
    middle.extend([
        ok(select(settings::INTERFACE, settings::LOOP_ALONE)),
        submit_read("third"),
        ok(select(settings::INTERFACE, 0)),
        wait("third", ends(STATUS_CANCELLED).moved(0)),
        one_interface(0, 3),
    ]);
    middle.extend(control_transfers(FILE, 3));
    life("setting_with_io", "an alternate setting is selected with reads in flight, and back", middle)
}

/// A read passes the gate, the setting is selected as far as that goes, the read is sent: on the old pipe, cancelled.
fn setting_schedule() -> Scenario {
    let late = super::removal::late_read(ends(STATUS_CANCELLED).moved(0));
    let select = Branch::last(vec![ok(select(settings::INTERFACE, settings::LOOP_ALONE))]);
    let middle = vec![Step::Race(Race { branches: vec![late, select] })];
    life("setting_schedule", "a read passes the gate, its pipe is replaced, it is sent", middle)
}

fn setting_without_endpoints() -> Scenario {
    let middle = vec![
        submit_read("read"),
        ok(select(settings::INTERFACE, settings::NOTHING)),
        wait("read", ends(STATUS_CANCELLED)),
        one_interface(settings::NOTHING, 0),
        ioctl(Ioctl::read(FILE, loopback::BULK_IN, PACKET), ends(STATUS_INVALID_PARAMETER)),
        ioctl(Ioctl::reset(FILE, loopback::BULK_IN), ends(STATUS_INVALID_PARAMETER)),
        ok(select(settings::INTERFACE, 0)),
    ];
    life("setting_without_endpoints", "a setting without endpoints, and back", middle)
}

/// The device refuses the setting: the old one is selected again, with new pipes.
fn setting_refused() -> Scenario {
    let mut middle = vec![
        submit_read("read"),
        ioctl(select(settings::INTERFACE, settings::REFUSED), failed()),
        wait("read", ends(STATUS_CANCELLED)),
        one_interface(0, 3),
    ];
    middle.extend(echo(FILE, 2));
    middle.extend([
        ok(select(settings::INTERFACE, settings::LOOP_ALONE)),
        ioctl(select(settings::INTERFACE, settings::REFUSED), failed()),
        one_interface(settings::LOOP_ALONE, 2),
    ]);
    life("setting_refused", "the device refuses a setting and keeps the one it has", middle)
}

/// What a request ends with that the device answered with STALL.
fn failed() -> Expected {
    ends(STATUS_UNSUCCESSFUL).moved(0)
}

/// Without memory nothing is sent, and nothing is disturbed.
fn setting_without_memory() -> Scenario {
    let mut middle = vec![submit_read("read")];
    for nth in 1..=2 {
        middle.extend([
            Step::FailCall { routine: "USBD_SelectInterfaceUrbAllocateAndBuild".into(), nth, status: None },
            ioctl(
                select(settings::INTERFACE, settings::LOOP_ALONE),
                ends(STATUS_INSUFFICIENT_RESOURCES).moved(0),
            ),
            one_interface(0, 3),
        ]);
    }
    middle.extend([cancel("read"), wait("read", ends(STATUS_CANCELLED))]);
    life("setting_without_memory", "no memory for the request, or for the way back", middle)
}

/// The device answers nothing any more: neither the setting nor the way back. The interface is left without pipes.
fn setting_unanswered() -> Scenario {
    let mut steps = vec![plug_model(MODEL), open(), submit_read("read")];
    steps.extend([
        Step::Poke { device: DEVICE.into(), poke: Poke::Mute },
        ioctl(select(settings::INTERFACE, settings::LOOP_ALONE), Expected::anything()),
        wait("read", Expected::anything()),
        ioctl(Ioctl::read(FILE, loopback::BULK_IN, PACKET), ends(STATUS_INVALID_PARAMETER)),
        close(),
        unplug(),
    ]);
    steps.extend(end());
    scenario("setting_unanswered", "the device answers nothing: the interface is left without pipes", steps)
}

fn settings_race() -> Scenario {
    let write = || anything(Ioctl::write(FILE, loopback::BULK_OUT, Bytes::pattern(1, PACKET)));
    let branches = vec![
        Branch::new(vec![
            submit("a", select(settings::INTERFACE, settings::LOOP_ALONE)),
            submit("b", select(settings::INTERFACE, 0)),
            cancel("b"),
        ]),
        Branch::new(vec![submit_read("c"), write(), submit_read("d"), cancel("c")]),
        Branch::new(vec![
            anything(Ioctl::abort(FILE, loopback::BULK_IN)),
            anything(Ioctl::reset(FILE, loopback::BULK_IN)),
            write(),
        ]),
        Branch::new(vec![
            anything(select(settings::INTERFACE, settings::NOTHING)),
            write(),
            submit_read("e"),
        ]),
    ];
    let mut middle = vec![Step::Race(Race { branches }), cancel("d"), cancel("e")];
    middle.extend(["a", "b", "c", "d", "e"].map(|name| wait(name, Expected::anything())));
    middle.push(ok(select(settings::INTERFACE, 0)));
    middle.push(flush());
    life("settings_race", "settings are selected while threads use, abort and reset the pipes", middle)
}

fn flush() -> Step {
    let flush = usbclient_protocol::SetupPacket {
        request_type: 0x40,
        request: loopback::FLUSH,
        ..usbclient_protocol::SetupPacket::default()
    };
    ioctl(Ioctl::control_out(FILE, flush, Bytes::none()), Expected::success())
}

fn going(name: &str, about: &str, first: Ioctl, second: Ioctl) -> Scenario {
    let branches = vec![
        Branch::new(vec![anything(first.clone()), anything(second)]),
        Branch::new(vec![
            anything(Ioctl::write(FILE, loopback::BULK_OUT, Bytes::pattern(1, PACKET))),
            submit_read("late"),
        ]),
        Branch::new(vec![unplug()]),
    ];
    let mut steps = vec![plug_model(MODEL), open(), submit_read("read"), Step::Race(Race { branches })];
    steps.extend([
        wait("read", Expected::anything()),
        wait("late", Expected::anything()),
        ioctl(first, ends(STATUS_DEVICE_NOT_CONNECTED).moved(0)),
        close(),
    ]);
    steps.extend(end());
    scenario(name, about, steps)
}

fn setting_and_unplug() -> Scenario {
    going(
        "setting_and_unplug",
        "settings are selected while the device is pulled",
        select(settings::INTERFACE, settings::LOOP_ALONE),
        select(settings::INTERFACE, 0),
    )
}

/// START selects setting 0 of everything again.
fn setting_and_stop() -> Scenario {
    let branches = vec![
        Branch::new(vec![anything(select(settings::INTERFACE, settings::LOOP_ALONE))]),
        Branch::new(vec![pnp(PnpOperation::Rebalance)]),
    ];
    let middle = vec![
        submit_read("read"),
        Step::Race(Race { branches }),
        cancel("read"),
        wait("read", ends(STATUS_CANCELLED)),
        pnp(PnpOperation::Rebalance),
        one_interface(0, 3),
    ];
    life("setting_and_stop", "a setting is selected while the device is stopped and started", middle)
}

/// A reset of the port keeps the setting and its pipes.
fn setting_after_reset() -> Scenario {
    let reset = Ioctl::new(FILE, control_code::RESET_PORT, Bytes::none(), Bytes::none());
    let middle = vec![
        ok(select(settings::INTERFACE, settings::LOOP_ALONE)),
        ok(reset),
        one_interface(settings::LOOP_ALONE, 2),
    ];
    life("setting_after_reset", "the port is reset: the setting and its pipes stay", middle)
}

/// Interfaces 2 and 5: the setting of the one does not disturb the other.
fn setting_of_a_gap() -> Scenario {
    let source = composite::SOURCE_INTERFACE;
    let zeros = Bytes::of(vec![0; PACKET as usize]);
    let mut steps = vec![plug_model("composite"), open(), submit_read("read")];
    steps.extend([
        ioctl(Ioctl::read(FILE, composite::SOURCE_IN, PACKET), ends(STATUS_INVALID_PARAMETER)),
        ok(select(source, 1)),
        ioctl(
            Ioctl::read(FILE, composite::SOURCE_IN, PACKET),
            Expected::success().moved(PACKET.into()).bytes(zeros),
        ),
        ioctl(select(0, 0), ends(STATUS_INVALID_PARAMETER)),
        ioctl(select(3, 0), ends(STATUS_INVALID_PARAMETER)),
        cancel("read"),
        wait("read", ends(STATUS_CANCELLED)),
        ok(select(source, 0)),
        ioctl(Ioctl::read(FILE, composite::SOURCE_IN, PACKET), ends(STATUS_INVALID_PARAMETER)),
    ]);
    steps.extend(echo(FILE, 7));
    steps.extend([close(), unplug()]);
    steps.extend(end());
    scenario("setting_of_a_gap", "a setting of one interface of two, whose numbers have a gap", steps)
}

fn setting_inputs() -> Scenario {
    let refused = |code, input: Vec<u8>, output, status| {
        let request = Ioctl::new(FILE, code, Bytes::of(input), Bytes::room(output));
        ioctl(request, ends(status).moved(0))
    };
    let good = SettingSelect { interface: 0, alternate: 1, reserved: [0; 3] }.encode().to_vec();
    let reserved = SettingSelect { interface: 0, alternate: 1, reserved: [0, 1, 0] }.encode().to_vec();
    let bad = ConfigurationSelect { value: 2, reserved: [0, 0, 1] }.encode().to_vec();
    let middle = vec![
        refused(control_code::SELECT_INTERFACE, good.clone(), 1, STATUS_INVALID_BUFFER_SIZE),
        refused(control_code::SELECT_INTERFACE, reserved, 0, STATUS_INVALID_PARAMETER),
        refused(control_code::SELECT_CONFIGURATION, bad, 0, STATUS_INVALID_PARAMETER),
        refused(control_code::SELECT_CONFIGURATION, good, 0, STATUS_INVALID_BUFFER_SIZE),
        ioctl(select(settings::INTERFACE, 9), ends(STATUS_INVALID_PARAMETER)),
        ioctl(configure(9), ends(STATUS_INVALID_PARAMETER)),
        ioctl(configure(0), ends(STATUS_INVALID_PARAMETER)),
        one_interface(0, 3),
    ];
    life("setting_inputs", "settings and configurations that are not there", middle)
}

fn configuration_with_io() -> Scenario {
    let mut middle = echo(FILE, 1).to_vec();
    middle.extend([
        submit_read("first"),
        ok(configure(settings::OTHER_CONFIGURATION)),
        wait("first", ends(STATUS_CANCELLED).moved(0)),
        ioctl(Ioctl::read(FILE, loopback::INTERRUPT_IN, 64), ends(STATUS_INVALID_PARAMETER)),
    ]);
    middle.extend(echo(FILE, 2));
    middle.extend([submit_read("second"), ok(configure(1)), wait("second", ends(STATUS_CANCELLED).moved(0))]);
    middle.push(one_interface(0, 3));
    life("configuration_with_io", "another configuration is selected with reads in flight, and back", middle)
}

fn configuration_refused() -> Scenario {
    let mut middle = vec![
        ok(select(settings::INTERFACE, settings::LOOP_ALONE)),
        submit_read("read"),
        ioctl(configure(settings::REFUSED_CONFIGURATION), Expected::anything().moved(0)),
        wait("read", ends(STATUS_CANCELLED)),
        one_interface(0, 3),
        Step::FailCall { routine: "USBD_SelectConfigUrbAllocateAndBuild".into(), nth: 1, status: None },
        ioctl(configure(settings::OTHER_CONFIGURATION), ends(STATUS_INSUFFICIENT_RESOURCES).moved(0)),
        one_interface(0, 3),
    ];
    middle.extend(echo(FILE, 4));
    life("configuration_refused", "the device refuses a configuration: the old one is selected again", middle)
}

fn configuration_and_unplug() -> Scenario {
    going(
        "configuration_and_unplug",
        "configurations are selected while the device is pulled",
        configure(settings::OTHER_CONFIGURATION),
        configure(1),
    )
}

fn configurations_race() -> Scenario {
    let write = || anything(Ioctl::write(FILE, loopback::BULK_OUT, Bytes::pattern(1, PACKET)));
    let branches = vec![
        Branch::new(vec![
            submit("a", configure(settings::OTHER_CONFIGURATION)),
            submit("b", configure(1)),
            cancel("b"),
        ]),
        Branch::new(vec![submit_read("c"), write(), submit_read("d"), cancel("c")]),
        Branch::new(vec![anything(select(settings::INTERFACE, settings::LOOP_ALONE)), write()]),
        Branch::new(vec![anything(Ioctl::abort(FILE, loopback::BULK_IN)), write()]),
    ];
    let mut middle = vec![Step::Race(Race { branches }), cancel("d")];
    middle.extend(["a", "b", "c", "d"].map(|name| wait(name, Expected::anything())));
    middle.extend([ok(configure(1)), flush()]);
    life(
        "configurations_race",
        "configurations and settings are selected while threads use the pipes",
        middle,
    )
}

/// Its parent driver keeps the configuration. What the hardware IDs say.
fn configuration_of_a_function() -> Scenario {
    let plug =
        Plug { function: Some(composite::LOOPBACK_INTERFACE), ..Plug::new(DEVICE, "composite-function") };
    // The first eight bytes, before the capabilities, which are not the function's alone.
    let info = DeviceInfo {
        version: 1,
        speed: 2,
        configuration: 1,
        interface_count: 1,
        configuration_count: 1,
        ..DeviceInfo::default()
    };
    let begin = info.encode().get(..8).map(<[u8]>::to_vec).unwrap_or_default();
    let ask = Ioctl::new(FILE, control_code::GET_DEVICE_INFO, Bytes::none(), Bytes::room(24));
    let mut steps = vec![Step::Plug(plug), open()];
    steps.extend([
        ioctl(ask, Expected::success().moved(24).bytes(Bytes::of(begin))),
        submit_read("read"),
        ioctl(configure(1), ends(STATUS_NOT_SUPPORTED).moved(0)),
        ok(select(composite::LOOPBACK_INTERFACE, 0)),
        wait("read", ends(STATUS_CANCELLED)),
    ]);
    steps.extend(echo(FILE, 1));
    steps.extend([close(), unplug()]);
    steps.extend(end());
    scenario(
        "configuration_of_a_function",
        "a function of a composite device selects no configuration",
        steps,
    )
}

fn descriptors_asked() -> Scenario {
    let ask = |recipient, descriptor_type, index, language, room| {
        let input =
            DescriptorRequest { recipient, descriptor_type, index, reserved: 0, language, reserved_2: 0 };
        Ioctl::new(FILE, control_code::GET_DESCRIPTOR, Bytes::of(input.encode()), Bytes::room(room))
    };
    let begins = |request, bytes: &[u8]| ioctl(request, Expected::success().bytes(Bytes::of(bytes.to_vec())));
    let middle = vec![
        begins(ask(0, 1, 0, 0, 18), &[18, 1]),
        begins(ask(0, 2, 1, 0, 9), &[9, 2]),
        begins(ask(0, 3, 0, 0, 255), &[4, 3, 0x09, 0x04]),
        begins(ask(0, 3, 1, 0x0409, 255), &[20, 3, b'u', 0]),
        ioctl(ask(0, 3, 200, 0x0409, 255), Expected::anything()),
        ioctl(ask(1, 0x22, 0, 0, 64), Expected::anything()),
        ioctl(ask(3, 1, 0, 0, 18), ends(STATUS_INVALID_PARAMETER)),
        ioctl(ask(0, 1, 0, 0, 0), ends(STATUS_INVALID_BUFFER_SIZE)),
        ioctl(ask(0, 1, 0, 0, 70_000), ends(STATUS_INVALID_BUFFER_SIZE)),
    ];
    life("descriptors_asked", "descriptors of all kinds, and some that are not there", middle)
}

/// The cable is pulled when the driver is about to send its request number `nth`.
fn pulled(what: &str, nth: u32, recovery: Ioctl) -> Scenario {
    let recover = Branch::held_at_call(nth, "IofCallDriver", vec![anything(recovery)]);
    let branches = vec![recover, Branch::last(vec![unplug()])];
    let mut steps = vec![plug_model(MODEL), open(), submit_read("read"), Step::Race(Race { branches })];
    steps.extend([wait("read", Expected::anything()), close()]);
    steps.extend(end());
    scenario(&format!("pulled_during_{what}_{nth}"), "pulled in a step of a recovery", steps)
}

//! The system sleeps and wakes, the device is powered down and up: around, before and during everything else.
//!
//! A driver that passes power requests down plays these with its device in D0 all the time; a power policy owner's
//! follows the system.

use super::build::{
    FILE, close, control_transfers, echo, ends, is, open, plug, plug_with_filter, pnp, pnp_ends, scenario,
    submit_read, unplug, wait,
};
use nt_trace::NtStatus;

use crate::{
    abi::{
        power::{POWER_DEVICE_D0, POWER_DEVICE_D2},
        status::STATUS_UNSUCCESSFUL,
    },
    kernel::io::wmi::{Asked, CheckBox},
    pnp::{FilterFailure, NodeState, Refusal, Way},
    power::Sleep,
    scenario::{
        Branch, DEVICE, Expectation, Expected, Plug, PnpOperation, PowerOperation, Race, Scenario, Step,
    },
};

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        each_sleep(),
        io_before_and_after(),
        io_during(),
        critical(),
        refused_above(),
        pulled_asleep(),
        around_pnp(),
        with_a_rebalance(),
        nobody_hears(),
        shut_down(),
        restarted(),
        device_asleep_with_io(),
        idle_device(),
        idle_and_pnp(),
        idle_races(),
        idle_pulled(),
        wakes_by_itself(),
        wake_races(),
        check_boxes(),
        check_boxes_and_pnp(),
    ]
}

fn power(operation: PowerOperation) -> Step {
    Step::Power { operation, expect: Expected::success() }
}

pub(super) fn sleep(state: Sleep) -> Step {
    power(PowerOperation::Sleep { state, critical: false })
}

pub(super) fn wake() -> Step {
    power(PowerOperation::Wake)
}

pub(super) fn awake() -> [Step; 2] {
    [power_state(POWER_DEVICE_D0), Step::Expect(Expectation::PowerQuiet)]
}

pub(super) fn power_state(state: u32) -> Step {
    Step::Expect(Expectation::PowerState { device: DEVICE.into(), state })
}

fn device_power(state: u32) -> Step {
    pnp(PnpOperation::DevicePower { state, query: false })
}

/// Into a state and out again.
pub(super) fn nap(state: Sleep) -> Vec<Step> {
    let mut steps = vec![sleep(state), wake()];
    steps.extend(awake());
    steps
}

fn end() -> [Step; 3] {
    [close(), unplug(), Step::Unload]
}

fn each_sleep() -> Scenario {
    let mut steps = vec![plug(), open()];
    for state in [Sleep::S1, Sleep::S2, Sleep::S3, Sleep::S4] {
        steps.extend(nap(state));
    }
    steps.extend(end());
    scenario("sleep_each_state", "the system sleeps in S1, S2, S3 and S4, with a file open", steps)
}

fn io_before_and_after() -> Scenario {
    let mut steps = vec![plug(), open()];
    steps.extend(control_transfers(FILE, 1));
    steps.extend(echo(FILE, 2));
    for (seed, state) in [(3, Sleep::S3), (5, Sleep::S4)] {
        steps.extend(nap(state));
        steps.extend(control_transfers(FILE, seed));
        steps.extend(echo(FILE, seed + 1));
    }
    steps.extend(end());
    scenario("sleep_with_io_before_and_after", "Sleep with IO Before and After", steps)
}

fn io_during() -> Scenario {
    let mut steps = vec![plug(), open(), submit_read("before")];
    steps.push(Step::Race(Race {
        branches: vec![
            Branch::new(vec![sleep(Sleep::S3), wake()]),
            Branch::new(vec![submit_read("during"), Step::Cancel { request: "during".into() }]),
        ],
    }));
    steps.extend(awake());
    steps.push(Step::Cancel { request: "before".into() });
    steps.extend([wait("before", Expected::anything()), wait("during", Expected::anything())]);
    steps.extend(echo(FILE, 7));
    steps.extend(end());
    scenario(
        "sleep_with_io_during",
        "Sleep with IO During: a read waits, another comes and is cancelled",
        steps,
    )
}

fn critical() -> Scenario {
    let mut steps = vec![plug(), open(), submit_read("read")];
    steps.push(power(PowerOperation::Sleep { state: Sleep::S4, critical: true }));
    steps.push(wake());
    steps.extend(awake());
    steps.push(Step::Cancel { request: "read".into() });
    steps.push(wait("read", Expected::anything()));
    steps.extend(end());
    scenario("sleep_unasked", "the battery ends: the system goes to S4 and asks nobody", steps)
}

fn refused_above() -> Scenario {
    let mut steps = vec![plug_with_filter(), open()];
    for way in [Way::Down, Way::Up] {
        let failure = FilterFailure { what: Refusal::QueryPower, way };
        steps.push(Step::FilterFails { device: DEVICE.into(), failure });
        let operation = PowerOperation::Sleep { state: Sleep::S3, critical: false };
        steps.push(Step::Power { operation, expect: ends(STATUS_UNSUCCESSFUL) });
        steps.extend(awake());
        steps.extend(echo(FILE, 11));
    }
    steps.extend(nap(Sleep::S3));
    steps.extend(end());
    scenario("sleep_refused_above", "a filter above refuses the query for S3: everybody is told of S0", steps)
}

fn pulled_asleep() -> Scenario {
    let pull = Step::Poke { device: DEVICE.into(), poke: crate::scenario::Poke::Pull };
    let steps = vec![
        plug(),
        open(),
        submit_read("read"),
        sleep(Sleep::S3),
        pull,
        wake(),
        unplug(),
        wait("read", Expected::anything()),
        close(),
        is(NodeState::Deleted),
        Step::Unload,
    ];
    scenario(
        "pulled_while_the_system_sleeps",
        "the device is pulled in S3; the system wakes and finds it gone",
        steps,
    )
}

fn around_pnp() -> Scenario {
    let mut steps = vec![plug()];
    for operation in [PnpOperation::CancelRemove, PnpOperation::CancelStop, PnpOperation::Rebalance] {
        steps.extend(nap(Sleep::S3));
        steps.push(pnp(operation));
    }
    steps.extend(nap(Sleep::S4));
    steps.push(pnp(PnpOperation::Disable));
    steps.extend([sleep(Sleep::S3), wake()]);
    steps.push(pnp(PnpOperation::Enable));
    steps.extend(nap(Sleep::S3));
    steps.extend([unplug(), Step::Unload]);
    scenario(
        "sleep_and_pnp",
        "Sleep and PNP (disable and enable), and whatever else the PnP manager does",
        steps,
    )
}

fn with_a_rebalance() -> Scenario {
    let mut steps = vec![plug()];
    steps.push(Step::Race(Race {
        branches: vec![
            Branch::new(vec![sleep(Sleep::S3), wake()]),
            Branch::new(vec![pnp(PnpOperation::Rebalance)]),
        ],
    }));
    steps.extend(awake());
    steps.push(Step::Race(Race {
        branches: vec![Branch::new(vec![sleep(Sleep::S3), wake()]), Branch::new(vec![unplug()])],
    }));
    steps.push(Step::Unload);
    scenario(
        "sleep_and_pnp_at_once",
        "PnP operations and sleep begin at once: they exclude each other",
        steps,
    )
}

fn nobody_hears() -> Scenario {
    let signal = PowerOperation::DeviceWakes { device: DEVICE.into() };
    let unheard = Step::Power { operation: signal, expect: ends(STATUS_UNSUCCESSFUL) };
    let mut steps = vec![plug(), unheard.clone(), sleep(Sleep::S4), unheard, wake()];
    steps.extend(awake());
    steps.extend([unplug(), Step::Unload]);
    scenario(
        "wake_that_nobody_hears",
        "the device signals wake in D0 and in S4: it cannot wake anybody",
        steps,
    )
}

fn shut_down() -> Scenario {
    let steps = vec![plug(), open(), submit_read("read"), power(PowerOperation::ShutDown { restart: false })];
    scenario("shut_down", "the system is shut down while a read waits", steps)
}

fn restarted() -> Scenario {
    let mut steps = vec![plug(), open()];
    steps.extend(echo(FILE, 13));
    steps.push(power(PowerOperation::ShutDown { restart: true }));
    scenario("reboot_with_io_before", "Reboot restart with IO before", steps)
}

fn device_asleep_with_io() -> Scenario {
    let mut steps = vec![plug(), open(), submit_read("read"), device_power(POWER_DEVICE_D2)];
    // A driver that passes power requests down gets it back cancelled; a power policy owner holds it, and brings the
    // device up for it.
    steps.push(Step::Cancel { request: "read".into() });
    steps.push(wait("read", Expected::anything()));
    steps.push(pnp_ends(PnpOperation::QueryCapabilities, Expected::success()));
    steps.push(device_power(POWER_DEVICE_D0));
    steps.extend(echo(FILE, 17));
    steps.extend(end());
    scenario(
        "device_asleep_with_io",
        "the power manager puts the device into D2 while a read waits, and back",
        steps,
    )
}

/// A loopback device that can signal wake (bit 5 of its configuration's attributes), with an INF file that allows
/// everything.
pub(super) fn plug_eager() -> Step {
    let values = [
        ("DeviceIdleEnabled", 1),
        ("DefaultIdleState", 1),
        ("DefaultIdleTimeout", IDLE_DELAY_MS),
        ("SystemWakeEnabled", 1),
    ];
    let values = values.map(|(name, value)| (name.to_owned(), value)).into();
    Step::Plug(Plug { values, ..Plug::new(DEVICE, WAKING_MODEL) })
}

/// `bmAttributes` says that the device can signal wake.
const WAKING_MODEL: &str = "loopback-hs:c7=a0";
/// What the INF file of an eager device says about idleness, in milliseconds.
const IDLE_DELAY_MS: u32 = 5;

/// The device is suspended.
pub(super) fn asleep() -> Step {
    power_state(POWER_DEVICE_D2)
}

/// Long enough for an idle device to be suspended.
pub(super) const fn a_while() -> Step {
    Step::Sleep { microseconds: 30_000 }
}

fn signal() -> Step {
    power(PowerOperation::DeviceWakes { device: DEVICE.into() })
}

/// The device may have been heard, or not.
fn signal_unheard() -> Step {
    let operation = PowerOperation::DeviceWakes { device: DEVICE.into() };
    Step::Power { operation, expect: Expected::anything() }
}

fn race(branches: Vec<Vec<Step>>) -> Step {
    Step::Race(Race { branches: branches.into_iter().map(Branch::new).collect() })
}

/// A request that needs no data and may meet a device that is gone.
fn any_read(request: &str) -> [Step; 3] {
    [submit_read(request), Step::Cancel { request: request.into() }, wait(request, Expected::anything())]
}

fn idle_device() -> Scenario {
    let mut steps = vec![plug_eager(), open(), asleep(), Step::Expect(Expectation::PowerQuiet)];
    steps.extend(echo(FILE, 19));
    steps.push(power_state(POWER_DEVICE_D0));
    steps.extend([a_while(), asleep()]);
    steps.extend(control_transfers(FILE, 23));
    steps.extend([a_while(), asleep()]);
    for state in [Sleep::S1, Sleep::S3, Sleep::S4] {
        steps.extend([sleep(state), wake(), a_while(), asleep(), Step::Expect(Expectation::PowerQuiet)]);
    }
    steps.extend(echo(FILE, 29));
    steps.extend(end());
    scenario("idle_device", "an idle device is suspended, and comes up for the next request", steps)
}

fn idle_and_pnp() -> Scenario {
    let mut steps = vec![plug_eager()];
    for operation in [PnpOperation::CancelRemove, PnpOperation::CancelStop, PnpOperation::Rebalance] {
        steps.extend([a_while(), asleep(), pnp(operation)]);
    }
    steps.extend([a_while(), asleep(), pnp(PnpOperation::Disable), pnp(PnpOperation::Enable)]);
    steps.extend([a_while(), asleep(), pnp(PnpOperation::Disable), unplug(), Step::Unload]);
    scenario("idle_and_pnp", "a suspended device is queried, stopped, started, disabled and enabled", steps)
}

fn idle_races() -> Scenario {
    let almost = Step::Sleep { microseconds: 9_700 };
    let later = |microseconds| Step::Sleep { microseconds };
    let mut steps = vec![plug_eager(), open(), almost.clone()];
    let first = any_read("first").to_vec();
    let mut second = vec![later(200)];
    second.extend(any_read("second"));
    let mut third = vec![later(500)];
    third.extend(any_read("third"));
    steps.push(race(vec![first, second, third]));
    steps.extend([Step::Expect(Expectation::PowerQuiet), a_while(), asleep()]);
    steps.push(race(vec![any_read("fourth").to_vec(), vec![sleep(Sleep::S3), wake()]]));
    steps.extend([Step::Expect(Expectation::PowerQuiet), a_while(), asleep()]);
    steps.extend(echo(FILE, 31));
    steps.push(almost);
    steps.push(race(vec![any_read("fifth").to_vec(), vec![sleep(Sleep::S3), wake()]]));
    steps.extend([Step::Expect(Expectation::PowerQuiet)]);
    steps.extend(end());
    scenario("idle_races", "requests, the system's sleep and idleness come at once", steps)
}

fn idle_pulled() -> Scenario {
    let mut steps = vec![plug_eager(), open(), Step::Sleep { microseconds: 9_900 }];
    steps.push(race(vec![vec![unplug()], any_read("read").to_vec()]));
    steps.extend([close(), is(NodeState::Deleted)]);
    steps.extend([plug_eager(), open(), asleep()]);
    steps.push(race(vec![vec![unplug()], any_read("another").to_vec()]));
    steps.extend([close(), is(NodeState::Deleted), Step::Unload]);
    scenario(
        "idle_pulled",
        "the device is pulled while it is being suspended, and when a request wakes it",
        steps,
    )
}

fn wakes_by_itself() -> Scenario {
    let mut steps = vec![plug_eager(), asleep(), signal(), power_state(POWER_DEVICE_D0), a_while(), asleep()];
    steps.extend([sleep(Sleep::S3), signal(), Step::Expect(Expectation::PowerQuiet), a_while(), asleep()]);
    // It cannot wake the system from S4: it is disarmed, and armed again afterwards.
    steps.extend([sleep(Sleep::S4), signal_unheard(), wake(), a_while(), asleep(), signal()]);
    steps.extend(awake());
    steps.extend([unplug(), Step::Unload]);
    scenario("wakes_by_itself", "a suspended device signals wake, and wakes the system from S3", steps)
}

fn wake_races() -> Scenario {
    let mut steps = vec![plug_eager(), open(), asleep()];
    steps.push(race(vec![any_read("first").to_vec(), vec![signal_unheard()]]));
    steps.extend([Step::Expect(Expectation::PowerQuiet), a_while(), asleep()]);
    steps.push(race(vec![vec![sleep(Sleep::S3), wake()], vec![signal_unheard()]]));
    steps.extend([Step::Expect(Expectation::PowerQuiet), a_while(), asleep(), close()]);
    steps.push(race(vec![vec![pnp(PnpOperation::Disable)], vec![signal_unheard()]]));
    steps.extend([pnp(PnpOperation::Enable), asleep()]);
    steps.push(race(vec![vec![unplug()], vec![signal_unheard()]]));
    steps.extend([is(NodeState::Deleted), Step::Unload]);
    scenario("wake_races", "a suspended device signals wake while it is needed, sleeps, or goes", steps)
}

/// An eager device whose INF file lets the user choose.
fn plug_with_boxes() -> Step {
    let Step::Plug(mut plug) = plug_eager() else { return plug_eager() };
    plug.values.insert("UserSetDeviceIdleEnabled".into(), 1);
    Step::Plug(plug)
}

fn check_box(of: CheckBox, asked: Asked) -> Step {
    pnp(PnpOperation::CheckBox { of, asked })
}

fn check_boxes() -> Scenario {
    let mut steps = vec![plug_with_boxes(), open(), a_while(), asleep()];
    for of in [CheckBox::Idle, CheckBox::Wake] {
        steps.extend(
            [Asked::All(true), Asked::Single(true), Asked::TooSmall].map(|asked| check_box(of, asked)),
        );
        let nobody = PnpOperation::CheckBox { of, asked: Asked::Nobody };
        steps.push(pnp_ends(nobody, ends(WMI_INSTANCE_NOT_FOUND)));
    }
    // Nobody wakes the computer any more; nor is the device suspended.
    steps.extend([
        check_box(CheckBox::Wake, Asked::Change(false)),
        check_box(CheckBox::Wake, Asked::All(false)),
        check_box(CheckBox::Idle, Asked::ChangeItem(false)),
        check_box(CheckBox::Idle, Asked::Single(false)),
    ]);
    steps.extend(echo(FILE, 37));
    steps.extend([a_while(), power_state(POWER_DEVICE_D0)]);
    steps.extend(nap(Sleep::S3));
    steps.extend([check_box(CheckBox::Idle, Asked::Change(true)), a_while(), asleep()]);
    steps.extend(end());
    scenario("check_boxes", "the user allows and forbids what Device Manager's check boxes say", steps)
}

fn check_boxes_and_pnp() -> Scenario {
    let all = |of| Step::Pnp {
        device: DEVICE.into(),
        operation: PnpOperation::CheckBox { of, asked: Asked::All(true) },
        expect: Expected::anything(),
    };
    let mut steps = vec![plug_with_boxes(), a_while(), asleep()];
    steps.push(race(vec![
        vec![pnp(PnpOperation::Rebalance)],
        vec![all(CheckBox::Idle), all(CheckBox::Wake)],
        vec![all(CheckBox::Wake)],
    ]));
    steps.extend([check_box(CheckBox::Idle, Asked::All(true)), pnp(PnpOperation::Disable)]);
    steps.extend([pnp(PnpOperation::Enable), a_while(), check_box(CheckBox::Wake, Asked::All(true))]);
    steps.push(race(vec![vec![unplug()], vec![all(CheckBox::Idle)], vec![all(CheckBox::Wake)]]));
    steps.extend([is(NodeState::Deleted), Step::Unload]);
    scenario(
        "check_boxes_and_pnp",
        "the check boxes are read while the device is stopped, disabled and pulled",
        steps,
    )
}

/// `STATUS_WMI_INSTANCE_NOT_FOUND`
const WMI_INSTANCE_NOT_FOUND: NtStatus = NtStatus(0xC000_0296);

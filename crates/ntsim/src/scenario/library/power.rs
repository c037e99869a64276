//! The system sleeps and wakes, the device is powered down and up: around, before and during everything else.
//!
//! A driver that passes power requests down plays these with its device in D0 all the time; a power policy owner's
//! follows the system.

use super::build::{
    FILE, close, control_transfers, echo, ends, is, open, plug, plug_with_filter, pnp, pnp_ends, scenario,
    submit_read, unplug, wait,
};
use crate::{
    abi::{
        power::{POWER_DEVICE_D0, POWER_DEVICE_D2},
        status::STATUS_UNSUCCESSFUL,
    },
    pnp::{FilterFailure, NodeState, Refusal, Way},
    power::Sleep,
    scenario::{Branch, DEVICE, Expectation, Expected, PnpOperation, PowerOperation, Race, Scenario, Step},
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
    ]
}

fn power(operation: PowerOperation) -> Step {
    Step::Power { operation, expect: Expected::success() }
}

fn sleep(state: Sleep) -> Step {
    power(PowerOperation::Sleep { state, critical: false })
}

fn wake() -> Step {
    power(PowerOperation::Wake)
}

fn awake() -> [Step; 2] {
    [power_state(POWER_DEVICE_D0), Step::Expect(Expectation::PowerQuiet)]
}

fn power_state(state: u32) -> Step {
    Step::Expect(Expectation::PowerState { device: DEVICE.into(), state })
}

fn device_power(state: u32) -> Step {
    pnp(PnpOperation::DevicePower { state, query: false })
}

/// Into a state and out again.
fn nap(state: Sleep) -> Vec<Step> {
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

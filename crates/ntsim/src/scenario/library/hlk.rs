//! The device fundamentals tests of the Windows Hardware Lab Kit, as far as a simulated machine can play them.
//!
//! The names are recognisable. The order of the IRPs is that of the page `devtest/pnp-tests--device-fundamentals-`.
//! The filter that the kit puts above the driver is there too; in the lives of campaigns it asserts as well.

use usb_models::models::loopback;
use usbclient_protocol::control_code;

use super::{
    build::{
        FILE, PACKET, arrived, cancel, close, close_file, control_transfers, echo, ends, ioctl, is, open,
        plug_with_filter, pnp, pnp_ends, scenario, submit_read, submit_read_of, unplug, wait,
    },
    removal::fails,
};
use crate::{
    abi::{
        irp_major::{
            IRP_MJ_FLUSH_BUFFERS, IRP_MJ_QUERY_INFORMATION, IRP_MJ_QUERY_SECURITY,
            IRP_MJ_QUERY_VOLUME_INFORMATION, IRP_MJ_SET_INFORMATION,
        },
        status::{STATUS_CANCELLED, STATUS_INVALID_DEVICE_REQUEST, STATUS_UNSUCCESSFUL},
    },
    pnp::{NodeState, Refusal, Way},
    power::Sleep,
    scenario::{
        Branch, Bytes, Code, DEVICE, Expectation, Expected, Ioctl, Open, PnpOperation, PowerOperation, Race,
        Scenario, Step, fill,
    },
};

/// One test of the kit.
#[derive(Clone, Debug)]
pub struct HlkTest {
    /// Its name in the kit.
    pub name: &'static str,
    /// What plays it here, or why nothing does.
    pub played: Result<Scenario, &'static str>,
}

/// The tests, in the kit's order.
#[must_use]
pub fn tests() -> Vec<HlkTest> {
    let not = |name, why| HlkTest { name, played: Err(why) };
    let mut all = pnp_tests();
    all.extend(io_tests());
    all.extend(penetration());
    all.extend(sleep_tests());
    all.extend([
        not("DF - InfVerif INF Verification", "reads the package, not the driver: a tool of the WDK"),
        not(
            "HyperVisor Code Integrity Readiness Test",
            "reads the file: `cargo xtask audit` checks the same",
        ),
    ]);
    all
}

/// The scenarios among them.
pub(super) fn all() -> Vec<Scenario> {
    tests().into_iter().filter_map(|test| test.played.ok()).collect()
}

/// The table of `docs/hlk.md`.
#[must_use]
pub fn page() -> String {
    let row = |test: &HlkTest| match &test.played {
        Ok(scenario) => format!("| {} | `{}`: {} |\n", test.name, scenario.name, scenario.about),
        Err(why) => format!("| {} | not played: {why} |\n", test.name),
    };
    let rows: Vec<String> = tests().iter().map(row).collect();
    format!("{HEAD}{}", rows.concat())
}

const HEAD: &str = "# The device fundamentals tests of the Windows Hardware Lab Kit\n\n\
    Generated from `crates/ntsim/src/scenario/library/hlk.rs`; a test compares.\n\n\
    These scenarios do what the kit's tests of these names are documented to do, on the simulated kernel. They are no\n\
    substitute for the kit. `ntsim run DRIVER.sys --scenario NAME` plays one.\n\n\
    | the kit's test | here |\n|---|---|\n";

const fn test(name: &'static str, scenario: Scenario) -> HlkTest {
    HlkTest { name, played: Ok(scenario) }
}

/// A device with the kit's filter above, that is used, goes through `middle`, is used again and is pulled.
fn with_io(name: &str, about: &str, middle: Vec<Step>) -> Scenario {
    let mut steps = vec![plug_with_filter(), is(NodeState::Started)];
    steps.extend(used(1));
    steps.extend(middle);
    steps.extend(used(2));
    steps.extend([unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario(name, about, steps)
}

/// The same, and the device does not come back.
fn gone(name: &str, about: &str, middle: Vec<Step>) -> Scenario {
    let mut steps = vec![plug_with_filter(), is(NodeState::Started)];
    steps.extend(used(1));
    steps.extend(middle);
    steps.extend([is(NodeState::Deleted), Step::Unload]);
    scenario(name, about, steps)
}

/// What the kit's simple I/O plug-in does.
fn used(seed: u64) -> Vec<Step> {
    let mut steps = vec![open()];
    steps.extend(echo(FILE, seed));
    steps.extend(control_transfers(FILE, seed));
    steps.push(close());
    steps
}

fn pnp_tests() -> Vec<HlkTest> {
    let removed = || vec![pnp(PnpOperation::Disable), is(NodeState::Removed), arrived(false)];
    let back = || vec![pnp(PnpOperation::Enable), is(NodeState::Started), arrived(true)];
    let both = || [removed(), back()].concat();
    vec![
        test(
            "DF - PNP Cancel Remove Device Test",
            with_io(
                "df_pnp_cancel_remove_device",
                "QUERY_REMOVE that the filter fails, CANCEL_REMOVE",
                vec![
                    fails(Refusal::QueryRemove, Way::Up),
                    pnp_ends(PnpOperation::QueryRemove, ends(STATUS_UNSUCCESSFUL)),
                    pnp(PnpOperation::CancelRemove),
                    is(NodeState::Started),
                ],
            ),
        ),
        test(
            "DF - PNP Cancel Stop Device Test",
            with_io(
                "df_pnp_cancel_stop_device",
                "QUERY_STOP that the filter fails, CANCEL_STOP",
                vec![
                    fails(Refusal::QueryStop, Way::Up),
                    pnp_ends(PnpOperation::Rebalance, ends(STATUS_UNSUCCESSFUL)),
                    pnp(PnpOperation::CancelStop),
                    is(NodeState::Started),
                ],
            ),
        ),
        test(
            "DF - PNP DIF Remove Device Test",
            with_io("df_pnp_dif_remove_device", "the device is uninstalled and found again", both()),
        ),
        test(
            "DF - PNP Disable And Enable Device Test",
            with_io(
                "df_pnp_disable_and_enable_device",
                "disabled and enabled, twice",
                [both(), both()].concat(),
            ),
        ),
        test("DF - PNP Rebalance Fail Restart Device Test", rebalance_fails()),
        test(
            "DF - PNP Rebalance Request New Resources Device Test",
            with_io(
                "df_pnp_rebalance_request_new_resources_device",
                "new resources are asked for and given to the device that works: START without STOP",
                vec![
                    pnp(PnpOperation::QueryPnpDeviceState),
                    pnp_ends(PnpOperation::Minor { minor: 0x0B }, Expected::anything()),
                    pnp_ends(PnpOperation::Minor { minor: 0x0D }, Expected::anything()),
                    pnp(PnpOperation::Start),
                    is(NodeState::Started),
                ],
            ),
        ),
        test(
            "DF - PNP Remove Device Test",
            gone("df_pnp_remove_device", "QUERY_REMOVE, REMOVE", [removed(), vec![unplug()]].concat()),
        ),
        test(
            "DF - PNP Stop (Rebalance) Device Test",
            with_io(
                "df_pnp_stop_rebalance_device",
                "QUERY_STOP, questions about resources, STOP, START",
                vec![pnp(PnpOperation::Rebalance), is(NodeState::Started), pnp(PnpOperation::Rebalance)],
            ),
        ),
        test(
            "DF - PNP Surprise Remove Device Test",
            gone(
                "df_pnp_surprise_remove_device",
                "SURPRISE_REMOVAL with requests in flight, REMOVE",
                vec![
                    open(),
                    submit_read("in flight"),
                    unplug(),
                    wait("in flight", Expected::anything()),
                    is(NodeState::DeletePendingCloses),
                    close(),
                ],
            ),
        ),
    ]
}

fn rebalance_fails() -> Scenario {
    gone(
        "df_pnp_rebalance_fail_restart_device",
        "QUERY_STOP, STOP, START failed by the filter on the way up, SURPRISE_REMOVAL, REMOVE",
        vec![
            pnp_ends(PnpOperation::RebalanceFailRestart, ends(STATUS_UNSUCCESSFUL)),
            is(NodeState::Removed),
            unplug(),
        ],
    )
}

fn io_tests() -> Vec<HlkTest> {
    let restarted = || vec![pnp(PnpOperation::Disable), pnp(PnpOperation::Enable), is(NodeState::Started)];
    vec![
        test(
            "DF - Reboot restart with IO before and after",
            with_io(
                "df_reboot_restart_with_io_before_and_after",
                "the device is restarted; the machine is not rebooted",
                restarted(),
            ),
        ),
        test(
            "DF - Reinstall with IO Before and After",
            with_io(
                "df_reinstall_with_io_before_and_after",
                "the device is uninstalled and installed again, twice; the driver stays loaded",
                [restarted(), restarted()].concat(),
            ),
        ),
        test("DF - SimpleIO stress test with IO process termination", process_termination()),
        test("DF - Concurrent Hardware And Operating System (CHAOS) Test", chaos()),
    ]
}

fn process_termination() -> Scenario {
    let mut middle = Vec::new();
    for round in 0..4 {
        let process = format!("process {round}");
        for number in 0..3 {
            let file = format!("{process}, file {number}");
            let of = Open { process: process.clone(), ..Open::new(DEVICE, &file) };
            middle.push(Step::Open(of));
            for read in 0..4 {
                middle.push(submit_read_of(&format!("{file}, read {read}"), &file));
            }
            let write = Ioctl::write(&file, loopback::BULK_OUT, Bytes::pattern(round, PACKET));
            middle.push(Step::Submit { request: format!("{file}, write"), ioctl: write });
        }
        middle.push(Step::ExitProcess { process });
    }
    // What was written by processes that are gone is still in the device.
    middle.extend(flushed());
    with_io(
        "df_simpleio_stress_with_io_process_termination",
        "processes end with requests in flight on several handles",
        middle,
    )
}

/// Empties the loop of the device.
fn flushed() -> [Step; 3] {
    let setup = usbclient_protocol::SetupPacket {
        request_type: 0x40,
        request: loopback::FLUSH,
        ..usbclient_protocol::SetupPacket::default()
    };
    [open(), ioctl(Ioctl::control_out(FILE, setup, Bytes::none()), Expected::success()), close()]
}

fn chaos() -> Scenario {
    let io = |file: &str| {
        let mut steps = vec![Step::Open(Open { expect: Expected::anything(), ..Open::new(DEVICE, file) })];
        for number in 0..4 {
            let request = format!("{file}, {number}");
            steps.push(possible(submit_read_of(&request, file)));
            steps.push(possible(cancel(&request)));
            steps.push(possible(wait(&request, Expected::anything())));
        }
        steps.push(possible(close_file(file)));
        Branch::new(steps)
    };
    let operation = |operation| possible(pnp_ends(operation, Expected::anything()));
    let pnp = Branch::new(vec![
        operation(PnpOperation::Rebalance),
        operation(PnpOperation::Disable),
        operation(PnpOperation::Enable),
        operation(PnpOperation::CancelRemove),
        operation(PnpOperation::Rebalance),
    ]);
    let again = vec![possible(pnp_ends(PnpOperation::Enable, Expected::anything())), is(NodeState::Started)];
    let race = Step::Race(Race { branches: vec![io("a"), io("b"), pnp] });
    let middle = [vec![race], again].concat();
    with_io("df_chaos", "requests, stops, removals and starts at once", middle)
}

/// A step that need not be possible when its turn comes.
fn possible(step: Step) -> Step {
    Step::Try { step: Box::new(step) }
}

/// The system sleeps.
fn sleep_tests() -> Vec<HlkTest> {
    let each = || [Sleep::S1, Sleep::S2, Sleep::S3, Sleep::S4];
    let naps = |critical| each().into_iter().flat_map(move |state| nap(state, critical)).collect::<Vec<_>>();
    let mut and_pnp = Vec::new();
    for state in each() {
        and_pnp.extend([pnp(PnpOperation::Disable), pnp(PnpOperation::Enable), is(NodeState::Started)]);
        and_pnp.extend(used(5));
        and_pnp.extend(nap(state, false));
        and_pnp.extend(used(6));
    }
    vec![
        test(
            "DF - Sleep and PNP (disable and enable) with IO Before and After",
            with_io(
                "df_sleep_and_pnp_with_io_before_and_after",
                "disabled, enabled, asleep, in turn",
                and_pnp,
            ),
        ),
        test(
            "DF - Sleep with IO Before and After",
            with_io("df_sleep_with_io_before_and_after", "asleep in S1, S2, S3 and S4", naps(false)),
        ),
        test("DF - Sleep with IO During", sleep_with_io_during()),
        test(
            "DF - Critical Sleep / Reboot",
            with_io(
                "df_critical_sleep",
                "asleep without a question; the machine is not rebooted",
                naps(true),
            ),
        ),
    ]
}

/// Into a state and out of it, until no power request is under way.
fn nap(state: Sleep, critical: bool) -> [Step; 3] {
    let power = |operation| Step::Power { operation, expect: Expected::success() };
    [
        power(PowerOperation::Sleep { state, critical }),
        power(PowerOperation::Wake),
        Step::Expect(Expectation::PowerQuiet),
    ]
}

fn sleep_with_io_during() -> Scenario {
    let mut middle = vec![open(), submit_read("before")];
    for state in [Sleep::S1, Sleep::S3, Sleep::S4] {
        let [asleep, awake, quiet] = nap(state, false);
        let during = format!("during {state:?}");
        let io = vec![submit_read(&during), cancel(&during)];
        let branches = vec![Branch::new(vec![asleep, awake]), Branch::new(io)];
        middle.extend([Step::Race(Race { branches }), quiet, wait(&during, Expected::anything())]);
    }
    middle.extend([cancel("before"), wait("before", Expected::anything()), close()]);
    middle.extend(flushed());
    with_io("df_sleep_with_io_during", "a read waits, others come and are cancelled meanwhile", middle)
}

/// The penetration tests: what a program can do that means no good.
fn penetration() -> Vec<HlkTest> {
    vec![
        test("DF - Fuzz random IOCTL test", random_ioctl()),
        test("DF - Fuzz zero length buffer IOCTL test", zero_length()),
        test("DF - Fuzz open and close test", open_and_close()),
        test("DF - Fuzz sub-opens test", sub_opens()),
        test("DF - Fuzz misc API test", misc_api()),
    ]
}

fn random_ioctl() -> Scenario {
    let mut numbers = [0; 64 * 16];
    fill(0x1071, 0, &mut numbers);
    let mut middle = vec![open()];
    for chunk in numbers.chunks_exact(8) {
        let [a, b, c, d, input, output, kind, _] = *chunk else { continue };
        let any = u32::from_le_bytes([a, b, c, d]);
        // The device type of the driver's own interface in half of them.
        let code = if kind & 1 == 0 { any } else { (control_code::DEVICE_TYPE << 16) | (any & 0xFFFF) };
        let buffer = |length: u8, seed| Bytes::pattern(seed, u32::from(length) * 5);
        let request = "fuzz";
        middle.push(Step::Submit {
            request: request.into(),
            ioctl: Ioctl::new(FILE, code, buffer(input, 1), buffer(output, 2)),
        });
        middle.extend([cancel(request), wait(request, Expected::anything())]);
    }
    middle.push(close());
    middle.extend(flushed());
    with_io("df_fuzz_random_ioctl", "random control codes with random buffers", middle)
}

fn zero_length() -> Scenario {
    let mut middle = vec![open()];
    for code in control_code::ALL {
        // A cycled port is the end of the file.
        for code in (0..4).map(|method| (code & !3) | method).filter(|&code| code != control_code::CYCLE_PORT)
        {
            let none = Ioctl::new(FILE, code, Bytes::none(), Bytes::none());
            middle.push(ioctl(none, Expected::anything()));
        }
    }
    middle.push(close());
    with_io("df_fuzz_zero_length_buffer_ioctl", "each control code without buffers, by each method", middle)
}

fn open_and_close() -> Scenario {
    let mut middle = Vec::new();
    for round in 0..8 {
        let names: Vec<String> = (0..8).map(|number| format!("file {number}")).collect();
        for (number, name) in (0..).zip(&names) {
            let access = |bit: u32| (number + round) & bit != 0;
            let open = Open { read: access(1), write: access(2), ..Open::new(DEVICE, name) };
            middle.push(Step::Open(open));
        }
        middle.extend(names.iter().map(|name| close_file(name)));
    }
    with_io("df_fuzz_open_and_close", "many opens with all kinds of access, closed in order", middle)
}

fn sub_opens() -> Scenario {
    let long = "\\x".repeat(300);
    let paths = ["\\", "\\sub", "\\..\\..", "\\a:b", "\\\u{FFFF}", " ", "\\PIPE0", &long];
    let mut middle = Vec::new();
    for path in paths {
        let open = Open { path: path.into(), expect: Expected::anything(), ..Open::new(DEVICE, "sub") };
        middle.extend([Step::Open(open), possible(close_file("sub"))]);
    }
    with_io("df_fuzz_sub_opens", "names behind the device's name", middle)
}

fn misc_api() -> Scenario {
    let refused = || ends(STATUS_INVALID_DEVICE_REQUEST);
    let file = || FILE.to_owned();
    let mut middle = vec![
        open(),
        Step::ReadFile { file: file(), length: 0, expect: refused() },
        Step::ReadFile { file: file(), length: 1, expect: refused() },
        Step::WriteFile { file: file(), data: Bytes::none(), expect: refused() },
        Step::WriteFile { file: file(), data: Bytes::pattern(1, PACKET), expect: refused() },
        Step::Duplicate { file: file(), handle: "second".into() },
        Step::CancelFile { file: file() },
        close_file("second"),
        submit_read("read"),
        Step::CancelFile { file: file() },
        wait("read", ends(STATUS_CANCELLED)),
        close(),
    ];
    let majors = [
        IRP_MJ_QUERY_INFORMATION,
        IRP_MJ_SET_INFORMATION,
        IRP_MJ_FLUSH_BUFFERS,
        IRP_MJ_QUERY_VOLUME_INFORMATION,
        IRP_MJ_QUERY_SECURITY,
    ];
    middle.extend(majors.map(|major| Step::Send {
        device: DEVICE.into(),
        major,
        code: Code(0),
        expect: Expected::anything(),
    }));
    with_io("df_fuzz_misc_api", "reads, writes, duplicates, cancels and what files are asked", middle)
}

//! The races: two or three threads each, as small as they can be.

use usb_models::models::loopback;
use usbclient_protocol::ReaderStart;

use crate::{
    campaign::Plan,
    pnp::NodeState,
    power::Sleep,
    scenario::{
        Branch, Bytes, DEVICE, Expectation, Expected, Ioctl, Open, Plug, PnpOperation, PowerOperation, Race,
        Scenario, Step,
    },
};

/// What belongs here and is not done.
pub const NOT_RUN: &[&str] = &[];

/// Separates a race from the device model it is played with, for a driver that is not usbclient.
const WITH: char = '@';
/// The handle that the threads use, and another.
const FILE: &str = "file";
const SECOND: &str = "second file";
/// The length of a transfer, in bytes.
const LENGTH: u32 = 512;
/// The device that gives back what it gets.
const MODEL: &str = "loopback-hs";
/// One read at a time.
const READER: ReaderStart = ReaderStart {
    target: loopback::BULK_IN as u32,
    transfer_length: LENGTH,
    transfer_count: 1,
    ring_length: LENGTH,
    flags: 0,
    reserved: 0,
};
/// `PowerDeviceD0`, `PowerDeviceD3`
const D0: u32 = 1;
const D3: u32 = 4;

/// The names of those that suit the driver of a plan.
pub(super) fn names(plan: &Plan) -> Vec<String> {
    let name = |race: Scenario| match &plan.device {
        None => race.name,
        Some(model) => format!("{}{WITH}{model}", race.name),
    };
    all(MODEL).into_iter().map(name).collect()
}

/// The race with this name, and whether it was written for the driver that is tried.
pub(super) fn find(name: &str) -> Option<(Scenario, bool)> {
    let (race, model) = name.split_once(WITH).map_or((name, None), |(race, model)| (race, Some(model)));
    let mut scenario = all(model.unwrap_or(MODEL)).into_iter().find(|scenario| scenario.name == race)?;
    name.clone_into(&mut scenario.name);
    Some((scenario, model.is_none()))
}

/// All of them, with this device.
#[must_use]
pub fn all(model: &str) -> Vec<Scenario> {
    let mut races = of_transfers(model);
    races.extend(of_power(model));
    races
}

/// Races of transfers with handles, time and the device's end.
fn of_transfers(model: &str) -> Vec<Scenario> {
    let race = |name, about, before, branches, after| race(model, (name, about), before, branches, after);
    vec![
        race(
            "read_and_remove",
            "a read passes the gate while REMOVE runs to its wait",
            vec![],
            vec![vec![read_now()], vec![pnp(PnpOperation::Remove)]],
            gone_after(vec![close(FILE), unplug()]),
        ),
        race(
            "read_and_cancel",
            "a read is cancelled while it is on its way down",
            vec![],
            vec![vec![submit("read", FILE)], vec![cancel_all()]],
            gone_after(vec![cancel_all(), wait("read"), close(FILE), unplug()]),
        ),
        race(
            "read_and_surprise",
            "the device is pulled while a read is on its way down",
            vec![],
            vec![vec![read_now()], vec![unplug()]],
            gone_after(vec![close(FILE)]),
        ),
        race(
            "close_and_surprise",
            "the last handle is closed while the device is pulled",
            vec![],
            vec![vec![close(FILE)], vec![unplug()]],
            gone_after(vec![]),
        ),
        race(
            "two_reads_and_abort",
            "the pipe is aborted while two reads are on their way down",
            vec![],
            vec![
                vec![submit("one", FILE)],
                vec![submit("two", FILE)],
                vec![ioctl(Ioctl::abort(FILE, loopback::BULK_IN))],
            ],
            gone_after(vec![cancel_all(), wait("one"), wait("two"), close(FILE), unplug()]),
        ),
        race(
            "cleanup_and_completion",
            "a handle is closed while the data for its read arrive",
            vec![open(SECOND), submit("read", SECOND)],
            vec![vec![write_now()], vec![close(SECOND)]],
            gone_after(vec![wait("read"), close(FILE), unplug()]),
        ),
        race(
            "timeout_and_completion",
            "a read's time is over at the moment when its data arrive, and its slot is used again",
            vec![submit_within("read")],
            vec![vec![a_millisecond(), write_now()], vec![wait("read"), submit_within("again")]],
            gone_after(vec![cancel_all(), wait("again"), close(FILE), unplug()]),
        ),
        race(
            "timeout_and_remove",
            "a read's time is over at the moment when the device is removed",
            vec![submit_within("read")],
            vec![vec![a_millisecond(), pnp(PnpOperation::Remove)], vec![wait("read")]],
            gone_after(vec![close(FILE), unplug()]),
        ),
        race(
            "reader_and_stop",
            "continuous reading is stopped while data arrive",
            vec![ioctl(Ioctl::start_reader(FILE, READER)), submit("read", FILE)],
            vec![vec![write_now()], vec![ioctl(Ioctl::stop_reader(FILE, loopback::BULK_IN))]],
            gone_after(vec![cancel_all(), wait("read"), close(FILE), unplug()]),
        ),
    ]
}

/// Races of power IRPs with transfers.
fn of_power(model: &str) -> Vec<Scenario> {
    let race = |name, about, before, branches, after| race(model, (name, about), before, branches, after);
    vec![
        race(
            "power_and_read",
            "a device power IRP passes through while a read is on its way down",
            vec![],
            vec![vec![submit("read", FILE)], vec![power(D3)]],
            gone_after(vec![power(D0), cancel_all(), wait("read"), close(FILE), unplug()]),
        ),
        race(
            "sleep_and_read",
            "the system goes to sleep while a read is on its way down",
            vec![],
            vec![vec![submit("read", FILE)], vec![sleep()]],
            gone_after(vec![wake(), cancel_all(), wait("read"), close(FILE), unplug()]),
        ),
        race(
            "sleep_and_write",
            "the system goes to sleep while a write is on its way down",
            vec![],
            vec![vec![submit_write("write", FILE)], vec![sleep()]],
            gone_after(vec![wake(), wait("write"), close(FILE), unplug()]),
        ),
        race(
            "wake_and_read",
            "the system wakes while a read that waited is cancelled and another comes",
            vec![sleep(), submit("held", FILE)],
            vec![vec![wake()], vec![submit("read", FILE), cancel_all()]],
            gone_after(vec![cancel_all(), wait("held"), wait("read"), close(FILE), unplug()]),
        ),
        race(
            "wake_and_pull",
            "the device is pulled while the system wakes, with a read that waits",
            vec![submit("read", FILE), sleep()],
            vec![vec![wake()], vec![unplug()]],
            gone_after(vec![wait("read"), close(FILE)]),
        ),
        race(
            "wake_and_pull_with_reset",
            "the device is pulled while the system wakes, with a reset of a pipe that waits for the work item",
            vec![sleep(), submit_reset("reset")],
            vec![vec![wake()], vec![unplug()]],
            gone_after(vec![wait("reset"), close(FILE)]),
        ),
        race(
            "power_down_and_surprise",
            "the device is pulled while a device power IRP goes down, with a read in flight",
            vec![submit("read", FILE)],
            vec![vec![power(D3)], vec![unplug()]],
            gone_after(vec![wait("read"), close(FILE)]),
        ),
    ]
}

fn race(
    model: &str,
    (name, about): (&str, &str),
    before: Vec<Step>,
    branches: Vec<Vec<Step>>,
    after: Vec<Step>,
) -> Scenario {
    let plug = Plug { expect: Expected::anything(), ..Plug::new(DEVICE, model) };
    let mut steps = vec![Step::Plug(plug), open(FILE)];
    steps.extend(before);
    steps.push(Step::Race(Race { branches: branches.into_iter().map(Branch::new).collect() }));
    steps.extend(after);
    Scenario { name: name.into(), about: about.into(), steps }
}

fn gone_after(mut steps: Vec<Step>) -> Vec<Step> {
    let gone = Expectation::State { device: DEVICE.into(), state: NodeState::Deleted };
    steps.extend([Step::Expect(gone), Step::Unload]);
    steps
}

fn open(file: &str) -> Step {
    Step::Open(Open { expect: Expected::anything(), ..Open::new(DEVICE, file) })
}

fn close(file: &str) -> Step {
    Step::Close { file: file.into() }
}

fn unplug() -> Step {
    Step::Unplug { device: DEVICE.into() }
}

fn cancel_all() -> Step {
    Step::CancelFile { file: FILE.into() }
}

fn ioctl(ioctl: Ioctl) -> Step {
    Step::Ioctl { ioctl, expect: Expected::anything() }
}

fn read_now() -> Step {
    ioctl(Ioctl::read(FILE, loopback::BULK_IN, LENGTH))
}

fn write_now() -> Step {
    ioctl(Ioctl::write(FILE, loopback::BULK_OUT, Bytes::pattern(1, LENGTH)))
}

fn submit(request: &str, file: &str) -> Step {
    Step::Submit { request: request.into(), ioctl: Ioctl::read(file, loopback::BULK_IN, LENGTH) }
}

fn submit_write(request: &str, file: &str) -> Step {
    let ioctl = Ioctl::write(file, loopback::BULK_OUT, Bytes::pattern(1, LENGTH));
    Step::Submit { request: request.into(), ioctl }
}

fn submit_reset(request: &str) -> Step {
    Step::Submit { request: request.into(), ioctl: Ioctl::reset(FILE, loopback::BULK_IN) }
}

fn sleep() -> Step {
    system(PowerOperation::Sleep { state: Sleep::S3, critical: false })
}

fn wake() -> Step {
    system(PowerOperation::Wake)
}

fn system(operation: PowerOperation) -> Step {
    Step::Power { operation, expect: Expected::anything() }
}

/// A read that is given up after a millisecond.
fn submit_within(request: &str) -> Step {
    Step::Submit { request: request.into(), ioctl: Ioctl::read_within(FILE, loopback::BULK_IN, LENGTH, 1) }
}

const fn a_millisecond() -> Step {
    Step::Sleep { microseconds: 1000 }
}

fn wait(request: &str) -> Step {
    Step::Wait { request: request.into(), expect: Expected::anything() }
}

fn pnp(operation: PnpOperation) -> Step {
    Step::Pnp { device: DEVICE.into(), operation, expect: Expected::anything() }
}

fn power(state: u32) -> Step {
    pnp(PnpOperation::DevicePower { state, query: false })
}

#[cfg(test)]
mod tests {
    use super::{all, find, names};
    use crate::{campaign::Plan, scenario::Step};

    #[test]
    fn every_race_has_one_race_and_is_found_by_its_name() {
        for race in all("loopback-hs") {
            let races = race.steps.iter().filter(|step| matches!(step, Step::Race(_))).count();
            assert_eq!(races, 1, "{}", race.name);
        }
        let foreign = Plan { device: Some("loopback-hs".into()), ..Plan::default() };
        for plan in [Plan::default(), foreign] {
            for name in names(&plan) {
                let (scenario, written_for_it) = find(&name).expect("a name finds its race");
                assert_eq!((scenario.name, written_for_it), (name, plan.device.is_none()));
            }
        }
        assert!(find("nothing").is_none());
    }
}

//! What hostile programs do, at random from a seed: several processes with several handles each, requests, cancels,
//! closes and ends in between, one after the other and at once.

use usbclient_protocol::control_code;

use super::ioctl;
use crate::{
    campaign::attempt::{attempt, close, end, plug, sleep, submit, unplug},
    scenario::{Branch, Bytes, Completion, DEVICE, Expected, Face, Ioctl, Open, Plug, Race, Scenario, Step},
    sched::SplitMix,
};

/// Handles that the programs may have at a time.
const FILES: [&str; 5] = ["a", "b", "c", "d", "e"];
const PROCESSES: [&str; 3] = ["one", "two", "three"];
/// Names of requests. A name that is used again lets go of the request that it stood for.
const REQUESTS: [&str; 8] = ["r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8"];
const WAYS: [Completion; 5] = [
    Completion::Dispatch,
    Completion::Passive,
    Completion::Inline,
    Completion::InlinePending,
    Completion::Racing,
];

/// A script of one life.
pub(super) fn random(seed: u64, model: &str) -> Scenario {
    let mut random = SplitMix::new(seed);
    let face = if random.below(4) == 0 { Face::Usb2 } else { Face::Usb3 };
    let completion = ioctl::pick(&mut random, &WAYS);
    let mut steps = vec![match plug(DEVICE, model) {
        Step::Plug(plug) => Step::Plug(Plug { face, completion, ..plug }),
        other => other,
    }];
    steps.push(open(&mut random));
    let count = 8 + random.below(40);
    for _ in 0..count {
        steps.extend(act(&mut random));
    }
    if random.below(2) == 0 {
        steps.push(unplug(DEVICE));
    }
    let about = format!("what hostile programs do, seed {seed:#x}");
    Scenario { name: "callers".into(), about, steps }
}

/// Every code of the interface with every length around the interesting ones, in one life for each code.
pub(super) fn lengths(code: u32, model: &str) -> Scenario {
    const HEADERS: u32 = 12;
    let mut steps = vec![plug(DEVICE, model)];
    for file in ["a", "b"] {
        steps.push(attempt(Step::Open(Open { expect: Expected::anything(), ..Open::new(DEVICE, file) })));
    }
    for input in 0..HEADERS {
        for room in [0, 1, 3, 4, 5, 17, 18, 19, 511, 512, 513, 4096] {
            // The endpoint is there in one file's requests, and not in the other's.
            for (file, first) in [("a", 0x81), ("b", 0x42)] {
                let mut header = vec![0; usize::try_from(input).unwrap_or(0)];
                if let Some(byte) = header.first_mut() {
                    *byte = first;
                }
                steps.push(submit("r1", Ioctl::new(file, code, Bytes::of(header), Bytes::room(room))));
                steps.extend(end("r1"));
            }
        }
    }
    steps.extend([close("a"), close("b"), unplug(DEVICE)]);
    Scenario { name: "lengths".into(), about: format!("control code {code:#x} with each length"), steps }
}

/// The codes that are tried with each length: those of the interface, each with the other methods too.
pub(super) fn codes() -> impl Iterator<Item = u32> {
    control_code::ALL.into_iter().flat_map(|code| (0..4).map(move |method| (code & !3) | method))
}

fn act(random: &mut SplitMix) -> Vec<Step> {
    if random.below(10) != 0 {
        return single(random);
    }
    let mut branch = || {
        let count = 1 + random.below(4);
        Branch::new((0..count).flat_map(|_| single(random)).collect())
    };
    let branches = vec![branch(), branch(), branch()];
    vec![Step::Race(Race { branches })]
}

/// One thing that one thread of a program does.
fn single(random: &mut SplitMix) -> Vec<Step> {
    let file = ioctl::pick(random, &FILES);
    let request = ioctl::pick(random, &REQUESTS);
    match random.below(24) {
        0 | 1 => vec![open(random)],
        2 => vec![close(file)],
        3 => {
            let handle = ioctl::pick(random, &FILES).into();
            vec![attempt(Step::Duplicate { file: file.into(), handle })]
        }
        4 => vec![attempt(Step::CancelFile { file: file.into() })],
        5 | 6 => vec![attempt(Step::Cancel { request: request.into() })],
        7 | 8 => end(request).into(),
        9 => {
            let process = ioctl::pick(random, &PROCESSES).into();
            vec![attempt(Step::ExitProcess { process })]
        }
        10 => vec![sleep(random.below(3000))],
        _ => vec![submit(request, ioctl::any(random, file))],
    }
}

fn open(random: &mut SplitMix) -> Step {
    let file = ioctl::pick(random, &FILES);
    let access = random.below(8);
    let open = Open {
        process: ioctl::pick(random, &PROCESSES).into(),
        read: access != 0,
        write: access != 1,
        expect: Expected::anything(),
        ..Open::new(DEVICE, file)
    };
    attempt(Step::Open(open))
}

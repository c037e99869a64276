//! A device that goes by itself, at every turn on the bus that the driver's life has.

use nt_trace::EventKind;
use ntsim::{
    life::survive,
    machine::Choices,
    scenario::{Bytes, DEVICE, Expected, Ioctl, Open, Plug, Scenario, Step},
};
use scenarios::{machine, order};

const FILE: &str = "file";

/// Plugs the device in and keeps it busy until it goes.
fn life_until(turn: u32) -> Scenario {
    let model = format!("loopback-hs:gone={turn}");
    let mut steps = vec![
        Step::Plug(Plug { expect: Expected::anything(), ..Plug::new(DEVICE, &model) }),
        Step::Open(Open::new(DEVICE, FILE)),
    ];
    for number in 0..4 {
        let ioctl = Ioctl::write(FILE, 0x01, Bytes::pattern(number, 20_000));
        steps.push(Step::Submit { request: format!("write {number}"), ioctl });
    }
    for number in 0..4 {
        let ioctl = Ioctl::read(FILE, 0x81, 1024);
        steps.push(Step::Submit { request: format!("read {number}"), ioctl });
    }
    steps.push(Step::Sleep { microseconds: 50_000 });
    for what in ["write", "read"] {
        for number in 0..4 {
            let request = format!("{what} {number}");
            steps.push(Step::Wait { request, expect: Expected::anything() });
        }
    }
    steps.push(Step::Close { file: FILE.into() });
    Scenario { name: format!("gone_at_{turn}"), about: "a device that goes by itself".into(), steps }
}

#[test]
fn at_every_turn() {
    let mut machine = machine();
    let mut busy = 0;
    for turn in 1..=24 {
        for seed in 0..=2 {
            let choices = if seed == 0 { Choices::InTurn } else { Choices::Seed(seed) };
            machine.next_life(choices).expect("a new life");
            let life = survive(&mut machine, &life_until(turn));
            let what = format!("turn {turn}, seed {seed}");
            let said: Vec<String> = life.violations.iter().map(|found| format!("{found:#?}")).collect();
            assert!(
                life.is_clean(),
                "{what}: {:?} {:?}\n{}",
                life.cut_short,
                life.summary(),
                said.join("\n")
            );
            order::handles_are_closed_in_time(&life.events).unwrap_or_else(|wrong| panic!("{what}: {wrong}"));
            let went = life.events.iter().any(|event| matches!(event.kind, EventKind::Unplugged(_)));
            assert!(went, "{what}: it is still there");
            busy += u32::from(life.events.iter().any(|event| matches!(event.kind, EventKind::FileOpened(_))));
        }
    }
    assert!(busy > 20, "only {busy} lives came as far as a transfer");
}

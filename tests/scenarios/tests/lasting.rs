//! What lasts when the device sleeps, stops or halts.

use std::collections::BTreeMap;

use nt_trace::event::{Call, EventKind};
use ntsim::machine::Choices;
use scenarios::{demand_clean, demand_clean_everywhere, live, machine, scenario};

macro_rules! clean {
    ($demand:ident: $($name:ident: $seeds:expr;)*) => {
        $(#[test]
        fn $name() {
            $demand(stringify!($name), $seeds);
        })*
    };
}

clean! { demand_clean:
    reader_suspended: 20;
    reader_asleep: 20;
    reader_and_idle_races: 100;
    reader_clears_halt: 20;
    reader_halts_for_ever: 20;
    reader_halts_and_sleeps: 100;
    reader_and_setting: 100;
    reader_stopped_while_stopped: 100;
    reader_of_a_device_that_always_has_data: 5;
    asked_while_suspended: 20;
    not_to_be_suspended_any_more: 20;
    busy_for_ever: 20;
    pipe_reset_on_resume: 20;
    asleep_with_streams: 20;
    setting_while_asleep: 20;
    streams_abandoned_and_setting: 100;
    streams_abandoned_asleep: 20;
    timeout_of_handle: 20;
}

clean! { demand_clean_everywhere:
    asleep_with_setting: 20;
}

/// How often each thread called a routine in a life of the scenario.
fn calls_by_thread(name: &str, routine: &str) -> Vec<usize> {
    let life = live(&mut machine(), &scenario(name), Choices::InTurn);
    assert!(life.is_clean(), "{name}: {:?}", life.summary());
    let mut calls = BTreeMap::<u32, usize>::new();
    for event in &life.events {
        if matches!(&event.kind, EventKind::Call(Call { routine: called, .. }) if called == routine) {
            *calls.entry(event.thread).or_default() += 1;
        }
    }
    calls.into_values().collect()
}

/// `START_READER` comes back after one pass, and the rest is sent by the work item.
#[test]
fn a_pass_of_reads_is_bounded() {
    let mut calls =
        calls_by_thread("reader_of_a_device_that_always_has_data", "USBD_AssignUrbToIoStackLocation");
    calls.sort_unstable();
    let most = calls.pop().expect("somebody sends");
    assert!(most > 900, "{most}: the work item");
    assert!(calls.iter().all(|calls| *calls < 80), "{calls:?}: a pass, and requests of the script");
}

/// A request in flight for ten seconds, with a suspend delay of five milliseconds.
#[test]
fn no_time_is_taken_of_a_busy_device() {
    let timers: usize = calls_by_thread("busy_for_ever", "KeSetTimer").into_iter().sum();
    assert!(timers < 20, "{timers}");
}

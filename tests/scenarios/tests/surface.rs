//! The machine as a program uses it: without a script.

use nt_trace::{NtStatus, RuleSet};
use ntsim::{
    kernel::io::user::{Process, READ, UserIo, WRITE},
    machine::{Choices, Machine},
    usb,
};
use scenarios::{driver_file, order};
use usb_models::registry;
use usbclient_protocol::{PipeTransfer, control_code};

/// A tenth of a second, in units of 100 ns.
const MOMENT: u64 = 1_000_000;
const BULK_OUT: u8 = 0x01;
const BULK_IN: u8 = 0x81;

fn transfer(code: u32, endpoint: u8, data: Vec<u8>) -> UserIo {
    UserIo::Control { code, input: PipeTransfer::new(endpoint.into()).encode().to_vec(), output: data }
}

#[test]
fn a_program_reads_what_it_wrote_and_the_cable_is_pulled() {
    let mut machine =
        Machine::load(&driver_file(), ntsim::machine::Options::default()).expect("the driver loads");
    for _ in 0..2 {
        machine.next_life(Choices::InTurn).expect("a new life");
        assert_eq!(machine.start(), Some(NtStatus::SUCCESS));
        let model = registry::by_name("loopback-hs").expect("the model exists");
        assert_eq!(machine.plug("device", model, usb::Options::default()), Some(NtStatus::SUCCESS));
        let file = machine.open("device", Process(1), READ | WRITE).expect("it runs").expect("it opens");

        let data: Vec<u8> = (0..=255).cycle().take(1_024).collect();
        let write = transfer(control_code::PIPE_WRITE, BULK_OUT, data.clone());
        let write = machine.submit(file, write).expect("it runs");
        machine.pump(MOMENT);
        let written = machine.outcome(write).expect("the write has ended");
        assert_eq!((written.status, written.information), (NtStatus::SUCCESS, 1_024));

        let read = machine.submit(file, transfer(control_code::PIPE_READ, BULK_IN, vec![0; 1_024]));
        machine.pump(MOMENT);
        let read = machine.outcome(read.expect("it runs")).expect("the read has ended");
        assert_eq!(read.output, data);

        let waiting = machine.submit(file, transfer(control_code::PIPE_READ, BULK_IN, vec![0; 512]));
        let waiting = waiting.expect("it runs");
        machine.pump(MOMENT);
        assert_eq!(machine.outcome(waiting), None, "nothing was written");
        assert_eq!(machine.cancel(waiting), Some(true));
        machine.pump(MOMENT);
        assert_eq!(machine.outcome(waiting).map(|outcome| outcome.status), Some(NtStatus::CANCELLED));

        assert_eq!(machine.unplug("device"), Some(()));
        assert_eq!(machine.close(file), Some(NtStatus::SUCCESS));
        machine.pump(MOMENT);
        machine.unload();
        assert!(machine.stopped().is_none(), "{:?}", machine.stopped());
        let events = machine.kernel_mut().trace.take();
        assert!(RuleSet::judge(&events).is_empty());
        order::handles_are_closed_in_time(&events).expect("the handle is closed before REMOVE goes down");
    }
}

#[test]
fn time_passes_as_far_as_it_was_asked_to() {
    let mut machine = scenarios::machine();
    machine.pump(MOMENT);
    assert_eq!(machine.kernel().sched.now, MOMENT);
    machine.kernel_mut().sched.at(5 * MOMENT, |_| {});
    machine.pump(MOMENT);
    assert_eq!(machine.kernel().sched.now, 2 * MOMENT, "a later timer does not make time leap");
}

#[test]
fn the_registry_path_is_gone_when_driver_entry_has_returned() {
    let mut machine = scenarios::machine();
    assert_eq!(machine.start(), Some(NtStatus::SUCCESS));
    let kernel = machine.kernel();
    let mut kept = kernel.mem.live_objects().filter(|object| object.id.kind == nt_trace::ObjectKind::Key);
    assert!(kept.next().is_none(), "a driver could read the path that the I/O manager has freed");
}

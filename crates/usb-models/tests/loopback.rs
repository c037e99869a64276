//! The loopback device, seen from a host.

mod common;

use common::{Host, setup};
use proptest::prelude::*;
use usb_models::{
    Poke, Status, SubmitError, Time, Transfer, TransferId,
    models::loopback::{BULK_IN, BULK_OUT, FLUSH, INTERRUPT_IN, LEVEL, MEMORY, MEMORY_SIZE, REPORT},
};

#[test]
fn bytes_come_back_in_order_and_short_packets_end_reads() {
    let mut host = Host::configured("loopback-hs");
    let first: Vec<u8> = (0..1000_u32).map(|n| n.to_le_bytes()[0]).collect();
    host.write(BULK_OUT, &first);
    host.write(BULK_OUT, &[7; 512]);
    host.write(BULK_OUT, &[]);
    let reads = [host.read(BULK_IN, 4096), host.read(BULK_IN, 512), host.read(BULK_IN, 512)];
    let ends = host.run(None);
    let received: Vec<&[u8]> =
        ends.iter().filter(|end| reads.contains(&end.id)).map(|end| host.received(end)).collect();
    assert_eq!(received, [first.as_slice(), &[7; 512], &[]]);
}

#[test]
fn the_bus_is_as_fast_as_the_specification_allows() {
    let mut host = Host::configured("loopback-hs");
    let id = host.write(BULK_OUT, &[1; 13 * 512]);
    assert_eq!(host.until(id).at, Time(Time::PER_MICROFRAME));
    let read = host.read(BULK_IN, 13 * 512);
    assert_eq!(host.until(read).at, Time(2 * Time::PER_MICROFRAME));
}

#[test]
fn an_empty_loop_answers_nak_until_something_comes() {
    let mut host = Host::configured("loopback-hs");
    let read = host.read(BULK_IN, 512);
    assert_eq!(host.run(None), []);
    assert_eq!(host.model.next_event(), None);
    host.now = Time(5_000);
    host.write(BULK_OUT, &[3; 512]);
    let end = host.until(read);
    assert_eq!(host.received(&end), [3; 512]);
    assert!(end.at > Time(5_000));
}

#[test]
fn a_read_of_less_than_a_packet_babbles() {
    let mut host = Host::configured("loopback-hs");
    host.write(BULK_OUT, &[3; 512]);
    let read = host.read(BULK_IN, 100);
    let end = host.until(read);
    assert_eq!((end.status, end.length), (Status::Overrun, 100));
}

#[test]
fn a_transfer_can_be_taken_back() {
    let mut host = Host::configured("loopback-hs");
    let read = host.read(BULK_IN, 512);
    assert_eq!(host.model.abort(host.now, read), Some(0));
    assert_eq!(host.model.abort(host.now, read), None);
    host.write(BULK_OUT, &[3; 512]);
    assert!(host.run(None).iter().all(|end| end.id != read));
}

#[test]
fn aborting_in_the_middle_tells_how_much_went_by() {
    let mut host = Host::configured("loopback-hs");
    let write = host.write(BULK_OUT, &vec![3; 100 * 512]);
    host.now = Time(3 * Time::PER_MICROFRAME + 10);
    assert_eq!(host.model.poll(host.now, &mut host.memory), None);
    assert_eq!(host.model.abort(host.now, write), Some(3 * 13 * 512));
    let level = host.control(setup(0xC0, LEVEL, 0, 0, 4), &[]);
    assert_eq!(host.received(&level), (3 * 13 * 512_u32).to_le_bytes());
}

#[test]
fn the_interrupt_endpoint_reports_what_it_is_told() {
    let mut host = Host::configured("loopback-hs");
    let read = host.read(INTERRUPT_IN, 64);
    assert_eq!(host.run(None), []);
    host.model.poke(host.now, Poke::Report { endpoint: INTERRUPT_IN, data: &[1, 2, 3] }).expect("reported");
    let end = host.until(read);
    assert_eq!(host.received(&end), [1, 2, 3]);
    // A control request does the same; the second report fills its packet.
    let full = [9; 64];
    assert_eq!(host.control(setup(0x40, REPORT, 0, 0, 64), &full).status, Status::Ok);
    let read = host.read(INTERRUPT_IN, 64);
    let end = host.until(read);
    assert_eq!(host.received(&end), full);
}

#[test]
fn the_memory_is_read_and_written_and_not_left() {
    let mut host = Host::configured("loopback-hs");
    assert_eq!(host.control(setup(0x40, MEMORY, 16, 0, 4), &[1, 2, 3, 4]).status, Status::Ok);
    let end = host.control(setup(0xC0, MEMORY, 15, 0, 6), &[]);
    assert_eq!(host.received(&end), [0xFF, 1, 2, 3, 4, 0xFF]);
    let end = host.control(setup(0xC0, MEMORY, MEMORY_SIZE - 1, 0, 2), &[]);
    assert_eq!((end.status, end.length), (Status::Stall, 0));
    assert_eq!(host.control(setup(0xC0, 0x77, 0, 0, 2), &[]).status, Status::Stall);
    // A control endpoint needs no reset.
    assert_eq!(host.control(setup(0xC0, MEMORY, 0, 0, 2), &[]).status, Status::Ok);
}

#[test]
fn a_halted_endpoint_stalls_until_it_is_reset() {
    let mut host = Host::configured("loopback-hs");
    host.model.poke(host.now, Poke::Halt { endpoint: BULK_OUT }).expect("halted");
    let write = host.write(BULK_OUT, &[1; 512]);
    assert_eq!(host.until(write).status, Status::Stall);
    let status = host.control(setup(0x82, 0, 0, BULK_OUT.into(), 2), &[]);
    assert_eq!(host.received(&status), [1, 0]);
    assert_eq!(host.control(setup(0x02, 1, 0, BULK_OUT.into(), 0), &[]).status, Status::Ok);
    let write = host.write(BULK_OUT, &[1; 512]);
    assert_eq!(host.until(write).status, Status::Ok);
    host.model.poke(host.now, Poke::Halt { endpoint: BULK_OUT }).expect("halted");
    host.model.reset_endpoint(host.now, BULK_OUT).expect("reset");
    let write = host.write(BULK_OUT, &[1; 512]);
    assert_eq!(host.until(write).status, Status::Ok);
}

#[test]
fn nak_can_be_switched_on_and_off() {
    let mut host = Host::configured("loopback-hs");
    host.model.poke(host.now, Poke::Nak { endpoint: BULK_OUT, on: true }).expect("on");
    let write = host.write(BULK_OUT, &[1; 512]);
    assert_eq!(host.run(None), []);
    host.model.poke(host.now, Poke::Nak { endpoint: BULK_OUT, on: false }).expect("off");
    assert_eq!(host.until(write).status, Status::Ok);
}

#[test]
fn a_mute_device_does_not_answer() {
    let mut host = Host::configured("loopback-hs");
    host.model.poke(host.now, Poke::Mute).expect("mute");
    let write = host.write(BULK_OUT, &[1; 512]);
    assert_eq!(host.until(write).status, Status::NoResponse);
    assert_eq!(host.control(setup(0x80, 6, 0x0100, 0, 18), &[]).status, Status::NoResponse);
}

#[test]
fn unplugging_ends_everything() {
    let mut host = Host::configured("loopback-hs");
    host.write(BULK_OUT, &vec![1; 100 * 512]);
    host.read(INTERRUPT_IN, 64);
    host.now = Time(Time::PER_MICROFRAME);
    assert_eq!(host.model.poll(host.now, &mut host.memory), None);
    host.model.unplug(host.now);
    let ends: Vec<_> = host.run(None).iter().map(|end| (end.status, end.length)).collect();
    assert_eq!(ends, [(Status::Gone, 13 * 512), (Status::Gone, 0)]);
    let late = Transfer::bulk_or_interrupt(TransferId(99), BULK_OUT, 0);
    assert_eq!(host.model.submit(host.now, late), Err(SubmitError::Gone));
    assert!(host.model.set_configuration(host.now, 1).is_err());
    assert_eq!(host.model.next_event(), None);
}

#[test]
fn endpoints_exist_only_while_configured() {
    let mut host = Host::new("loopback-hs");
    let early = Transfer::bulk_or_interrupt(TransferId(99), BULK_OUT, 0);
    assert_eq!(host.model.submit(host.now, early), Err(SubmitError::NoSuchEndpoint));
    assert_eq!(host.control(setup(0x00, 9, 1, 0, 0), &[]).status, Status::Ok);
    let end = host.control(setup(0x80, 8, 0, 0, 1), &[]);
    assert_eq!(host.received(&end), [1]);
    host.read(BULK_IN, 512);
    host.model.set_configuration(host.now, 0).expect("none");
    assert_eq!(host.run(None).first().map(|end| end.status), Some(Status::Gone));
    assert_eq!(host.model.submit(host.now, early), Err(SubmitError::NoSuchEndpoint));
    assert!(host.model.set_configuration(host.now, 9).is_err());
}

#[test]
fn descriptors_are_read_by_control_requests() {
    let mut host = Host::new("loopback-ss");
    let end = host.control(setup(0x80, 6, 0x0100, 0, 64), &[]);
    assert_eq!(host.received(&end), host.model.device_descriptor());
    let end = host.control(setup(0x80, 6, 0x0200, 0, 9), &[]);
    assert_eq!(end.length, 9);
    let end = host.control(setup(0x80, 6, 0x0302, 0x0409, 255), &[]);
    let text: Vec<u8> = "Loopback".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(host.received(&end)[2..], text);
    assert_eq!(host.control(setup(0x80, 6, 0x0304, 0x0409, 255), &[]).status, Status::Stall);
    assert_eq!(host.control(setup(0x80, 6, 0x0F00, 0, 255), &[]).length, 22);
}

#[test]
fn flushing_forgets() {
    let mut host = Host::configured("loopback-hs");
    let write = host.write(BULK_OUT, &[1; 700]);
    host.until(write);
    assert_eq!(host.control(setup(0x40, FLUSH, 0, 0, 0), &[]).status, Status::Ok);
    host.read(BULK_IN, 512);
    assert_eq!(host.run(None), []);
}

proptest! {
    /// Whatever is written comes back whole, in whatever pieces the host's memory lies, and however it reads.
    #[test]
    fn nothing_is_lost(
        writes in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 1..8),
        packets in 1..9_u32,
        run in 1..2000_u32,
        model in prop::sample::select(vec!["loopback-hs", "loopback-fs", "loopback-ss", "composite"]),
    ) {
        let mut host = Host::configured(model);
        host.memory.run = run;
        let packet = match model { "loopback-fs" => 64, "loopback-ss" => 1024, _ => 512 };
        for data in &writes {
            host.write(BULK_OUT, data);
            if !data.is_empty() && data.len() % packet == 0 {
                host.write(BULK_OUT, &[]);
            }
        }
        host.run(None);
        for data in &writes {
            let mut received = Vec::new();
            loop {
                let wanted = packets * u32::try_from(packet).expect("small");
                let read = host.read(BULK_IN, wanted);
                let end = host.until(read);
                received.extend_from_slice(host.received(&end));
                if end.length < wanted {
                    break;
                }
            }
            prop_assert_eq!(&received, data);
        }
        host.read(BULK_IN, 1024);
        prop_assert_eq!(host.run(None), []);
    }
}

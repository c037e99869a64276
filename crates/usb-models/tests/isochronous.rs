//! Isochronous packets: each in its interval, whatever else is on the bus.

mod common;

use common::Host;
use usb_models::{
    Poke, Schedule, Status, SubmitError, Time, Transfer, TransferId,
    models::iso_loopback::{IN, OUT},
};

#[test]
fn packets_come_back_as_packets() {
    let mut host = Host::configured("iso-loopback-hs");
    host.memory.run = 5;
    let data: Vec<u8> = (0..100).collect();
    let sent = host.isochronous(OUT, &[40, 0, 25, 35], Time::PER_MICROFRAME, &data);
    let end = host.until(sent);
    assert_eq!((end.status, end.length), (Status::Ok, 100));
    // The first microframe of the next frame, and three more.
    assert_eq!(end.at, Time(Time::PER_FRAME + 4 * Time::PER_MICROFRAME));
    let read = host.isochronous(IN, &[100; 5], Time::PER_MICROFRAME, &[]);
    let end = host.until(read);
    assert_eq!((end.status, end.length), (Status::Ok, 100));
    let lengths = [40, 0, 25, 35, 0].map(|length| (Status::Ok, length));
    assert_eq!(host.ends(read), lengths);
    let buffer = &host.memory.buffers[&read];
    assert_eq!(
        (&buffer[..40], &buffer[200..225], &buffer[300..335]),
        (&data[..40], &data[40..65], &data[65..])
    );
    assert_eq!(buffer[40..100], [0xEE; 60], "the gap stays as it was");
}

#[test]
fn too_little_room_is_an_overrun_of_that_packet_only() {
    let mut host = Host::configured("iso-loopback-fs");
    let sent = host.isochronous(OUT, &[10, 10], Time::PER_FRAME, &[7; 20]);
    host.until(sent);
    let read = host.isochronous(IN, &[4, 10], Time::PER_FRAME, &[]);
    assert_eq!(host.until(read).length, 14);
    assert_eq!(host.ends(read), [(Status::Overrun, 4), (Status::Ok, 10)]);
}

#[test]
fn nobody_answers_a_write_and_a_silent_device_is_no_error_of_the_transfer() {
    let mut host = Host::configured("iso-loopback-hs");
    host.model.poke(host.now, Poke::Mute).expect("mute");
    let sent = host.isochronous(OUT, &[10, 10], Time::PER_MICROFRAME, &[7; 20]);
    assert_eq!((host.until(sent).status, host.ends(sent)[1]), (Status::Ok, (Status::Ok, 10)));
    let read = host.isochronous(IN, &[10], Time::PER_MICROFRAME, &[]);
    assert_eq!((host.until(read).status, host.ends(read)[0]), (Status::Ok, (Status::NoResponse, 0)));
}

#[test]
fn the_host_may_leave_packets_out_and_take_a_transfer_back() {
    let mut host = Host::configured("iso-loopback-hs");
    let sent = host.isochronous(OUT, &[8; 8], Time::PER_MICROFRAME, &[3; 64]);
    let early = Time(Time::PER_FRAME + 2 * Time::PER_MICROFRAME);
    assert!(host.model.poll(early, &mut host.memory).is_none());
    assert_eq!(host.model.abort(early, sent), Some(16));
    assert_eq!(host.ends(sent).len(), 2);
    let late = host.isochronous(OUT, &[8; 8], Time::PER_MICROFRAME, &[3; 64]);
    host.model.abort(early, late);
    let at = Time(3 * Time::PER_FRAME);
    let schedule = Schedule { at, interval: Time::PER_MICROFRAME, first: 6, packets: 8 };
    host.model.submit(early, Transfer::isochronous(late, OUT, 64, schedule)).expect("taken");
    let end = host.until(late);
    assert_eq!((end.length, end.at), (16, Time(3 * Time::PER_FRAME + 2 * Time::PER_MICROFRAME)));
}

#[test]
fn kinds_of_endpoints_and_transfers_must_fit() {
    let mut host = Host::configured("iso-loopback-hs");
    let bulk = Transfer::bulk_or_interrupt(TransferId(70), OUT, 8);
    assert_eq!(host.model.submit(host.now, bulk), Err(SubmitError::NoSuchEndpoint));
    let mut host = Host::configured("loopback-hs");
    let schedule = Schedule { at: Time(0), interval: 1250, first: 0, packets: 1 };
    let isochronous = Transfer::isochronous(TransferId(70), 0x01, 8, schedule);
    assert_eq!(host.model.submit(host.now, isochronous), Err(SubmitError::NoSuchEndpoint));
}

#[test]
fn another_setting_ends_what_is_queued() {
    let mut host = Host::configured("iso-loopback-ss");
    let read = host.isochronous(IN, &[4096; 8], Time::PER_MICROFRAME, &[]);
    host.model.set_interface(host.now, 0, 1).expect("setting 1");
    assert_eq!(host.until(read).status, Status::Gone);
}

//! Streams: independent of each other until one of them stalls.

mod common;

use common::Host;
use usb_models::{
    Completion, Poke, Status, SubmitError, Transfer, TransferId,
    models::{stream_loopback, uas},
};

impl Host {
    fn stream(&mut self, endpoint: u8, stream: u16, data: &[u8]) -> TransferId {
        let id = self.id(data.to_vec());
        let length = u32::try_from(data.len()).expect("a length");
        self.model.submit(self.now, Transfer::stream(id, endpoint, stream, length)).expect("taken");
        id
    }

    fn bytes(&self, end: Completion) -> &[u8] {
        self.received(&end)
    }
}

#[test]
fn each_stream_is_a_loop_of_its_own() {
    use stream_loopback::{IN, OUT};
    let mut host = Host::configured("stream-loopback-ss");
    for (stream, text) in [(3, b"three"), (1, b"one.."), (32, b"last.")] {
        let sent = host.stream(OUT, stream, text);
        assert_eq!(host.until(sent).length, 5);
    }
    // In another order, with a stream that has nothing in front.
    let waits = host.stream(IN, 2, &[0; 1024]);
    let one = host.stream(IN, 1, &[0; 1024]);
    let last = host.stream(IN, 32, &[0; 1024]);
    let three = host.stream(IN, 3, &[0; 1024]);
    let ends = host.run(None);
    assert_eq!(ends.len(), 3);
    for (id, text) in [(one, b"one.."), (last, b"last."), (three, b"three")] {
        let end = *ends.iter().find(|end| end.id == id).expect("it ends");
        assert_eq!(host.bytes(end), text);
    }
    assert_eq!(host.model.abort(host.now, waits), Some(0));
    // The default stream is another one.
    let write = host.write(OUT, b"plain");
    host.until(write);
    let read = host.read(IN, 1024);
    let end = host.until(read);
    assert_eq!(host.bytes(end), b"plain");
}

#[test]
fn streams_are_where_the_companion_descriptor_has_them() {
    use stream_loopback::{OUT, PLAIN_OUT};
    let mut host = Host::configured("stream-loopback-ss");
    for (endpoint, stream) in [(OUT, 0), (OUT, 33), (PLAIN_OUT, 1), (0x05, 1)] {
        let transfer = Transfer::stream(TransferId(99), endpoint, stream, 8);
        assert_eq!(host.model.submit(host.now, transfer), Err(SubmitError::NoSuchEndpoint));
    }
    let mut host = Host::configured("loopback-ss");
    let transfer = Transfer::stream(TransferId(99), 0x01, 1, 8);
    assert_eq!(host.model.submit(host.now, transfer), Err(SubmitError::NoSuchEndpoint));
}

#[test]
fn a_stall_stops_the_other_streams_until_the_endpoint_is_reset() {
    use stream_loopback::{IN, OUT};
    let mut host = Host::configured("stream-loopback-ss");
    for stream in [1, 2] {
        let sent = host.stream(OUT, stream, b"data");
        host.until(sent);
    }
    host.model.poke(host.now, Poke::Halt { endpoint: IN }).expect("halted");
    let (one, two) = (host.stream(IN, 1, &[0; 1024]), host.stream(IN, 2, &[0; 1024]));
    let ends = host.run(None);
    assert_eq!(ends.iter().map(|end| end.status).collect::<Vec<_>>(), [Status::Stall]);
    let left = if ends[0].id == one { two } else { one };
    assert_eq!(host.model.abort(host.now, left), Some(0));
    host.model.reset_endpoint(host.now, IN).expect("reset");
    let two = host.stream(IN, 2, &[0; 1024]);
    let end = host.until(two);
    assert_eq!(host.bytes(end), b"data");
}

#[test]
fn deconfiguring_ends_what_streams_have() {
    let mut host = Host::configured("stream-loopback-ss");
    let read = host.stream(stream_loopback::IN, 7, &[0; 1024]);
    host.model.set_configuration(host.now, 0).expect("deconfigured");
    assert_eq!(host.until(read).status, Status::Gone);
}

/// A command information unit.
fn unit(tag: u16, cdb: [u8; 10]) -> [u8; uas::COMMAND_SIZE] {
    let mut unit = [0; uas::COMMAND_SIZE];
    unit[0] = uas::COMMAND_UNIT;
    unit[2..4].copy_from_slice(&tag.to_be_bytes());
    unit[16..26].copy_from_slice(&cdb);
    unit
}

const fn disk(code: u8, block: u8, count: u8) -> [u8; 10] {
    [code, 0, 0, 0, 0, block, 0, 0, count, 0]
}

#[test]
fn commands_are_done_in_the_order_of_their_data() {
    let mut host = Host::configured("uas-ss");
    host.model.set_interface(host.now, 0, 1).expect("setting 1");
    let data: Vec<u8> = (0..2048_u32).map(|at| u8::try_from(at % 251).expect("small")).collect();
    // Two writes, and the data of the second go first.
    for (tag, block) in [(1, 0), (2, 2)] {
        let sent = host.write(uas::COMMAND, &unit(tag, disk(0x2A, block, 2)));
        assert_eq!(host.until(sent).status, Status::Ok);
    }
    for (tag, bytes) in [(2, &data[1024..]), (1, &data[..1024])] {
        let sent = host.stream(uas::DATA_OUT, tag, bytes);
        assert_eq!(host.until(sent).length, 1024);
        let status = host.stream(uas::STATUS, tag, &[0; 64]);
        let end = host.until(status);
        let sense = host.bytes(end);
        assert_eq!(
            (sense.len(), sense[0], sense[3], sense[6]),
            (16, uas::SENSE_UNIT, u8::try_from(tag).expect("small"), uas::GOOD)
        );
    }
    let sent = host.write(uas::COMMAND, &unit(9, disk(0x28, 0, 4)));
    host.until(sent);
    let read = host.stream(uas::DATA_IN, 9, &[0; 2048]);
    let end = host.until(read);
    assert_eq!(host.bytes(end), data);
    let status = host.stream(uas::STATUS, 9, &[0; 64]);
    assert_eq!(host.until(status).length, 16);
}

#[test]
fn the_disk_says_what_it_is_and_refuses_what_it_is_not() {
    let mut host = Host::configured("uas-ss");
    host.model.set_interface(host.now, 0, 1).expect("setting 1");
    let mut ask = |tag: u16, cdb: [u8; 10], room: usize| {
        let sent = host.write(uas::COMMAND, &unit(tag, cdb));
        host.until(sent);
        let answer = (room > 0).then(|| {
            let read = host.stream(uas::DATA_IN, tag, &vec![0; room]);
            let end = host.until(read);
            host.bytes(end).to_vec()
        });
        let status = host.stream(uas::STATUS, tag, &[0; 64]);
        let end = host.until(status);
        (answer.unwrap_or_default(), host.bytes(end)[6], end.length)
    };
    let (capacity, good, _) = ask(1, [0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1024);
    assert_eq!((capacity, good), (vec![0, 0, 7, 0xFF, 0, 0, 2, 0], uas::GOOD));
    let (inquiry, good, _) = ask(2, [0x12, 0, 0, 0, 36, 0, 0, 0, 0, 0], 1024);
    assert_eq!((&inquiry[8..14], inquiry.len(), good), (&b"usbclt"[..], 36, uas::GOOD));
    assert_eq!(ask(3, disk(0x00, 0, 0), 0).1, uas::GOOD);
    // An unknown command, and blocks that there are not.
    assert_eq!(ask(4, disk(0x5E, 0, 0), 0), (Vec::new(), uas::CHECK_CONDITION, 34));
    assert_eq!(ask(5, [0x28, 0, 0, 0, 8, 0, 0, 0, 1, 0], 0).1, uas::CHECK_CONDITION);
}

//! Streams.

use usbclient_user::{Bulk, Error, ErrorKind, In, Out};

use crate::{Bench, kind, pattern};

#[test]
fn each_stream_is_a_loop_of_its_own() -> Result<(), Error> {
    let bench = Bench::with("stream-loopback-ss")?;
    let device = &bench.device;
    let out = device.endpoint::<Bulk, Out>(0x01).wait()?;
    assert_eq!(out.info().max_streams(), 32);
    let out = out.open_streams(8).wait()?;
    let back = device.endpoint::<Bulk, In>(0x81).wait()?.open_streams(8).wait()?;
    assert_eq!((out.count(), back.count()), (8, 8));
    assert!(out.stream(0).is_none() && out.stream(9).is_none());
    let data = |number: usize| pattern(1024 * number);
    for number in 1..=8 {
        out.stream(number).expect("there are eight").write(&data(number)).wait()?;
    }
    for number in (1..=8).rev() {
        let mut stream = back.stream(number).expect("there are eight");
        let room = stream.allocate(1024 * number);
        stream.submit(room);
        assert_eq!(*stream.wait_next().expect("one was submitted").into_result()?, *data(number));
    }
    let stale = out.stream(1).expect("there are eight");
    out.close().wait()?;
    back.close().wait()?;
    assert_eq!(kind(stale.write(b"stale").wait()), ErrorKind::Stale);
    // They can be opened again; the endpoint itself carries nothing any more.
    let plain = device.endpoint::<Bulk, Out>(0x01).wait()?;
    assert_eq!(kind(plain.write(b"plain").wait()), ErrorKind::InvalidState);
    let again = plain.open_streams(2).wait()?;
    again.stream(2).expect("there are two").write(b"again").wait()?;
    drop((stale, again));
    bench.end()
}

#[test]
fn streams_end_when_they_are_dropped() -> Result<(), Error> {
    let bench = Bench::with("stream-loopback-ss")?;
    let open = || bench.device.endpoint::<Bulk, Out>(0x01).wait();
    let streams = open()?.open_streams(2).wait()?;
    assert_eq!(kind(open()?.open_streams(2).wait()), ErrorKind::InvalidState, "they are open already");
    drop(streams);
    let again = open()?.open_streams(2).wait()?;
    drop(again);
    bench.end()
}

#[test]
fn streams_that_cannot_be() -> Result<(), Error> {
    let bench = Bench::with("stream-loopback-ss")?;
    let open = |address| bench.device.endpoint::<Bulk, Out>(address).wait();
    assert_eq!(kind(open(0x01)?.open_streams(33).wait()), ErrorKind::InvalidArgument);
    assert_eq!(kind(open(0x01)?.open_streams(0).wait()), ErrorKind::InvalidArgument);
    assert_eq!(kind(open(0x02)?.open_streams(2).wait()), ErrorKind::NotSupported);
    bench.end()
}

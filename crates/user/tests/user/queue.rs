//! Several transfers at a time.

use std::time::Duration;

use usbclient_user::{Buffer, Bulk, Error, ErrorKind, In, Out};

use crate::{BULK_IN, BULK_OUT, Bench, kind, pattern, run};

#[test]
fn transfers_end_in_their_order() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, mut out, mut back) = bench.ends()?;
    let data = pattern(16 * 1024);
    for chunk in data.chunks(1024) {
        out.submit(chunk.into());
        let room = back.allocate(1024);
        back.submit(room);
    }
    assert_eq!((out.pending(), back.pending()), (16, 16));
    for chunk in data.chunks(1024) {
        assert_eq!(*back.wait_next().expect("16 were submitted").into_result()?, *chunk);
        assert_eq!(out.wait_next().expect("16 were submitted").moved, 1024);
    }
    assert!(back.wait_next().is_none() && out.wait_next().is_none());
    drop((out, back, interface));
    bench.end()
}

#[test]
fn the_same_as_futures() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, mut out, mut back) = bench.ends()?;
    run(async {
        for number in 0..8 {
            let room = back.allocate(512);
            back.submit(room);
            out.submit(vec![number; 512].into());
        }
        for number in 0..8 {
            let came = back.next_complete().await.expect("8 were submitted").into_result()?;
            assert_eq!(*came, [number; 512]);
            out.next_complete().await.expect("8 were submitted").into_result()?;
        }
        assert!(back.next_complete().await.is_none());
        Ok::<_, Error>(())
    })?;
    drop((out, back, interface));
    bench.end()
}

#[test]
fn a_buffer_comes_back_and_is_used_again() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, mut out, mut back) = bench.ends()?;
    let mut going = Buffer::with_room(512);
    let mut coming = back.allocate(512);
    let (first, second) = (going.as_ptr(), coming.as_ptr());
    for number in 0..4 {
        going.clear();
        assert_eq!(going.append(&[number; 300]), 300);
        out.submit(going);
        back.submit(coming);
        coming = back.wait_next().expect("one was submitted").into_result()?;
        assert_eq!(*coming, [number; 300]);
        going = out.wait_next().expect("one was submitted").into_result()?;
        assert_eq!(*going, [number; 300]);
    }
    assert_eq!((going.as_ptr(), coming.as_ptr()), (first, second));
    drop((out, back, interface));
    bench.end()
}

#[test]
fn nothing_in_time_and_the_transfer_goes_on() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, out, mut back) = bench.ends()?;
    let room = back.allocate(512);
    back.submit(room);
    assert!(back.wait_next_for(Duration::from_millis(20)).is_none());
    assert_eq!(back.pending(), 1);
    out.write(b"late").wait()?;
    assert_eq!(*back.wait_next().expect("it is still there").into_result()?, *b"late");
    drop((out, back, interface));
    bench.end()
}

#[test]
fn all_of_them_are_cancelled() -> Result<(), Error> {
    let bench = Bench::with("nak")?;
    let mut back = bench.device.endpoint::<Bulk, In>(BULK_IN).wait()?;
    for _ in 0..5 {
        let room = back.allocate(512);
        back.submit(room);
    }
    back.cancel_all();
    let mut ended = 0;
    while let Some(completion) = back.wait_next() {
        assert_eq!(kind(completion.into_result()), ErrorKind::Cancelled);
        ended += 1;
    }
    assert_eq!(ended, 5);
    drop(back);
    bench.end()
}

#[test]
fn dropping_cancels() -> Result<(), Error> {
    let bench = Bench::with("nak")?;
    let mut out = bench.device.endpoint::<Bulk, Out>(BULK_OUT).wait()?;
    let back = bench.device.endpoint::<Bulk, In>(BULK_IN).wait()?;
    out.submit(vec![1; 4096].into());
    drop(out);
    {
        // A future that was polled once and is dropped.
        let mut reading = std::pin::pin!(back.read(512));
        run(std::future::poll_fn(|task| {
            assert!(reading.as_mut().poll(task).is_pending());
            std::task::Poll::Ready(())
        }));
    }
    // Nothing is in flight any more: both can be claimed by another file.
    let other = bench.other()?;
    let claimed = other.claim_interface(0).wait()?;
    drop((claimed, other, back));
    bench.end()
}

#[test]
fn a_write_of_nothing_is_a_packet_of_nothing() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, out, back) = bench.ends()?;
    out.write(&[7; 512]).wait()?;
    out.write(&[]).wait()?;
    // The packet of nothing ends the read after the whole packet.
    assert_eq!(back.read(1024).wait()?, [7; 512]);
    drop((out, back, interface));
    bench.end()
}

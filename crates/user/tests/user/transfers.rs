//! Bulk and interrupt transfers, one by one and as streams of bytes.

use std::{
    io::{Read, Write},
    thread,
    time::Duration,
};

use usbclient_user::{Bulk, Error, ErrorKind, In, Interrupt, Out, Setup, SystemCode};

use crate::{BULK_IN, BULK_OUT, Bench, INTERRUPT_IN, kind, pattern, run};

#[test]
fn what_goes_out_comes_back() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, out, back) = bench.ends()?;
    for length in [1, 512, 513, 100_000] {
        let data = pattern(length);
        out.write(&data).wait()?;
        // Whole packets do not end a read.
        let room = length.next_multiple_of(512);
        assert_eq!(back.read(room).wait()?, data, "{length}");
    }
    drop((out, back, interface));
    bench.end()
}

#[test]
fn as_futures() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, out, back) = bench.ends()?;
    let came = run(async {
        let reading = back.read(512);
        out.write(b"async").await?;
        reading.await
    })?;
    assert_eq!(came, b"async");
    drop((out, back, interface));
    bench.end()
}

#[test]
fn sixty_four_mebibytes_through_the_loop() -> Result<(), Error> {
    const LENGTH: usize = 64 << 20;
    let bench = Bench::with("loopback-ss")?;
    let (interface, out, back) = bench.ends()?;
    let data = pattern(LENGTH);
    let came = thread::scope(|scope| {
        let data = &data;
        let writing = scope.spawn(move || {
            let mut writer = out.writer(1 << 20).with_transfers(3);
            writer.write_all(data).expect("it is written");
            writer.flush().expect("it is flushed");
            assert_eq!(writer.moved(), LENGTH as u64);
        });
        let mut came = vec![0; LENGTH];
        back.reader(1 << 20).with_transfers(3).read_exact(&mut came).expect("it is read");
        writing.join().expect("the writer ends");
        came
    });
    assert!(came == data, "what came differs");
    drop(interface);
    bench.end()
}

#[test]
fn reports_of_an_interrupt_endpoint() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let reports = bench.device.endpoint::<Interrupt, In>(INTERRUPT_IN).wait()?;
    bench.simulator().report("device1", INTERRUPT_IN, &[1, 2, 3])?;
    assert_eq!(reports.read(64).wait()?, [1, 2, 3]);
    // The same by the device's own request.
    bench.device.control_out(Setup::vendor(2), &[4, 5]).wait()?;
    assert_eq!(reports.read(64).wait()?, [4, 5]);
    drop(reports);
    bench.end()
}

#[test]
fn a_halt_lasts_until_it_is_cleared() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, out, back) = bench.ends()?;
    bench.simulator().halt("device1", BULK_OUT)?;
    for _ in 0..2 {
        let error = out.write(b"refused").wait().expect_err("it is halted");
        assert_eq!((error.kind(), error.moved()), (ErrorKind::Stall, 0));
        assert_eq!(error.doing(), "writing to endpoint 0x01");
    }
    out.clear_halt().wait()?;
    out.write(b"taken").wait()?;
    assert_eq!(back.read(512).wait()?, b"taken");
    drop((out, back, interface));
    bench.end()
}

#[test]
fn a_read_that_takes_too_long() -> Result<(), Error> {
    let bench = Bench::with("nak")?;
    let mut back = bench.device.endpoint::<Bulk, In>(BULK_IN).wait()?;
    let error = back.read(512).wait_for(Duration::from_millis(20)).expect_err("nothing comes");
    assert_eq!((error.kind(), error.code()), (ErrorKind::TimedOut, Some(SystemCode::NtStatus(0xC000_0120))));
    back.set_transfer_timeout(Some(Duration::from_millis(20)));
    let error = back.read(512).wait().expect_err("nothing comes");
    assert_eq!((error.kind(), error.code()), (ErrorKind::TimedOut, Some(SystemCode::NtStatus(0xC000_00B5))));
    drop(back);
    bench.end()
}

#[test]
fn a_timeout_says_how_much_had_been_moved() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, out, back) = bench.ends()?;
    out.write(&pattern(2 * 512)).wait()?;
    let error = back.read(8 * 512).wait_for(Duration::from_millis(50)).expect_err("no more comes");
    assert_eq!((error.kind(), error.moved()), (ErrorKind::TimedOut, 2 * 512));
    assert!(error.to_string().contains("after 1024 bytes had been moved"), "{error}");
    drop((out, back, interface));
    bench.end()
}

#[test]
fn lengths_and_types_that_do_not_fit() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let device = &bench.device;
    let back = device.endpoint::<Bulk, In>(BULK_IN).wait()?;
    assert_eq!(kind(back.read(100).wait()), ErrorKind::InvalidArgument);
    assert_eq!(kind(device.endpoint::<Bulk, In>(BULK_OUT).wait()), ErrorKind::InvalidArgument);
    assert_eq!(kind(device.endpoint::<Bulk, In>(INTERRUPT_IN).wait()), ErrorKind::InvalidArgument);
    let missing = device.endpoint::<Bulk, Out>(0x05).wait().expect_err("there is none");
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    assert_eq!(missing.to_string(), "opening endpoint 0x05: not found: no setting that is selected has it");
    drop(back);
    bench.end()
}

#[test]
fn an_abort_ends_what_others_wait_for() -> Result<(), Error> {
    let bench = Bench::with("nak")?;
    let mut back = bench.device.endpoint::<Bulk, In>(BULK_IN).wait()?;
    let room = back.allocate(512);
    back.submit(room);
    back.abort().wait()?;
    let ended = back.wait_next().expect("one was submitted");
    assert_eq!(kind(ended.into_result()), ErrorKind::Cancelled);
    drop(back);
    bench.end()
}

#[test]
fn an_error_is_one_of_io() -> Result<(), Error> {
    let bench = Bench::with("nak")?;
    let back = bench.device.endpoint::<Bulk, In>(BULK_IN).wait()?;
    back.set_default_timeout(Some(Duration::from_millis(10))).wait()?;
    let mut reader = back.reader(512);
    let error = reader.read(&mut [0; 8]).expect_err("nothing comes");
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    drop(reader);
    bench.end()
}

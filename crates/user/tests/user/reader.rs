//! Continuous reading.

use usbclient_user::{Bulk, Error, ErrorKind, In, Interrupt, ReaderOptions, ReaderPhase, SystemCode};

use crate::{BULK_IN, Bench, kind, pattern};

#[test]
fn no_report_is_missed() -> Result<(), Error> {
    let bench = Bench::with("hid-hs")?;
    let reports = bench.device.endpoint::<Interrupt, In>(0x81).wait()?;
    assert_eq!(reports.reader_state().wait()?.phase(), ReaderPhase::None);
    reports.start_reader(reports.reader_options()).wait()?;
    assert_eq!(reports.reader_state().wait()?.phase(), ReaderPhase::Running);
    let mut numbers = Vec::new();
    for _ in 0..64 {
        let report = reports.read(8).wait()?;
        numbers.push(u32::from_le_bytes([report[0], report[1], report[2], report[3]]));
    }
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    let state = reports.reader_state().wait()?;
    assert!(state.received() >= 64 * 8 && state.dropped() == 0 && state.last_error().is_none(), "{state:?}");
    reports.stop_reader().wait()?;
    assert_eq!(kind(reports.stop_reader().wait()), ErrorKind::InvalidState);
    drop(reports);
    bench.end()
}

#[test]
fn a_ring_takes_what_comes_before_it_is_read() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, out, back) = bench.ends()?;
    let options =
        ReaderOptions { transfer_length: 4096, transfers: 4, ring_length: 64 << 10, drops_oldest: false };
    back.start_reader(options).wait()?;
    assert_eq!(kind(back.start_reader(options).wait()), ErrorKind::InvalidState);
    let data = pattern(20_000);
    out.write(&data).wait()?;
    let mut came = Vec::new();
    while came.len() < data.len() {
        came.extend(back.read(4096).wait()?);
    }
    assert_eq!(came, data);
    back.flush().wait()?;
    back.stop_reader().wait()?;
    drop((out, back, interface));
    bench.end()
}

#[test]
fn a_reader_fails_at_a_halt() -> Result<(), Error> {
    let bench = Bench::with("stall")?;
    let back = bench.device.endpoint::<Bulk, In>(BULK_IN).wait()?;
    back.start_reader(back.reader_options()).wait()?;
    assert_eq!(kind(back.read(512).wait()), ErrorKind::Stall);
    let state = back.reader_state().wait()?;
    assert_eq!(state.phase(), ReaderPhase::Failed);
    assert_eq!(state.last_error().and_then(SystemCode::name), Some("STATUS_UNSUCCESSFUL"));
    let wrong = ReaderOptions { transfers: 0, ..back.reader_options() };
    back.stop_reader().wait()?;
    assert_eq!(kind(back.start_reader(wrong).wait()), ErrorKind::InvalidArgument);
    drop(back);
    bench.end()
}

//! Control transfers.

use std::time::Duration;

use usbclient_user::{Error, ErrorKind, Recipient, Setup, SystemCode};

use crate::{Bench, kind, pattern, run};

/// The loopback device's memory.
const MEMORY: Setup = Setup::vendor(1);

#[test]
fn memory_is_written_and_read() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let data = pattern(4096);
    bench.device.control_out(MEMORY, &data).wait()?;
    assert_eq!(bench.device.control_in(MEMORY, 4096).wait()?, data);
    assert_eq!(run(bench.device.control_in(MEMORY.value(100), 10))?, data[100..110]);
    // Without data, and with less than was asked for.
    bench.device.control_out(Setup::vendor(3), &[]).wait()?;
    assert_eq!(bench.device.control_in(Setup::vendor(4), 64).wait()?, [0; 4]);
    bench.end()
}

#[test]
fn a_refusal_is_a_stall_with_its_code() -> Result<(), Error> {
    let bench = Bench::with("control-stall")?;
    let error = bench.device.control_in(Setup::vendor(9), 8).wait().expect_err("it stalls");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Stall, Some(SystemCode::NtStatus(0xC000_0001))));
    assert_eq!(error.to_string(), "a control transfer in: the device refused it (STATUS_UNSUCCESSFUL)");
    bench.end()
}

#[test]
fn a_transfer_that_takes_longer_than_it_may() -> Result<(), Error> {
    let bench = Bench::with("loopback-fs")?;
    // A millisecond of full speed has 19 packets of 64 bytes.
    let late = bench.device.control_in(MEMORY.timeout(Duration::from_millis(1)), 4096).wait();
    let error = late.expect_err("it takes longer");
    assert_eq!((error.kind(), error.code()), (ErrorKind::TimedOut, Some(SystemCode::NtStatus(0xC000_00B5))));
    assert_eq!(bench.device.control_in(MEMORY, 4096).wait()?.len(), 4096);
    bench.end()
}

#[test]
fn a_device_that_does_not_answer() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    bench.simulator().mute("device1")?;
    assert_eq!(kind(bench.device.control_in(MEMORY, 8).wait()), ErrorKind::Stall);
    bench.end()
}

#[test]
fn what_belongs_to_the_usb_stack_is_refused() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let set_address = bench.device.control_out(Setup::standard(5).value(9), &[]).wait();
    assert_eq!(kind(set_address), ErrorKind::InvalidArgument);
    let too_long = bench.device.control_out(MEMORY, &vec![0; 1 << 16]).wait();
    assert_eq!(kind(too_long), ErrorKind::InvalidArgument);
    // GET_STATUS of an endpoint is nobody's.
    let status = bench.device.control_in(Setup::standard(0).to(Recipient::Endpoint).index(0x81), 2);
    assert_eq!(status.wait()?, [0, 0]);
    bench.end()
}

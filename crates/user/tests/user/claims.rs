//! Interfaces that a file has for itself.

use usbclient_user::{Access, Bulk, Claimed, Error, ErrorKind, In, Out, Setup};

use crate::{BULK_IN, BULK_OUT, Bench, kind};

#[test]
fn others_are_kept_out() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let other = bench.other()?;
    let others_out = other.endpoint::<Bulk, Out>(BULK_OUT).wait()?;
    let (interface, out, back) = bench.ends()?;
    assert_eq!(other.interfaces().wait()?[0].claimed(), Claimed::Other);
    assert_eq!(bench.device.interfaces().wait()?[0].claimed(), Claimed::Mine);
    let error = others_out.write(b"mine?").wait().expect_err("it is in use");
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert_eq!(
        error.to_string(),
        "writing to endpoint 0x01: in use by somebody else (STATUS_SHARING_VIOLATION)"
    );
    assert_eq!(kind(other.claim_interface(0).wait()), ErrorKind::Busy);
    assert_eq!(kind(other.reset().wait()), ErrorKind::Busy);
    drop((out, back, interface));
    others_out.write(b"mine!").wait()?;
    assert_eq!(other.endpoint::<Bulk, In>(BULK_IN).wait()?.read(512).wait()?, b"mine!");
    drop((others_out, other));
    bench.end()
}

#[test]
fn a_program_claims_once() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, out, back) = bench.ends()?;
    assert_eq!(kind(bench.device.claim_interface(0).wait()), ErrorKind::Busy);
    assert_eq!(kind(bench.device.claim_interface(7).wait()), ErrorKind::InvalidArgument);
    drop(interface);
    assert_eq!(kind(bench.device.claim_interface(0).wait()), ErrorKind::Busy, "its endpoints need it");
    drop((out, back));
    let again = bench.device.claim_interface(0).wait()?;
    drop(again);
    bench.end()
}

#[test]
fn an_interface_is_released_at_once() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, out, back) = bench.ends()?;
    interface.release().wait()?;
    assert_eq!(kind(out.write(b"stale").wait()), ErrorKind::Stale);
    let other = bench.other()?;
    let claimed = other.claim_interface(0).wait()?;
    drop((out, back, claimed, other));
    bench.end()
}

#[test]
fn a_claim_that_nobody_waits_for_is_no_claim() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    drop(bench.device.claim_interface(0));
    let claimed = bench.device.claim_interface(0).wait()?;
    drop(claimed);
    bench.end()
}

#[test]
fn a_file_that_may_only_read_writes_nothing() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let readable = bench.device.info().open_for(Access::Read)?;
    assert_eq!(readable.control_in(Setup::vendor(4), 4).wait()?, [0; 4]);
    let error = readable.control_out(Setup::vendor(3), &[]).wait().expect_err("it may only read");
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert_eq!(kind(readable.claim_interface(0).wait()), ErrorKind::AccessDenied);
    let writable = bench.device.info().open_for(Access::Write)?;
    assert_eq!(kind(writable.control_in(Setup::vendor(4), 4).wait()), ErrorKind::AccessDenied);
    writable.control_out(Setup::vendor(3), &[]).wait()?;
    drop((readable, writable));
    bench.end()
}

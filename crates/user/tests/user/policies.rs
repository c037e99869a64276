//! Policies.

use std::time::Duration;

use usbclient_user::{Bulk, Error, ErrorKind, In, Out};

use crate::{BULK_IN, BULK_OUT, Bench, kind, pattern};

#[test]
fn what_is_set_is_told() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let out = bench.device.endpoint::<Bulk, Out>(BULK_OUT).wait()?;
    let back = bench.device.endpoint::<Bulk, In>(BULK_IN).wait()?;
    macro_rules! flag {
        ($($endpoint:ident $get:ident $set:ident;)*) => {$(
            assert!(!$endpoint.$get().wait()?, stringify!($get));
            $endpoint.$set(true).wait()?;
            assert!($endpoint.$get().wait()?, stringify!($get));
            $endpoint.$set(false).wait()?;
            assert!(!$endpoint.$get().wait()?, stringify!($get));
        )*};
    }
    flag! {
        out auto_clear_stall set_auto_clear_stall;
        out short_packet_terminate set_short_packet_terminate;
        out reset_on_resume set_reset_on_resume;
        back auto_clear_stall set_auto_clear_stall;
        back ignore_short_packets set_ignore_short_packets;
        back partial_reads set_partial_reads;
        back auto_flush set_auto_flush;
        back raw_io set_raw_io;
        back reset_on_resume set_reset_on_resume;
    }
    assert_eq!(back.default_timeout().wait()?, None);
    back.set_default_timeout(Some(Duration::from_millis(250))).wait()?;
    assert_eq!(back.default_timeout().wait()?, Some(Duration::from_millis(250)));
    assert_eq!(back.maximum_transfer_size().wait()?, back.info().max_transfer_size());
    drop((out, back));
    bench.end()
}

#[test]
fn policies_of_the_device() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let policies = bench.device.policies();
    assert_eq!(policies.control_timeout().wait()?, Some(Duration::from_secs(5)));
    policies.set_control_timeout(None).wait()?;
    assert_eq!(policies.control_timeout().wait()?, None);
    policies.set_suspend_delay(Duration::from_secs(7)).wait()?;
    assert_eq!(policies.suspend_delay().wait()?, Duration::from_secs(7));
    policies.set_auto_suspend(true).wait()?;
    assert!(policies.auto_suspend().wait()?);
    policies.set_auto_suspend(false).wait()?;
    assert!(!policies.auto_suspend().wait()?);
    drop(policies);
    bench.end()
}

#[test]
fn partial_reads_keep_the_rest() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, out, back) = bench.ends()?;
    back.set_partial_reads(true).wait()?;
    let data = pattern(500);
    out.write(&data).wait()?;
    assert_eq!(back.read(100).wait()?, data[..100]);
    assert_eq!(back.read(512).wait()?, data[100..]);
    out.write(&data).wait()?;
    assert_eq!(back.read(100).wait()?, data[..100]);
    back.flush().wait()?;
    out.write(b"after the flush").wait()?;
    assert_eq!(back.read(512).wait()?, b"after the flush");
    drop((out, back, interface));
    bench.end()
}

#[test]
fn a_halt_that_is_cleared_by_itself() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, out, back) = bench.ends()?;
    out.set_auto_clear_stall(true).wait()?;
    bench.simulator().halt("device1", BULK_OUT)?;
    assert_eq!(kind(out.write(b"meets it").wait()), ErrorKind::Stall);
    out.write(b"passes").wait()?;
    assert_eq!(back.read(512).wait()?, b"passes");
    drop((out, back, interface));
    bench.end()
}

//! Alternate settings, configurations, and the port.

use usbclient_user::{Bulk, Error, ErrorKind, Out};

use crate::{BULK_OUT, Bench, kind, pattern};

#[test]
fn another_setting_makes_endpoints_stale() -> Result<(), Error> {
    let bench = Bench::with("settings")?;
    let (interface, out, back) = bench.ends()?;
    assert_eq!(interface.endpoints().wait()?.len(), 3);
    interface.select_setting(1).wait()?;
    assert_eq!(interface.endpoints().wait()?.len(), 2);
    assert_eq!(kind(out.write(b"stale").wait()), ErrorKind::Stale);
    let again = interface.endpoint::<Bulk, Out>(BULK_OUT).wait()?;
    again.write(b"fresh").wait()?;
    interface.select_setting(2).wait()?;
    assert_eq!(kind(interface.endpoint::<Bulk, Out>(BULK_OUT).wait()), ErrorKind::NotFound);
    assert_eq!(kind(interface.select_setting(9).wait()), ErrorKind::InvalidArgument);
    assert_eq!(kind(interface.select_setting(3).wait()), ErrorKind::Stall, "the device refuses it");
    assert_eq!(bench.device.interfaces().wait()?[0].alternate(), 2, "the old one is selected again");
    drop((out, back, again, interface));
    bench.device.select_setting(0, 0).wait()?;
    bench.end()
}

#[test]
fn another_configuration() -> Result<(), Error> {
    let bench = Bench::with("settings")?;
    bench.device.select_configuration(2).wait()?;
    assert_eq!(bench.device.properties().wait()?.configuration(), 2);
    assert_eq!(kind(bench.device.select_configuration(9).wait()), ErrorKind::InvalidArgument);
    assert_eq!(kind(bench.device.select_configuration(3).wait()), ErrorKind::Stall);
    assert_eq!(bench.device.properties().wait()?.configuration(), 2, "the old one is selected again");
    bench.end()
}

#[test]
fn a_reset_keeps_endpoints() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, out, back) = bench.ends()?;
    bench.device.reset().wait()?;
    let data = pattern(700);
    out.write(&data).wait()?;
    assert_eq!(back.read(1024).wait()?, data);
    drop((out, back, interface));
    bench.end()
}

//! The simulated kernel itself: one at a time, and what it says in the end.

use std::path::Path;

use usbclient_user::{Context, Error, ErrorKind, Setup, SimOptions, example};

use crate::{Bench, kind};

#[test]
fn one_at_a_time() -> Result<(), Error> {
    let first = example::context(&[])?;
    let error = example::context(&[]).expect_err("there is one already");
    assert_eq!(error.kind(), ErrorKind::Busy);
    first.finish()?;
    let bench = Bench::with("loopback-hs")?;
    bench.device.device_descriptor().wait()?;
    bench.end()
}

#[test]
fn a_driver_that_is_none() {
    assert_eq!(kind(Context::simulated(SimOptions::new("/nowhere/usbclient.sys"))), ErrorKind::Simulator);
    assert_eq!(kind(Context::simulated(SimOptions::new(file!()))), ErrorKind::Simulator);
}

#[test]
fn what_is_used_after_the_end_ends() -> Result<(), Error> {
    let Bench { context, device } = Bench::with("loopback-hs")?;
    let info = device.info().clone();
    context.finish()?;
    let error = device.control_in(Setup::vendor(4), 4).wait().expect_err("it is over");
    assert_eq!(error.kind(), ErrorKind::Disconnected);
    assert!(error.to_string().ends_with("the simulation is over"), "{error}");
    assert_eq!(kind(info.open()), ErrorKind::Simulator);
    Ok(())
}

#[test]
fn a_driver_that_breaks_a_rule_is_told() -> Result<(), Error> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/driver/specimens");
    let specimen = built.join("allocates_while_unloading.sys");
    if !specimen.is_file() {
        eprintln!("not checked: `cargo xtask build --specimens` has not built {}", specimen.display());
        return Ok(());
    }
    let context = Context::simulated(SimOptions::new(specimen))?;
    let error = context.finish().expect_err("a rule is violated");
    assert_eq!(error.kind(), ErrorKind::Simulator);
    Ok(())
}

#[test]
fn the_shipped_inf_says_what_is_in_the_registry() -> Result<(), Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let options = SimOptions::new(example::driver_file()).inf(root.join("inf/usbclient.inx"));
    let context = Context::simulated(options.device("loopback-hs"))?;
    let device = context.list_devices()?[0].open()?;
    // The INF turns selective suspend off or on for its sample; the driver has read it either way.
    device.policies().auto_suspend().wait()?;
    drop(device);
    context.finish()
}

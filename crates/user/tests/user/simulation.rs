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

/// A driver that breaks a rule on purpose, if it was built.
fn specimen(name: &str) -> Option<SimOptions> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/driver/specimens");
    let file = built.join(name).with_extension("sys");
    if !file.is_file() {
        eprintln!("not checked: `cargo xtask build --specimens` has not built {}", file.display());
        return None;
    }
    Some(SimOptions::new(file))
}

#[test]
fn a_driver_that_breaks_a_rule_is_told() -> Result<(), Error> {
    let Some(options) = specimen("allocates_while_unloading") else { return Ok(()) };
    let error = Context::simulated(options)?.finish().expect_err("a rule is violated");
    assert_eq!(error.kind(), ErrorKind::Simulator);
    assert!(error.to_string().starts_with("judging the simulation: "), "{error}");
    Ok(())
}

#[test]
fn a_kernel_that_stops_ends_what_is_waited_for() -> Result<(), Error> {
    let Some(options) = specimen("information_too_large") else { return Ok(()) };
    let context = Context::simulated(options.device("loopback-hs"))?;
    let device = context.list_devices()?[0].open()?;
    let error = device.frame_number().wait().expect_err("the kernel stops");
    assert!(error.to_string().contains("the simulated kernel has stopped: bug check 0xc9"), "{error}");
    assert!(device.properties().wait().is_err(), "and everything after it");
    assert!(context.list_devices()?[0].open().is_err());
    drop(device);
    let verdict = context.finish().expect_err("a rule is violated");
    assert!(verdict.to_string().contains("InformationTooLarge"), "{verdict}");
    Ok(())
}

#[test]
fn a_kernel_that_stops_while_a_device_starts() {
    let Some(options) = specimen("double_free") else { return };
    let error = Context::simulated(options.device("loopback-hs")).expect_err("the kernel stops");
    assert_eq!(error.kind(), ErrorKind::Simulator);
    assert!(error.to_string().contains("bug check 0xc2"), "{error}");
}

#[test]
fn a_device_that_does_not_start_is_not_listed() -> Result<(), Error> {
    let context = example::context(&["truncated-8", "loopback-hs"])?;
    let all = context.list_devices()?;
    assert_eq!((all.len(), all[0].location()), (1, Some("device2")));
    let gone = context.simulator().expect("it is simulated").unplug("device1");
    assert_eq!(kind(gone), ErrorKind::NotFound);
    drop(all);
    context.finish()
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

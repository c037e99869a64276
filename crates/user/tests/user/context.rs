//! Lists, changes and events.

use std::time::Duration;

use usbclient_user::{
    Bulk, Change, Context, Error, ErrorKind, Keywords, Level, Out, Value, example, list_devices,
};

use crate::{BULK_OUT, Bench, kind, run};

const SOON: Duration = Duration::from_secs(10);

#[test]
fn several_devices() -> Result<(), Error> {
    let context = example::context(&["loopback-hs", "hid-fs", "loopback-hs"])?;
    let all = context.list_devices()?;
    let found: Vec<_> = all.iter().map(|one| (one.product_id(), one.location(), one.name())).collect();
    assert_eq!(found.len(), 3);
    assert!(found.contains(&(1, Some("device1"), Some("loopback-hs"))), "{found:?}");
    assert!(found.contains(&(10, Some("device2"), Some("hid-fs"))), "{found:?}");
    assert!(all.iter().all(|one| one.vendor_id() == 0x1209 && one.id().path().contains('{')), "{all:?}");
    let (first, third) = (all[0].open()?, all[2].open()?);
    assert_ne!(first.info().id(), third.info().id());
    assert_eq!(context.find(all[1].id())?.product_id(), all[1].product_id());
    assert_eq!(kind(context.find_by_numbers(0x1209, 0x7777)), ErrorKind::NotFound);
    drop((first, third, all));
    context.finish()
}

#[test]
fn no_device_at_all() -> Result<(), Error> {
    let context = example::context(&[])?;
    assert!(context.list_devices()?.is_empty());
    let error = context.find_by_numbers(1, 2).expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::NotInstalled);
    assert_eq!(error.to_string(), "looking for a device: no device with this driver is installed: 0001:0002");
    context.finish()
}

#[test]
fn this_system_has_no_such_devices() {
    assert_eq!(kind(list_devices()), ErrorKind::NotSupported);
    assert_eq!(kind(Context::system()), ErrorKind::NotSupported);
}

#[test]
fn devices_come_and_go() -> Result<(), Error> {
    let context = example::context(&["loopback-hs"])?;
    let simulator = context.simulator().expect("it is simulated");
    let mut watch = context.watch()?;
    assert_eq!(watch.next_within(Duration::from_millis(20)), None);
    let name = simulator.plug("hid-fs")?;
    let Some(Change::Arrived(id)) = watch.next() else { panic!("nothing came") };
    assert_eq!(context.find(&id)?.location(), Some(name.as_str()));
    simulator.unplug(&name)?;
    assert_eq!(run(watch.next_change()), Some(Change::Removed(id)));
    assert_eq!(kind(simulator.unplug(&name)), ErrorKind::NotFound);
    assert_eq!(kind(simulator.plug("nothing")), ErrorKind::NotFound);
    context.finish()?;
    assert!(matches!(watch.next(), Some(Change::Removed(_))), "the first device is pulled in the end");
    assert_eq!(watch.next(), None, "nothing will come any more");
    Ok(())
}

#[test]
fn the_driver_tells_of_transfers() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let mut events = bench.context.events(Level::Verbose, Keywords::TRANSFER | Keywords::ERROR)?;
    let mut failures = bench.context.events(Level::Warning, Keywords::ERROR)?;
    let out = bench.device.endpoint::<Bulk, Out>(BULK_OUT).wait()?;
    out.write(b"told").wait()?;
    let start = events.next_within(SOON).expect("it is told");
    assert_eq!((start.name(), start.level()), ("TransferStart", Level::Verbose));
    assert_eq!(
        (start.field("Endpoint"), start.field("Length")),
        (Some(&Value::Hex(1)), Some(&Value::Number(4)))
    );
    let stop = run(events.next_event()).expect("it is told");
    assert_eq!((stop.name(), stop.field("Status")), ("TransferStop", Some(&Value::Status(0))));
    assert!(stop.time() > start.time() && stop.keywords().has_any_of(Keywords::TRANSFER));
    bench.simulator().halt("device1", BULK_OUT)?;
    assert_eq!(kind(out.write(b"fails").wait()), ErrorKind::Stall);
    let failed = failures.next_within(SOON).expect("it is told");
    assert_eq!(
        (failed.name(), failed.field("UsbdStatus")),
        ("TransferFailed", Some(&Value::Hex(0xC000_0004)))
    );
    assert!(failed.fields().iter().any(|field| field.name == "Status"), "{failed:?}");
    drop((events, failures, out));
    bench.end()
}

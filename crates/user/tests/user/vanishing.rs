//! Devices that go while they are used.

use std::{thread, time::Duration};

use usbclient_user::{Bulk, Change, Error, ErrorKind, In, Setup};

use crate::{BULK_IN, Bench, kind, pattern};

#[test]
fn a_read_that_the_cable_cuts_says_how_much_came() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, out, back) = bench.ends()?;
    out.write(&pattern(3 * 512)).wait()?;
    let simulator = bench.simulator();
    let error = thread::scope(|scope| {
        let reading = scope.spawn(|| back.read(16 * 512).wait());
        thread::sleep(Duration::from_millis(100));
        simulator.unplug("device1").expect("it is plugged in");
        reading.join().expect("the reader ends").expect_err("the cable is cut")
    });
    assert_eq!((error.kind(), error.moved()), (ErrorKind::Disconnected, 3 * 512));
    let message = error.to_string();
    assert!(message.starts_with("reading from endpoint 0x81: the device is gone ("), "{message}");
    assert!(message.ends_with(", after 1536 bytes had been moved"), "{message}");
    assert_eq!(kind(out.write(b"too late").wait()), ErrorKind::Disconnected);
    assert_eq!(kind(bench.device.info().open()), ErrorKind::NotFound);
    drop((out, back, interface));
    bench.end()
}

#[test]
fn a_queue_that_the_cable_cuts() -> Result<(), Error> {
    let bench = Bench::with("nak")?;
    let mut back = bench.device.endpoint::<Bulk, In>(BULK_IN).wait()?;
    for _ in 0..6 {
        let room = back.allocate(2048);
        back.submit(room);
    }
    bench.simulator().unplug("device1")?;
    let mut ended = 0;
    while let Some(completion) = back.wait_next() {
        assert_eq!(kind(completion.into_result()), ErrorKind::Disconnected);
        ended += 1;
    }
    assert_eq!(ended, 6);
    drop(back);
    bench.end()
}

#[test]
fn a_cycled_port_brings_the_device_back() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let mut watch = bench.context.watch()?;
    bench.device.cycle_port().wait()?;
    let second = Duration::from_secs(10);
    assert!(
        matches!(watch.next_within(second), Some(Change::Removed(id)) if id == *bench.device.info().id())
    );
    assert!(matches!(
        bench.device.control_in(Setup::vendor(4), 4).wait().map_err(|error| error.kind()),
        Err(ErrorKind::Disconnected)
    ));
    let Bench { context, device } = bench;
    // It comes back when the last file of before is closed.
    drop(device);
    let Some(Change::Arrived(id)) = watch.next_within(second) else { panic!("it does not come back") };
    let again = context.find(&id)?.open()?;
    assert_eq!(again.control_in(Setup::vendor(4), 4).wait()?, [0; 4]);
    drop((again, watch));
    context.finish()
}

#[test]
fn files_outlive_their_device() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, out, back) = bench.ends()?;
    bench.simulator().unplug("device1")?;
    bench.simulator().plug("loopback-hs")?;
    assert_eq!(bench.context.list_devices()?.len(), 1);
    let fresh = bench.context.list_devices()?[0].open()?;
    let endpoint = fresh.endpoint::<Bulk, In>(BULK_IN).wait()?;
    drop((out, back, interface, endpoint, fresh));
    bench.end()
}

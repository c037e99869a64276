//! Tells of devices that come and go, and of what the driver says meanwhile.
//!
//! On Windows until it is ended; on Linux for one device that comes and goes in the simulated kernel.

use usbclient_user::{Change, Context, Error};

fn tell(context: &Context, change: &Change) -> Result<(), Error> {
    match change {
        Change::Arrived(id) => println!("arrived: {}", context.find(id)?.name().unwrap_or("?")),
        Change::Removed(id) => println!("removed: {id}"),
    }
    Ok(())
}

#[cfg(windows)]
fn main() -> Result<(), Error> {
    let context = Context::system()?;
    for change in context.watch()? {
        tell(&context, &change)?;
    }
    Ok(())
}

#[cfg(not(windows))]
fn main() -> Result<(), Error> {
    use usbclient_user::{Keywords, Level, example};

    let context = example::context(&[])?;
    let (Some(simulator), mut watch) = (context.simulator(), context.watch()?) else { return Ok(()) };
    let mut events = context.events(Level::Information, Keywords::LIFECYCLE)?;
    let device = simulator.plug("loopback-hs")?;
    watch.next().iter().try_for_each(|change| tell(&context, change))?;
    simulator.unplug(&device)?;
    watch.next().iter().try_for_each(|change| tell(&context, change))?;
    while let Some(event) = events.next_within(std::time::Duration::from_millis(100)) {
        println!("the driver: {}", event.name());
    }
    drop((watch, events));
    context.finish()
}

//! `usbctl reset`: the device, one of its pipes, or its port.

use std::{
    future::Future as _,
    pin::pin,
    time::{Duration, Instant},
};

use serde_json::json;
use usbclient_user::{
    Bulk, Change, Device, DeviceId, DeviceInfo, In, Interrupt, Isochronous, Operation, Out, TransferType,
};

use super::endpoint::{self, Found, Wanted};
use crate::{
    cli::Reset,
    descriptors::address_text,
    failure::{Exit, Failure},
    interrupt::{self, Waited},
    output,
    session::Session,
};

/// How long a device may take to appear anew.
const PATIENCE: Duration = Duration::from_secs(10);

/// Resets.
pub fn run(session: &Session, options: &Reset) -> Result<(), Failure> {
    let device = session.select(options.device.as_ref())?;
    let info = device.info().clone();
    let (what, told) = if let Some(address) = options.pipe {
        let kinds = [TransferType::Bulk, TransferType::Interrupt, TransferType::Isochronous];
        let wanted =
            Wanted { address: Some(address), setting: None, is_shared: true, is_in: None, kinds: &kinds };
        let found = endpoint::find(&device, wanted)?;
        interrupt::wait(clear(&found)?)?;
        ("pipe", format!("the pipe of endpoint {} is reset, and its halt cleared", address_text(address)))
    } else if options.cycle {
        cycle(session, device)?;
        ("cycle", "the device was removed and appeared anew".to_owned())
    } else {
        interrupt::wait(device.reset())?;
        ("port", "the device is reset".to_owned())
    };
    if session.output.is_json() {
        let report = json!({ "reset": what, "endpoint": options.pipe, "path": info.id().path() });
        return Ok(output::json(&report)?);
    }
    let name = format!("{:04x}:{:04x}", info.vendor_id(), info.product_id());
    Ok(output::line(&format!("{name}  {told}"))?)
}

/// Cycles the port, and waits until the device is there again. Its file is closed first: the old device goes with its last one.
fn cycle(session: &Session, device: Device) -> Result<(), Failure> {
    let numbers = |info: &DeviceInfo| (info.vendor_id(), info.product_id());
    let old = numbers(device.info());
    let is_it = |id: &DeviceId| session.context().find(id).is_ok_and(|new| numbers(&new) == old);
    let mut changes = session.context().watch()?;
    interrupt::wait(device.cycle_port())?;
    drop(device);
    let deadline = Instant::now().checked_add(PATIENCE);
    loop {
        let mut change = pin!(changes.next_change());
        match interrupt::wait_until(deadline, |context| change.as_mut().poll(context)) {
            Waited::Done(Some(Change::Arrived(id))) if is_it(&id) => return Ok(()),
            Waited::Done(Some(_)) => {}
            Waited::Interrupted => return Err(Failure::interrupted()),
            Waited::Done(None) | Waited::Late => {
                let failure = Failure::new(Exit::Unplugged, "the device did not appear again");
                return Err(failure.next("`usbctl watch` tells when it is there."));
            }
        }
    }
}

/// Endpoints of each kind and direction are of types of their own.
fn clear(found: &Found) -> Result<Operation<()>, Failure> {
    Ok(match (found.info.transfer_type(), found.info.is_in()) {
        (TransferType::Bulk, true) => found.open_kind::<Bulk, In>()?.clear_halt(),
        (TransferType::Bulk, false) => found.open_kind::<Bulk, Out>()?.clear_halt(),
        (TransferType::Isochronous, true) => found.open_kind::<Isochronous, In>()?.clear_halt(),
        (TransferType::Isochronous, false) => found.open_kind::<Isochronous, Out>()?.clear_halt(),
        (_, true) => found.open_kind::<Interrupt, In>()?.clear_halt(),
        (_, false) => found.open_kind::<Interrupt, Out>()?.clear_halt(),
    })
}

//! `usbctl reset`: the device, one of its pipes, or its port.

use usbclient_user::{Bulk, In, Interrupt, Isochronous, Operation, Out, TransferType};

use super::endpoint::{self, Found, Wanted};
use crate::{
    cli::Reset, descriptors::address_text, failure::Failure, interrupt, output::safe, session::Session,
};

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
        interrupt::wait(device.cycle_port())?;
        ("cycle", "the device appears anew".to_owned())
    } else {
        interrupt::wait(device.reset())?;
        ("port", "the device is reset".to_owned())
    };
    if session.output.is_json() {
        let report = serde_json::json!({
            "reset": what,
            "endpoint": options.pipe,
            "path": info.id().path(),
        });
        return Ok(session.output.json(&report)?);
    }
    let name = format!("{:04x}:{:04x}", info.vendor_id(), info.product_id());
    Ok(session.output.line(&format!("{name}  {}", safe(&told)))?)
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

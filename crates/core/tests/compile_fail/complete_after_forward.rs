//! An IRP is completed that the lower driver has.
mod edge;

use usbclient_core::status::STATUS_CANCELLED;

fn main() {
    edge::pnp(|fdo, irp, _| {
        let Ok(guard) = fdo.acquire(&irp) else { loop {} };
        let _sent = irp.forward(guard);
        irp.refuse(STATUS_CANCELLED)
    });
}

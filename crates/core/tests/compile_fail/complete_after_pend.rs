//! An IRP is marked pending, and completed as if it were not.
mod edge;

use usbclient_core::status::STATUS_CANCELLED;

fn main() {
    edge::pnp(|fdo, irp, _| {
        let Ok(guard) = fdo.acquire(&irp) else { loop {} };
        let (_pended, _disposition) = irp.pend(guard);
        irp.refuse(STATUS_CANCELLED)
    });
}

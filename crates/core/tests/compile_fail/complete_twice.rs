//! An IRP is completed twice.
mod edge;

use usbclient_core::status::STATUS_CANCELLED;

fn main() {
    edge::pnp(|_, irp, _| {
        let _first = irp.refuse(STATUS_CANCELLED);
        irp.refuse(STATUS_CANCELLED)
    });
}

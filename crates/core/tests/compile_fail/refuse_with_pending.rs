//! An IRP is completed with STATUS_PENDING.
mod edge;

use usbclient_core::status::STATUS_PENDING;

fn main() {
    edge::pnp(|_, irp, _| irp.refuse(STATUS_PENDING));
}

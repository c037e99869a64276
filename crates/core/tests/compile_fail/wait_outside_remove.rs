//! The remove lock is waited for while another IRP than REMOVE is handled.
mod edge;

use usbclient_core::{
    remove::{RemoveCalls, Removing},
    status::STATUS_CANCELLED,
};

fn main() {
    edge::pnp(|fdo, mut irp, passive| {
        let tag = <edge::Edge as usbclient_core::dispatch::IrpCalls>::tag(irp.raw());
        edge::Edge::release_remove_lock_and_wait(fdo.device(), tag, &Removing(()), passive);
        irp.refuse(STATUS_CANCELLED)
    });
}

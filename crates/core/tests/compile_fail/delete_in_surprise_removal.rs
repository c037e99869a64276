//! The device object is detached and deleted while another IRP than REMOVE is handled.
mod edge;

use usbclient_core::{
    remove::{RemoveCalls, Removing},
    status::STATUS_CANCELLED,
};

fn main() {
    edge::pnp(|fdo, irp, passive| {
        edge::Edge::detach(fdo.device(), &Removing(()), passive);
        edge::Edge::delete(fdo.device(), &Removing(()), passive);
        irp.refuse(STATUS_CANCELLED)
    });
}

//! The USBD_HANDLE is taken out of the device by someone who does not remove it.
mod edge;

use usbclient_core::remove::{RemoveCalls, Removing};

fn main() {
    edge::pnp(|fdo, irp, passive| {
        let _handle = edge::Edge::take_handle(fdo.device(), &Removing(()), passive);
        irp.refuse(usbclient_core::status::STATUS_CANCELLED)
    });
    edge::removal(|irp| {
        let _proof = irp.drain().state.proof;
        loop {}
    });
}

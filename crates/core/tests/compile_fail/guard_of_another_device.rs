//! The remove lock of one device serves the IRP of another.
mod edge;

fn main() {
    edge::pnp(|other_fdo, other_irp, _| {
        let Ok(other_guard) = other_fdo.acquire(&other_irp) else { loop {} };
        edge::pnp(|_, irp, _| irp.forward(other_guard));
        other_irp.refuse(usbclient_core::status::STATUS_CANCELLED)
    });
}

//! An IRP goes down without the remove lock.
mod edge;

fn main() {
    edge::pnp(|_, irp, _| irp.forward());
}

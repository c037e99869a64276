//! The remove lock is released, and the IRP goes down all the same.
mod edge;

fn main() {
    edge::pnp(|fdo, irp, _| {
        let Ok(guard) = fdo.acquire(&irp) else { loop {} };
        drop(guard);
        irp.forward(guard)
    });
}

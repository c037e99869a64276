//! A dispatch routine returns without having done anything with its IRP.
mod edge;

fn main() {
    edge::pnp(|fdo, irp, _| {
        let guard = fdo.acquire(&irp);
        drop(guard);
        drop(irp);
    });
}

//! An IRP leaves its dispatch call without having been marked pending.
mod edge;

fn main() {
    let mut stash = None;
    edge::pnp(|_, irp, _| {
        stash = Some(irp);
        loop {}
    });
}

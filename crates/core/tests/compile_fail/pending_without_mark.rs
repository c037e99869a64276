//! STATUS_PENDING is returned for an IRP that was not marked pending.
mod edge;

use usbclient_core::dispatch::{Disposition, Outcome};

fn main() {
    edge::pnp(|_, _irp, _| Disposition { outcome: Outcome::Pending, brand: core::marker::PhantomData });
}

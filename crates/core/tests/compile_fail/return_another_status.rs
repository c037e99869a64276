//! A dispatch routine returns another status than the lower driver did.
mod edge;

use usbclient_core::{
    dispatch::{Disposition, Outcome},
    status::STATUS_SUCCESS,
};

fn main() {
    edge::pnp(|fdo, irp, _| {
        let Ok(guard) = fdo.acquire(&irp) else { loop {} };
        let _sent = irp.forward(guard);
        Disposition { outcome: Outcome::Forwarded(STATUS_SUCCESS), brand: core::marker::PhantomData }
    });
}

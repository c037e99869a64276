//! `IRP_MJ_PNP`: every minor is decided by core, over the calls in [`calls`](crate::calls).

use usbclient_core::{
    dispatch::{Disposition, Fdo, Irp},
    pnp,
};

use crate::nt::{Nt, dispatch, irql::Passive};

/// `IRP_MJ_PNP`
pub struct Pnp;

impl dispatch::Pnp for Pnp {
    fn handle<'d>(fdo: Fdo<'d, Nt>, irp: Irp<'d, Nt>, passive: &'d mut Passive) -> Disposition<'d> {
        pnp::dispatch(fdo, irp, passive)
    }
}

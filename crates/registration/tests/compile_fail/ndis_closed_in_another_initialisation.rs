//! A file of one initialisation is closed in another.
mod ndis_edge;

use ndis_edge::Calls;
use usbclient_registration::{Registration, ndis::{InitScope, Ndis}};

fn close<'first, 'second>(
    file: Registration<Ndis<'first, Calls>>,
    another: &InitScope<'second, Calls>,
) {
    let Ok(()) = file.close(another.during());
}

fn main() {}

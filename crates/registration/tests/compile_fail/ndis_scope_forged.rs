//! A scope of an initialisation that does not run.
mod ndis_edge;

use core::{cell::Cell, marker::PhantomData};

use usbclient_registration::ndis::InitScope;

fn main() {
    let _scope: InitScope<'_, ndis_edge::Calls> =
        InitScope { open: Cell::new(0), brand: PhantomData, calls: PhantomData };
}

//! An OUT endpoint gives nothing.

use usbclient_user::{Bulk, Endpoint, Out};

fn read(out: &Endpoint<Bulk, Out>) {
    let _ = out.read(512).wait();
}

fn main() {}

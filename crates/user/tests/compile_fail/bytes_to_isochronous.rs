//! An isochronous endpoint takes packets, not bytes.

use usbclient_user::{Endpoint, Isochronous, Out};

fn write(out: &Endpoint<Isochronous, Out>) {
    let _ = out.write(b"no").wait();
}

fn main() {}

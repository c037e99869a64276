//! An IN endpoint takes nothing.

use usbclient_user::{Bulk, Endpoint, In};

fn write(back: &Endpoint<Bulk, In>) {
    let _ = back.write(b"no").wait();
}

fn main() {}

//! A buffer belongs to its transfer.

use usbclient_user::{Buffer, Bulk, Endpoint, Out};

fn write(out: &mut Endpoint<Bulk, Out>, mut buffer: Buffer) {
    out.submit(buffer);
    buffer.clear();
}

fn main() {}

//! A bulk endpoint takes bytes, not packets.

use usbclient_user::{Bulk, Endpoint, In, IsochBuffer, Start};

fn read(back: &mut Endpoint<Bulk, In>) {
    back.submit_read(IsochBuffer::new(8, 100), Start::AsSoonAsPossible);
}

fn main() {}

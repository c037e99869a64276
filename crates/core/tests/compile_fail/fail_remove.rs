//! REMOVE is failed.
mod edge;

use usbclient_core::status::STATUS_CANCELLED;

fn main() {
    edge::removal(|irp| irp.refuse(STATUS_CANCELLED));
}

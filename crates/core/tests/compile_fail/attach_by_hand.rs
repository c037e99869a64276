//! A device object is attached outside AddDevice's order: its steps have no names out there.
use usbclient_core::add_device::{AddDevice, Created};

fn main() {
    let _: Option<AddDevice<Created>> = None;
}

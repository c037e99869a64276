//! A capability of one START is kept for the next.
use usbclient_core::capabilities::Capabilities;

fn keep(of_this_start: &Capabilities) -> Capabilities {
    of_this_start.clone()
}

fn main() {}

//! The port is reset by who has not made the device quiet.
use usbclient_core::{
    recovery::{PortCalls, Quiet, Scope},
    status::Status,
};

fn reset<C: PortCalls>(device: C::Device, passive: &mut C::Passive) -> Result<(), Status> {
    C::reset_port(device, &Quiet { scope: Scope::Device }, passive)
}

fn main() {}

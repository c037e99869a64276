//! Devices that lie in their descriptors. Behind the lie they are sinks and sources of zeros, so that a driver which
//! believes them gets as far as it can.

use crate::{
    Speed,
    descriptor::{BuildError, Class, DeviceBuilder, Endpoint, Flaw},
    device::Device,
    function::{Function, Ready},
};

/// A device behind a false descriptor: takes everything, sends zeros.
#[derive(Debug)]
pub struct Hostile;

/// The device whose configuration descriptor has this flaw.
///
/// # Errors
///
/// [`BuildError`].
pub fn device(speed: Speed, flaw: Flaw) -> Result<Device<Hostile>, BuildError> {
    let descriptors = DeviceBuilder::new(speed, 0x0003)
        .class(Class::VENDOR)
        .strings(&["usbclient", "Hostile", "0001"])
        .configuration(flaw.configuration(speed)?)?
        .finish()?;
    Ok(Device::new(descriptors, Hostile)?)
}

impl Function for Hostile {
    fn ready(&self, _: &Endpoint) -> Ready {
        Ready::Bytes { count: u32::MAX / 2, ends: false }
    }
}

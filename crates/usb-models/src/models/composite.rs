//! A device of several functions whose interface numbers have gaps.
//!
//! That is legal, and what a driver for one function of a composite device sees: it must look interfaces up by what they are, not count from zero.

use crate::{
    Refused, Setup, Speed,
    descriptor::{BuildError, Class, ConfigurationBuilder, DeviceBuilder, Endpoint, SuperSpeedCapability},
    device::Device,
    function::{Function, Ready, Reply},
    models::loopback::{BULK_IN, BULK_OUT, INTERRUPT_IN, Loopback},
};

/// The interface number of the loopback function.
pub const LOOPBACK_INTERFACE: u8 = 2;
/// The interface number of the second function, which has two alternate settings: none and bulk IN 0x83.
pub const SOURCE_INTERFACE: u8 = 5;
/// The second function's endpoint: an endless source of zeros.
pub const SOURCE_IN: u8 = 0x83;

/// The loopback function, and the source beside it.
#[derive(Debug)]
pub struct Composite(Loopback);

/// What the driver of the loopback function sees: the composite device's parent driver gives it a part of the
/// configuration, whose one interface has the number that it has in the whole device.
///
/// # Errors
///
/// [`BuildError`].
pub fn function(speed: Speed) -> Result<Device<Composite>, BuildError> {
    let plain = SuperSpeedCapability::default();
    let configuration = ConfigurationBuilder::new(speed, 1)?
        .interface(LOOPBACK_INTERFACE, 0, Class::VENDOR)?
        .bulk(BULK_OUT, plain)?
        .bulk(BULK_IN, plain)?
        .interrupt(INTERRUPT_IN, 64, 7)?
        .finish()?;
    let descriptors = DeviceBuilder::new(speed, 0x0004)
        .class(Class::MISCELLANEOUS_ASSOCIATION)
        .strings(&["usbclient", "Composite", "0001"])
        .configuration(configuration)?
        .finish()?;
    Ok(Device::new(descriptors, Composite(Loopback::new()?))?)
}

/// The composite device.
///
/// # Errors
///
/// [`BuildError`].
pub fn device(speed: Speed) -> Result<Device<Composite>, BuildError> {
    let plain = SuperSpeedCapability::default();
    let configuration = ConfigurationBuilder::new(speed, 1)?
        .association(LOOPBACK_INTERFACE, 1, Class::VENDOR)?
        .interface(LOOPBACK_INTERFACE, 0, Class::VENDOR)?
        .bulk(BULK_OUT, plain)?
        .bulk(BULK_IN, plain)?
        .interrupt(INTERRUPT_IN, 64, 7)?
        .association(SOURCE_INTERFACE, 1, Class::VENDOR)?
        .interface(SOURCE_INTERFACE, 0, Class::VENDOR)?
        .interface(SOURCE_INTERFACE, 1, Class::VENDOR)?
        .bulk(SOURCE_IN, plain)?
        .finish()?;
    let descriptors = DeviceBuilder::new(speed, 0x0004)
        .class(Class::MISCELLANEOUS_ASSOCIATION)
        .strings(&["usbclient", "Composite", "0001"])
        .configuration(configuration)?
        .finish()?;
    Ok(Device::new(descriptors, Composite(Loopback::new()?))?)
}

impl Function for Composite {
    fn ready(&self, endpoint: &Endpoint) -> Ready {
        if endpoint.address == SOURCE_IN {
            return Ready::Bytes { count: u32::MAX / 2, ends: false };
        }
        self.0.ready(endpoint)
    }

    fn take(&mut self, endpoint: &Endpoint, bytes: &[u8]) -> Result<(), crate::fallible::OutOfMemory> {
        self.0.take(endpoint, bytes)
    }

    fn give(&mut self, endpoint: &Endpoint, room: &mut [u8]) {
        if endpoint.address == SOURCE_IN {
            room.fill(0);
        } else {
            self.0.give(endpoint, room);
        }
    }

    fn end(&mut self, endpoint: &Endpoint) -> Result<(), crate::fallible::OutOfMemory> {
        if endpoint.address == SOURCE_IN { Ok(()) } else { self.0.end(endpoint) }
    }

    fn control_in(&mut self, setup: Setup, reply: &mut Reply) -> Result<(), Refused> {
        self.0.control_in(setup, reply)
    }

    fn control_out(&mut self, setup: Setup, data: &[u8]) -> Result<(), Refused> {
        self.0.control_out(setup, data)
    }

    fn report(&mut self, endpoint: u8, data: &[u8]) -> Result<(), Refused> {
        self.0.report(endpoint, data)
    }

    fn restart(&mut self) {
        self.0.restart();
    }
}

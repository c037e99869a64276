//! A loop with several configurations and alternate settings, some of which the device refuses.

use crate::{
    Refused, Setup, Speed,
    descriptor::{BuildError, Class, ConfigurationBuilder, DeviceBuilder, Endpoint, SuperSpeedCapability},
    device::Device,
    fallible::OutOfMemory,
    function::{Function, Ready, Reply},
    models::loopback::{BULK_IN, BULK_OUT, INTERRUPT_IN, Loopback},
};

/// The interface.
pub const INTERFACE: u8 = 0;
/// Setting 0 of configuration 1 has the loop and the interrupt endpoint, setting 1 the loop alone.
pub const LOOP_ALONE: u8 = 1;
/// The setting without endpoints.
pub const NOTHING: u8 = 2;
/// The setting that the device refuses: the loop again.
pub const REFUSED: u8 = 3;
/// The configuration with the loop in its one setting.
pub const OTHER_CONFIGURATION: u8 = 2;
/// The configuration that the device refuses.
pub const REFUSED_CONFIGURATION: u8 = 3;

/// The loop.
#[derive(Debug)]
pub struct Settings(Loopback);

/// The device.
///
/// # Errors
///
/// [`BuildError`].
pub fn device(speed: Speed) -> Result<Device<Settings>, BuildError> {
    let plain = SuperSpeedCapability::default();
    let first = ConfigurationBuilder::new(speed, 1)?
        .interface(INTERFACE, 0, Class::VENDOR)?
        .bulk(BULK_OUT, plain)?
        .bulk(BULK_IN, plain)?
        .interrupt(INTERRUPT_IN, 64, 7)?
        .interface(INTERFACE, LOOP_ALONE, Class::VENDOR)?
        .bulk(BULK_OUT, plain)?
        .bulk(BULK_IN, plain)?
        .interface(INTERFACE, NOTHING, Class::VENDOR)?
        .interface(INTERFACE, REFUSED, Class::VENDOR)?
        .bulk(BULK_OUT, plain)?
        .bulk(BULK_IN, plain)?
        .finish()?;
    let loop_alone = |value| -> Result<_, BuildError> {
        ConfigurationBuilder::new(speed, value)?
            .interface(INTERFACE, 0, Class::VENDOR)?
            .bulk(BULK_OUT, plain)?
            .bulk(BULK_IN, plain)?
            .finish()
    };
    let descriptors = DeviceBuilder::new(speed, 0x0010)
        .class(Class::VENDOR)
        .strings(&["usbclient", "Settings", "0001"])
        .configuration(first)?
        .configuration(loop_alone(OTHER_CONFIGURATION)?)?
        .configuration(loop_alone(REFUSED_CONFIGURATION)?)?
        .finish()?;
    Ok(Device::new(descriptors, Settings(Loopback::new()?))?)
}

impl Function for Settings {
    fn ready(&self, endpoint: &Endpoint) -> Ready {
        self.0.ready(endpoint)
    }

    fn take(&mut self, endpoint: &Endpoint, bytes: &[u8]) -> Result<(), OutOfMemory> {
        self.0.take(endpoint, bytes)
    }

    fn give(&mut self, endpoint: &Endpoint, room: &mut [u8]) {
        self.0.give(endpoint, room);
    }

    fn end(&mut self, endpoint: &Endpoint) -> Result<(), OutOfMemory> {
        self.0.end(endpoint)
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

    fn accepts_configuration(&self, value: u8) -> bool {
        value != REFUSED_CONFIGURATION
    }

    fn accepts_setting(&self, _interface: u8, alternate: u8) -> bool {
        alternate != REFUSED
    }

    fn restart(&mut self) {
        self.0.restart();
    }
}

//! A composite device of three functions with interface association descriptors.
//!
//! A streaming function is on interfaces 1 and 2, with two alternate settings, reports are on interface 5, and a bulk loop
//! on interface 9, with two settings.

use crate::{
    Refused, Setup, Speed, Time,
    descriptor::{
        BuildError, Class, ConfigurationBuilder, DeviceBuilder, Endpoint, Isochronous, SuperSpeedCapability,
    },
    device::Device,
    fallible::OutOfMemory,
    function::{Function, Ready, Reply},
    models::{
        camera::Camera,
        hid::{self, Hid},
        loopback::{BULK_IN, BULK_OUT, Loopback},
    },
};

/// The controlling interface of the streaming function.
pub const CONTROL_INTERFACE: u8 = 1;
/// Its streaming interface: setting 0 without endpoints, setting 1 with [`STREAM`].
pub const STREAM_INTERFACE: u8 = 2;
/// The isochronous endpoint, whose packets are those of the camera.
pub const STREAM: u8 = 0x83;
/// The interface with the reports.
pub const REPORT_INTERFACE: u8 = 5;
/// Its endpoint.
pub const REPORTS: u8 = 0x84;
/// The interface with the loop: bulk OUT 0x01 and IN 0x81 in setting 0, and nothing in setting 1.
pub const LOOP_INTERFACE: u8 = 9;

/// The three functions.
#[derive(Debug)]
pub struct Wide {
    stream: Camera,
    reports: Hid,
    data: Loopback,
}

/// The composite device.
///
/// # Errors
///
/// [`BuildError`].
pub fn device(speed: Speed) -> Result<Device<Wide>, BuildError> {
    let plain = SuperSpeedCapability::default();
    let stream =
        Isochronous { packet: 256, interval: 4, usage: Isochronous::ASYNCHRONOUS, ..Isochronous::default() };
    let configuration = ConfigurationBuilder::new(speed, 1)?
        .association(CONTROL_INTERFACE, 2, Class(0x01, 0x00, 0x20))?
        .interface(CONTROL_INTERFACE, 0, Class(0x01, 0x01, 0x20))?
        .interface(STREAM_INTERFACE, 0, Class(0x01, 0x02, 0x20))?
        .interface(STREAM_INTERFACE, 1, Class(0x01, 0x02, 0x20))?
        .isochronous(STREAM, stream)?
        .association(REPORT_INTERFACE, 1, Class(0x03, 0x00, 0x00))?
        .interface(REPORT_INTERFACE, 0, Class(0x03, 0x00, 0x00))?
        .other(&[9, 0x21, 0x11, 0x01, 0, 1, 0x22, 34, 0])?
        .interrupt(REPORTS, 8, 4)?
        .association(LOOP_INTERFACE, 1, Class::VENDOR)?
        .interface(LOOP_INTERFACE, 0, Class::VENDOR)?
        .bulk(BULK_OUT, plain)?
        .bulk(BULK_IN, plain)?
        .interface(LOOP_INTERFACE, 1, Class::VENDOR)?
        .finish()?;
    let descriptors = DeviceBuilder::new(speed, 0x000C)
        .class(Class::MISCELLANEOUS_ASSOCIATION)
        .strings(&["usbclient", "Wide composite", "0001"])
        .configuration(configuration)?
        .finish()?;
    let wide = Wide { stream: Camera::default(), reports: Hid::default(), data: Loopback::new()? };
    Ok(Device::new(descriptors, wide)?)
}

/// The endpoint as the function that it is of knows it.
const fn known(endpoint: &Endpoint) -> Endpoint {
    let address = match endpoint.address {
        STREAM => super::camera::STREAM,
        REPORTS => hid::REPORTS,
        other => other,
    };
    Endpoint { address, ..*endpoint }
}

impl Wide {
    fn of(&mut self, endpoint: &Endpoint) -> &mut dyn Function {
        match endpoint.address {
            STREAM => &mut self.stream,
            REPORTS => &mut self.reports,
            _ => &mut self.data,
        }
    }
}

impl Function for Wide {
    fn ready(&self, endpoint: &Endpoint) -> Ready {
        match endpoint.address {
            STREAM => self.stream.ready(&known(endpoint)),
            REPORTS => self.reports.ready(&known(endpoint)),
            _ => self.data.ready(endpoint),
        }
    }

    fn moment(&mut self, endpoint: &Endpoint, now: Time) {
        self.of(endpoint).moment(&known(endpoint), now);
    }

    fn take(&mut self, endpoint: &Endpoint, bytes: &[u8]) -> Result<(), OutOfMemory> {
        self.of(endpoint).take(&known(endpoint), bytes)
    }

    fn give(&mut self, endpoint: &Endpoint, room: &mut [u8]) {
        self.of(endpoint).give(&known(endpoint), room);
    }

    fn end(&mut self, endpoint: &Endpoint) -> Result<(), OutOfMemory> {
        self.of(endpoint).end(&known(endpoint))
    }

    fn control_in(&mut self, setup: Setup, reply: &mut Reply) -> Result<(), Refused> {
        self.data.control_in(setup, reply)
    }

    fn control_out(&mut self, setup: Setup, data: &[u8]) -> Result<(), Refused> {
        self.data.control_out(setup, data)
    }

    fn setting(&mut self, interface: u8, _: u8) {
        match interface {
            STREAM_INTERFACE => self.stream.restart(),
            LOOP_INTERFACE => self.data.restart(),
            _ => {}
        }
    }

    fn restart(&mut self) {
        self.stream.restart();
        self.data.restart();
    }
}

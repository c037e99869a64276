//! A camera: isochronous IN 0x81, whose alternate settings differ in how much they send.
//!
//! The default setting has no endpoint, as USB 2.0, 5.6.3 asks for. What is sent can be told from where it stands in the
//! sequence: [`length`] and [`byte`] say what packet `n` since the setting was selected is.

use crate::{
    Refused, Setup, Speed,
    descriptor::{BuildError, Class, ConfigurationBuilder, DeviceBuilder, Endpoint, Isochronous},
    device::Device,
    fallible::OutOfMemory,
    function::{Function, Ready, Reply},
};

/// The streaming endpoint.
pub const STREAM: u8 = 0x81;
/// The streaming interface; the controlling one is interface 0.
pub const INTERFACE: u8 = 1;
/// The status endpoint of the controlling interface. It never says anything.
pub const STATUS: u8 = 0x83;
/// Vendor request, IN, four bytes, little-endian: packets that were sent since the setting was selected.
pub const SENT: u8 = 0x10;

/// What the endpoint is in the alternate settings from 1 on.
#[must_use]
pub const fn shapes(speed: Speed) -> [Isochronous; 3] {
    let base = Isochronous { packet: 1024, interval: 1, more: 0, burst: 0, usage: Isochronous::ASYNCHRONOUS };
    match speed {
        Speed::Low | Speed::Full => [
            Isochronous { packet: 128, ..base },
            Isochronous { packet: 512, ..base },
            Isochronous { packet: 1023, ..base },
        ],
        // One packet a frame, one a microframe, three a microframe.
        Speed::High => [
            Isochronous { packet: 512, interval: 4, ..base },
            Isochronous { packet: 512, ..base },
            Isochronous { more: 2, ..base },
        ],
        Speed::Super => [base, Isochronous { burst: 3, ..base }, Isochronous { more: 2, burst: 15, ..base }],
    }
}

/// Bytes of packet `n`, of `most`: every eighth is half full, and every thirty-second is empty.
#[must_use]
pub const fn length(most: u32, n: u32) -> u32 {
    if n % 32 == 31 {
        0
    } else if n % 8 == 7 {
        most / 2
    } else {
        most
    }
}

/// The byte at an offset of packet `n`.
#[must_use]
pub const fn byte(n: u32, offset: u32) -> u8 {
    let [low, ..] = n.wrapping_mul(31).wrapping_add(offset).to_le_bytes();
    low
}

/// The behaviour of the camera.
#[derive(Debug, Default)]
pub struct Camera {
    /// Packets sent.
    sent: u32,
    /// Bytes of the present one that were given already.
    given: u32,
}

/// A camera for a speed (low speed has no isochronous transfers).
///
/// # Errors
///
/// [`BuildError`].
pub fn device(speed: Speed) -> Result<Device<Camera>, BuildError> {
    let interval = if matches!(speed, Speed::High | Speed::Super) { 7 } else { 8 };
    let mut configuration = ConfigurationBuilder::new(speed, 1)?
        .association(0, 2, Class(0x0E, 0x03, 0x00))?
        .interface(0, 0, Class(0x0E, 0x01, 0x00))?
        .interrupt(STATUS, 16, interval)?
        .interface(INTERFACE, 0, Class(0x0E, 0x02, 0x00))?;
    for (alternate, shape) in (1..).zip(shapes(speed)) {
        configuration = configuration
            .interface(INTERFACE, alternate, Class(0x0E, 0x02, 0x00))?
            .isochronous(STREAM, shape)?;
    }
    let descriptors = DeviceBuilder::new(speed, 0x0008)
        .class(Class::MISCELLANEOUS_ASSOCIATION)
        .strings(&["usbclient", "Camera", "0001"])
        .configuration(configuration.finish()?)?
        .finish()?;
    Ok(Device::new(descriptors, Camera::default())?)
}

impl Function for Camera {
    fn ready(&self, endpoint: &Endpoint) -> Ready {
        if endpoint.address != STREAM {
            return Ready::Nak;
        }
        Ready::Bytes { count: length(endpoint.per_interval, self.sent), ends: true }
    }

    fn give(&mut self, _: &Endpoint, room: &mut [u8]) {
        let from = self.given;
        for (offset, to) in (from..).zip(room.iter_mut()) {
            *to = byte(self.sent, offset);
        }
        self.given = from.saturating_add(u32::try_from(room.len()).unwrap_or(u32::MAX));
    }

    fn end(&mut self, _: &Endpoint) -> Result<(), OutOfMemory> {
        self.sent = self.sent.wrapping_add(1);
        self.given = 0;
        Ok(())
    }

    fn control_in(&mut self, setup: Setup, reply: &mut Reply) -> Result<(), Refused> {
        if setup.request == SENT { reply.extend(&self.sent.to_le_bytes()) } else { Err(Refused) }
    }

    fn setting(&mut self, interface: u8, _: u8) {
        if interface == INTERFACE {
            self.restart();
        }
    }

    fn restart(&mut self) {
        *self = Self::default();
    }
}

//! A device of the kind of a mouse or a sensor: interrupt IN 0x81 has a report at regular times, whether somebody reads or
//! not.
//!
//! The reports have numbers. The device keeps the last [`DEPTH`]; whoever reads more slowly loses older ones, and sees it by
//! the gap in the numbers.

use crate::{
    Refused, Setup, Speed, Time,
    descriptor::{BuildError, Class, ConfigurationBuilder, DeviceBuilder, Endpoint},
    device::Device,
    fallible::OutOfMemory,
    function::{Function, Ready, Reply},
};

/// The endpoint.
pub const REPORTS: u8 = 0x81;
/// Bytes of a report: its number, little-endian, and four bytes that follow from it ([`report`]).
pub const SIZE: u32 = 8;
/// From one report to the next, in units of 100 ns.
pub const PERIOD: u64 = 4 * Time::PER_FRAME;
/// Reports that the device keeps.
pub const DEPTH: u64 = 16;
/// Class request `GET_REPORT`, IN: the last report that was sent.
pub const GET_REPORT: u8 = 0x01;

/// Report number `n`.
#[must_use]
pub const fn report(n: u32) -> [u8; 8] {
    let follows = n.wrapping_mul(0x9E37_79B9).swap_bytes();
    (n as u64 | (follows as u64) << 32).to_le_bytes()
}

/// The behaviour of the device.
#[derive(Debug, Default)]
pub struct Hid {
    /// The report that is sent next. Report `n` is made at `n` times [`PERIOD`].
    next: u64,
    given: usize,
}

/// A reporting device for a speed.
///
/// # Errors
///
/// [`BuildError`].
pub fn device(speed: Speed) -> Result<Device<Hid>, BuildError> {
    let interval = match speed {
        Speed::Low => 10,
        Speed::Full => 1,
        Speed::High | Speed::Super => 4,
    };
    let configuration = ConfigurationBuilder::new(speed, 1)?
        .interface(0, 0, Class(0x03, 0x00, 0x00))?
        // HID 1.11, one report descriptor of 34 bytes, which this device does not have.
        .other(&[9, 0x21, 0x11, 0x01, 0, 1, 0x22, 34, 0])?
        .interrupt(REPORTS, 8, interval)?
        .finish()?;
    let descriptors = DeviceBuilder::new(speed, 0x000A)
        .strings(&["usbclient", "Reports", "0001"])
        .configuration(configuration)?
        .finish()?;
    Ok(Device::new(descriptors, Hid::default())?)
}

impl Hid {
    fn number(&self) -> u32 {
        u32::try_from(self.next & u64::from(u32::MAX)).unwrap_or(0)
    }
}

impl Function for Hid {
    fn ready(&self, _: &Endpoint) -> Ready {
        Ready::Later { at: Time(self.next.saturating_mul(PERIOD)), count: SIZE, ends: true }
    }

    fn moment(&mut self, _: &Endpoint, now: Time) {
        // In the middle of a report the number stays.
        if self.given == 0 {
            self.next = self.next.max((now.0 / PERIOD).saturating_sub(DEPTH - 1));
        }
    }

    fn give(&mut self, _: &Endpoint, room: &mut [u8]) {
        let bytes = report(self.number());
        let from = bytes.get(self.given..).unwrap_or_default();
        room.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        self.given = self.given.saturating_add(room.len());
        // A report that fills its packet is over with it.
        if self.given >= bytes.len() {
            (self.next, self.given) = (self.next.saturating_add(1), 0);
        }
    }

    fn end(&mut self, _: &Endpoint) -> Result<(), OutOfMemory> {
        self.given = 0;
        Ok(())
    }

    fn control_in(&mut self, setup: Setup, reply: &mut Reply) -> Result<(), Refused> {
        if setup.request == GET_REPORT {
            reply.extend(&report(self.number().wrapping_sub(1)))
        } else {
            Err(Refused)
        }
    }
}

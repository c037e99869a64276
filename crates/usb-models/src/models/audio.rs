//! Loudspeakers: isochronous OUT 0x01 takes samples, isochronous IN 0x81 says how many it wants (USB 2.0, 5.12.4.2).
//!
//! Alternate setting 0 has no endpoints; 1 is 16 bits and 2 is 24 bits of 48 kHz stereo. The device counts what it gets, and
//! wants now a little more and now a little less than 48 samples a millisecond.

use crate::{
    Refused, Setup, Speed,
    descriptor::{BuildError, Class, ConfigurationBuilder, DeviceBuilder, Endpoint, Isochronous},
    device::Device,
    fallible::OutOfMemory,
    function::{Function, Ready, Reply},
};

/// The endpoint for samples.
pub const SAMPLES: u8 = 0x01;
/// The feedback endpoint.
pub const FEEDBACK: u8 = 0x81;
/// The streaming interface; the controlling one is interface 0.
pub const INTERFACE: u8 = 1;
/// Vendor request, IN, twelve bytes, little-endian: packets, bytes, and the sum of all bytes since the setting was selected.
pub const HEARD: u8 = 0x11;

/// The behaviour of the loudspeakers.
#[derive(Debug, Default)]
pub struct Audio {
    packets: u32,
    bytes: u32,
    sum: u32,
    asked: u32,
    given: usize,
}

/// Loudspeakers for a speed (low speed has no isochronous transfers).
///
/// # Errors
///
/// [`BuildError`].
pub fn device(speed: Speed) -> Result<Device<Audio>, BuildError> {
    let fast = matches!(speed, Speed::High | Speed::Super);
    let mut configuration = ConfigurationBuilder::new(speed, 1)?
        .association(0, 2, Class(0x01, 0x00, 0x20))?
        .interface(0, 0, Class(0x01, 0x01, 0x20))?
        .interface(INTERFACE, 0, Class(0x01, 0x02, 0x20))?;
    for (alternate, sample) in [(1, 2_u16), (2, 3)] {
        // 48 samples of two channels in a frame, 6 in a microframe, and room for one more.
        let packet = if fast { 7 * 2 * sample } else { 49 * 2 * sample };
        let samples =
            Isochronous { packet, interval: 1, usage: Isochronous::ASYNCHRONOUS, ..Isochronous::default() };
        let (packet, interval) = if fast { (4, 4) } else { (3, 1) };
        let feedback =
            Isochronous { packet, interval, usage: Isochronous::FEEDBACK, ..Isochronous::default() };
        configuration = configuration
            .interface(INTERFACE, alternate, Class(0x01, 0x02, 0x20))?
            .isochronous(SAMPLES, samples)?
            .isochronous(FEEDBACK, feedback)?;
    }
    let descriptors = DeviceBuilder::new(speed, 0x0009)
        .class(Class::MISCELLANEOUS_ASSOCIATION)
        .strings(&["usbclient", "Loudspeakers", "0001"])
        .configuration(configuration.finish()?)?
        .finish()?;
    Ok(Device::new(descriptors, Audio::default())?)
}

/// What the feedback endpoint sends the `n`th time: samples a frame as 10.14 at full speed, samples a microframe as 16.16
/// otherwise, the last byte first.
#[must_use]
pub const fn feedback(fast: bool, n: u32) -> [u8; 4] {
    let nominal: u32 = if fast { 6 << 16 } else { 48 << 14 };
    let drift = (n % 16) * 8;
    (nominal + drift - 64).to_le_bytes()
}

impl Function for Audio {
    fn ready(&self, endpoint: &Endpoint) -> Ready {
        if endpoint.address == SAMPLES {
            return Ready::Bytes { count: endpoint.per_interval, ends: false };
        }
        Ready::Bytes { count: endpoint.per_interval, ends: true }
    }

    fn take(&mut self, _: &Endpoint, bytes: &[u8]) -> Result<(), OutOfMemory> {
        self.bytes = self.bytes.wrapping_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.sum = bytes.iter().fold(self.sum, |sum, byte| sum.wrapping_add(u32::from(*byte)));
        Ok(())
    }

    fn give(&mut self, endpoint: &Endpoint, room: &mut [u8]) {
        let wanted = feedback(endpoint.packet == 4, self.asked);
        let from = wanted.get(self.given..).unwrap_or_default();
        room.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        self.given = self.given.saturating_add(room.len());
    }

    fn end(&mut self, endpoint: &Endpoint) -> Result<(), OutOfMemory> {
        if endpoint.address == SAMPLES {
            self.packets = self.packets.wrapping_add(1);
        } else {
            self.asked = self.asked.wrapping_add(1);
            self.given = 0;
        }
        Ok(())
    }

    fn control_in(&mut self, setup: Setup, reply: &mut Reply) -> Result<(), Refused> {
        if setup.request != HEARD {
            return Err(Refused);
        }
        [self.packets, self.bytes, self.sum].iter().try_for_each(|value| reply.extend(&value.to_le_bytes()))
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

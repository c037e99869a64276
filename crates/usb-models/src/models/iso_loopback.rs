//! An isochronous loopback device: the data of each packet of isochronous OUT 0x02 are the data of a packet of isochronous
//! IN 0x82. With nothing in the loop the IN packets are empty.
//!
//! Its endpoints are in the default setting, as many real devices have them against USB 2.0, 5.6.3, so that a host has
//! them without selecting a setting. The alternate settings differ in their polling period.

use alloc::{collections::VecDeque, vec::Vec};

use crate::{
    Refused, Setup, Speed,
    descriptor::{BuildError, Class, ConfigurationBuilder, DeviceBuilder, Endpoint, Isochronous},
    device::Device,
    fallible::{self, OutOfMemory},
    function::{Function, Ready, Reply},
};

/// The OUT endpoint.
pub const OUT: u8 = 0x02;
/// The IN endpoint.
pub const IN: u8 = 0x82;
/// Packets in the loop at most; later ones are lost.
pub const CAPACITY: usize = 4096;
/// Vendor request, IN, eight bytes, little-endian: how many packets came, and how many of them were lost.
pub const COUNTS: u8 = 0x04;

/// `bInterval` of the alternate settings: polling periods of 1, 8 and 16 microframes. No Windows host supports the last
/// (page "Best Practices: Using URBs"), and none at full speed looks at any.
pub const INTERVALS: [u8; 3] = [1, 4, 5];

/// The behaviour of the device.
#[derive(Debug, Default)]
pub struct IsoLoopback {
    packets: VecDeque<Vec<u8>>,
    coming: Vec<u8>,
    /// Bytes of the first packet that were given already.
    given: usize,
    came: u32,
    lost: u32,
}

/// What its endpoints are at a speed.
#[must_use]
pub const fn shape(speed: Speed) -> Isochronous {
    let base = Isochronous { packet: 1024, interval: 1, more: 0, burst: 0, usage: 0 };
    match speed {
        Speed::Low | Speed::Full => Isochronous { packet: 200, ..base },
        Speed::High => Isochronous { more: 1, ..base },
        Speed::Super => Isochronous { more: 1, burst: 1, ..base },
    }
}

/// An isochronous loopback device for a speed (low speed has no isochronous transfers).
///
/// # Errors
///
/// [`BuildError`].
pub fn device(speed: Speed) -> Result<Device<IsoLoopback>, BuildError> {
    let mut configuration = ConfigurationBuilder::new(speed, 1)?;
    for (alternate, interval) in (0..).zip(INTERVALS) {
        let shape = Isochronous { interval, ..shape(speed) };
        configuration = configuration
            .interface(0, alternate, Class::VENDOR)?
            .isochronous(OUT, shape)?
            .isochronous(IN, shape)?;
    }
    let descriptors = DeviceBuilder::new(speed, 0x0005)
        .class(Class::VENDOR)
        .strings(&["usbclient", "Isochronous loopback", "0001"])
        .configuration(configuration.finish()?)?
        .finish()?;
    Ok(Device::new(descriptors, IsoLoopback::default())?)
}

impl Function for IsoLoopback {
    fn ready(&self, endpoint: &Endpoint) -> Ready {
        if endpoint.address == OUT {
            return Ready::Bytes { count: endpoint.per_interval, ends: false };
        }
        let left = self.packets.front().map_or(0, |packet| packet.len().saturating_sub(self.given));
        Ready::Bytes { count: u32::try_from(left).unwrap_or(u32::MAX), ends: true }
    }

    fn take(&mut self, _: &Endpoint, bytes: &[u8]) -> Result<(), OutOfMemory> {
        fallible::extend(&mut self.coming, bytes)
    }

    fn give(&mut self, _: &Endpoint, room: &mut [u8]) {
        let Some(packet) = self.packets.front() else { return };
        let from = packet.get(self.given..).unwrap_or_default();
        room.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        self.given = self.given.saturating_add(room.len());
    }

    fn end(&mut self, endpoint: &Endpoint) -> Result<(), OutOfMemory> {
        if endpoint.address == IN {
            self.given = 0;
            self.packets.pop_front();
            return Ok(());
        }
        let packet = core::mem::take(&mut self.coming);
        self.came = self.came.wrapping_add(1);
        if self.packets.len() < CAPACITY {
            return fallible::push_back(&mut self.packets, packet);
        }
        self.lost = self.lost.wrapping_add(1);
        Ok(())
    }

    fn control_in(&mut self, setup: Setup, reply: &mut Reply) -> Result<(), Refused> {
        if setup.request != COUNTS {
            return Err(Refused);
        }
        reply.extend(&self.came.to_le_bytes())?;
        reply.extend(&self.lost.to_le_bytes())
    }

    fn setting(&mut self, _: u8, _: u8) {
        self.restart();
    }

    fn restart(&mut self) {
        *self = Self::default();
    }
}

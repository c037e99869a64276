//! A `SuperSpeed` loopback device with streams.
//!
//! What goes into bulk OUT 0x01 on a stream comes out of bulk IN 0x81 on the same stream, and what goes in without a
//! stream comes out without one. Each has a loop of its own.
//!
//! Bulk OUT 0x02 and IN 0x83 are one more loop, and have no streams.

use alloc::vec::Vec;

use crate::{
    Speed,
    descriptor::{BuildError, Class, ConfigurationBuilder, DeviceBuilder, Endpoint, SuperSpeedCapability},
    device::Device,
    fallible::{self, OutOfMemory},
    function::{Function, Ready},
    models::loopback::Loop,
};

/// The OUT endpoint with streams.
pub const OUT: u8 = 0x01;
/// The IN endpoint with streams.
pub const IN: u8 = 0x81;
/// The OUT endpoint without.
pub const PLAIN_OUT: u8 = 0x02;
/// The IN endpoint without.
pub const PLAIN_IN: u8 = 0x83;
/// `MaxStreams`: 32 streams.
pub const MAX_STREAMS: u8 = 5;
/// Bytes in one loop at most.
const CAPACITY: u32 = 1 << 20;

/// The behaviour of the device.
#[derive(Debug, Default)]
pub struct StreamLoopback {
    plain: Loop,
    /// By stream, 0 without one.
    loops: Vec<Loop>,
}

/// The stream loopback device.
///
/// # Errors
///
/// [`BuildError`].
pub fn device() -> Result<Device<StreamLoopback>, BuildError> {
    let streams = SuperSpeedCapability { burst: 15, streams: MAX_STREAMS };
    let plain = SuperSpeedCapability { burst: 15, streams: 0 };
    let configuration = ConfigurationBuilder::new(Speed::Super, 1)?
        .interface(0, 0, Class::VENDOR)?
        .bulk(OUT, streams)?
        .bulk(IN, streams)?
        .bulk(PLAIN_OUT, plain)?
        .bulk(PLAIN_IN, plain)?
        .finish()?;
    let descriptors = DeviceBuilder::new(Speed::Super, 0x0006)
        .class(Class::VENDOR)
        .strings(&["usbclient", "Stream loopback", "0001"])
        .configuration(configuration)?
        .finish()?;
    let mut loops = Vec::new();
    for _ in 0..=1_u32 << MAX_STREAMS {
        fallible::push(&mut loops, Loop::default())?;
    }
    Ok(Device::new(descriptors, StreamLoopback { plain: Loop::default(), loops })?)
}

impl StreamLoopback {
    fn of(&self, endpoint: &Endpoint) -> Option<&Loop> {
        match endpoint.address {
            OUT | IN => self.loops.get(usize::from(endpoint.stream)),
            _ => Some(&self.plain),
        }
    }

    fn of_mut(&mut self, endpoint: &Endpoint) -> Option<&mut Loop> {
        match endpoint.address {
            OUT | IN => self.loops.get_mut(usize::from(endpoint.stream)),
            _ => Some(&mut self.plain),
        }
    }
}

impl Function for StreamLoopback {
    fn ready(&self, endpoint: &Endpoint) -> Ready {
        let Some(data) = self.of(endpoint) else { return Ready::Stall };
        if endpoint.address & 0x80 == 0 { data.room(CAPACITY) } else { data.waiting() }
    }

    fn take(&mut self, endpoint: &Endpoint, bytes: &[u8]) -> Result<(), OutOfMemory> {
        self.of_mut(endpoint).map_or(Ok(()), |data| data.take(bytes))
    }

    fn give(&mut self, endpoint: &Endpoint, room: &mut [u8]) {
        if let Some(data) = self.of_mut(endpoint) {
            data.give(room);
        }
    }

    fn end(&mut self, endpoint: &Endpoint) -> Result<(), OutOfMemory> {
        match self.of_mut(endpoint) {
            Some(data) if endpoint.address & 0x80 == 0 => data.end_of_taken(),
            Some(data) => {
                data.end_of_given();
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn restart(&mut self) {
        self.plain = Loop::default();
        self.loops.iter_mut().for_each(|data| *data = Loop::default());
    }
}

//! Devices whose descriptors are in order and whose endpoints are not: they answer NAK for ever, STALL, or send
//! less or more than they were asked for.

use crate::{
    Refused, Setup, Speed,
    descriptor::{BuildError, Class, ConfigurationBuilder, DeviceBuilder, Endpoint, SuperSpeedCapability},
    device::Device,
    function::{Function, Ready, Reply},
};

/// What the endpoints do. They are the loopback device's: bulk OUT 0x01, bulk IN 0x81, interrupt IN 0x82.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Obstinate {
    /// NAK for ever, in both directions.
    Nak,
    /// STALL whenever they are asked, also right after a reset.
    Stall,
    /// Every IN transfer ends after this many bytes, fewer than a packet; OUT takes everything.
    Short(u16),
    /// Every IN transfer is answered with whole packets, so that one that asks for less than a packet, or not for
    /// whole packets, gets too much; OUT takes everything.
    TooMuch,
    /// Every vendor control request is answered with STALL and every endpoint takes and gives bytes.
    ControlStall,
}

/// An obstinate device.
///
/// # Errors
///
/// [`BuildError`].
pub fn device(speed: Speed, how: Obstinate) -> Result<Device<Obstinate>, BuildError> {
    let plain = SuperSpeedCapability::default();
    let configuration = ConfigurationBuilder::new(speed, 1)?
        .interface(0, 0, Class::VENDOR)?
        .bulk(0x01, plain)?
        .bulk(0x81, plain)?
        .interrupt(0x82, 64, 7)?
        .finish()?;
    let descriptors = DeviceBuilder::new(speed, 0x0002)
        .strings(&["usbclient", "Obstinate", "0001"])
        .configuration(configuration)?
        .finish()?;
    Ok(Device::new(descriptors, how)?)
}

impl Function for Obstinate {
    fn ready(&self, endpoint: &Endpoint) -> Ready {
        let endless = Ready::Bytes { count: u32::MAX / 2, ends: false };
        match *self {
            Self::Nak => Ready::Nak,
            Self::Stall => Ready::Stall,
            Self::Short(count) if endpoint.address & 0x80 != 0 => {
                let most = endpoint.packet.saturating_sub(1);
                Ready::Bytes { count: u32::from(count.min(most)), ends: true }
            }
            Self::Short(_) | Self::TooMuch | Self::ControlStall => endless,
        }
    }

    fn control_in(&mut self, setup: Setup, reply: &mut Reply) -> Result<(), Refused> {
        if *self == Self::ControlStall {
            return Err(Refused);
        }
        // Zeros, as many as asked for; `Short` sends one byte less.
        let length =
            if matches!(self, Self::Short(_)) { setup.length.saturating_sub(1) } else { setup.length };
        (0..length).try_for_each(|_| reply.extend(&[0]))
    }

    fn control_out(&mut self, _: Setup, _: &[u8]) -> Result<(), Refused> {
        if *self == Self::ControlStall { Err(Refused) } else { Ok(()) }
    }
}

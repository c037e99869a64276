//! A device that is nothing but a memory of 64 KiB, read and written by vendor requests, as many programming adapters are.

use alloc::vec::Vec;

use crate::{
    Refused, Setup, Speed,
    descriptor::{BuildError, Class, ConfigurationBuilder, DeviceBuilder},
    device::Device,
    fallible::OutOfMemory,
    function::{Function, Reply},
};

/// Bytes of the memory.
pub const SIZE: usize = 1 << 16;
/// Vendor request, both directions: `wLength` bytes from `wValue` on. STALL when they go past the end.
pub const ACCESS: u8 = 0xA2;
/// Vendor request, OUT without data: every byte is `wValue`'s low byte.
pub const FILL: u8 = 0xA3;
/// Vendor request, IN without data to speak of: STALL, always.
pub const REFUSE: u8 = 0xA4;

/// The behaviour of the device.
#[derive(Debug)]
pub struct Eeprom(Vec<u8>);

/// The memory, for a speed.
///
/// # Errors
///
/// [`BuildError`].
pub fn device(speed: Speed) -> Result<Device<Eeprom>, BuildError> {
    let configuration = ConfigurationBuilder::new(speed, 1)?.interface(0, 0, Class::VENDOR)?.finish()?;
    let descriptors = DeviceBuilder::new(speed, 0x000B)
        .class(Class::VENDOR)
        .strings(&["usbclient", "Memory", "0001"])
        .configuration(configuration)?
        .finish()?;
    let mut memory = Vec::new();
    memory.try_reserve_exact(SIZE).map_err(|_| OutOfMemory)?;
    memory.resize(SIZE, 0xFF);
    Ok(Device::new(descriptors, Eeprom(memory))?)
}

impl Eeprom {
    fn range(&mut self, setup: Setup) -> Result<&mut [u8], Refused> {
        let from = usize::from(setup.value);
        self.0.get_mut(from..from.saturating_add(usize::from(setup.length))).ok_or(Refused)
    }
}

impl Function for Eeprom {
    fn control_in(&mut self, setup: Setup, reply: &mut Reply) -> Result<(), Refused> {
        if setup.request == ACCESS { reply.extend(self.range(setup)?) } else { Err(Refused) }
    }

    fn control_out(&mut self, setup: Setup, data: &[u8]) -> Result<(), Refused> {
        match setup.request {
            ACCESS => {
                let to = self.range(setup)?;
                to.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
                Ok(())
            }
            FILL => {
                let [low, _] = setup.value.to_le_bytes();
                self.0.fill(low);
                Ok(())
            }
            _ => Err(Refused),
        }
    }
}

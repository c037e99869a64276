//! Judges a configuration descriptor by the specification (USB 2.0, 9.6.3 to 9.6.6), independently of the code that
//! makes one: what tests hold the builder and the flaws against.

use super::{CONFIGURATION, ENDPOINT, INTERFACE, number};

/// The first thing that is wrong with a configuration descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// Shorter than its nine bytes, or of another type.
    NoConfiguration,
    /// `wTotalLength` is not the number of bytes there are.
    TotalLength,
    /// A descriptor's `bLength` is below two, or goes past the end.
    Length,
    /// An interface or endpoint descriptor is shorter than its kind.
    TooShort,
    /// An endpoint before the first interface.
    StrayEndpoint,
    /// An endpoint with number zero, reserved bits, or a second time in its setting.
    EndpointAddress,
    /// An endpoint whose packets are empty.
    EmptyPacket,
    /// A setting has more or fewer endpoints than it says.
    EndpointCount,
    /// There are more or fewer interfaces than the header says.
    InterfaceCount,
}

/// One alternate setting while it is being read.
struct Setting {
    promised: u8,
    found: u8,
    /// One bit for each endpoint address: OUT low, IN high.
    addresses: u32,
}

/// Checks a whole configuration descriptor.
///
/// # Errors
///
/// The first [`Complaint`].
pub fn check_configuration(bytes: &[u8]) -> Result<(), Complaint> {
    let &[9, CONFIGURATION, total_low, total_high, interfaces, _, _, _, _, ref body @ ..] = bytes else {
        return Err(Complaint::NoConfiguration);
    };
    if usize::from(u16::from_le_bytes([total_low, total_high])) != bytes.len() {
        return Err(Complaint::TotalLength);
    }
    let mut rest = body;
    let mut setting: Option<Setting> = None;
    let mut first_settings = 0_u32;
    while !rest.is_empty() {
        let (&length, &kind) = rest.first().zip(rest.get(1)).ok_or(Complaint::Length)?;
        if length < 2 {
            return Err(Complaint::Length);
        }
        let (descriptor, next) = rest.split_at_checked(usize::from(length)).ok_or(Complaint::Length)?;
        rest = next;
        match kind {
            INTERFACE => {
                close(setting.as_ref())?;
                let &[_, _, _, alternate, promised, _, _, _, _, ..] = descriptor else {
                    return Err(Complaint::TooShort);
                };
                first_settings += u32::from(alternate == 0);
                setting = Some(Setting { promised, found: 0, addresses: 0 });
            }
            ENDPOINT => endpoint(setting.as_mut().ok_or(Complaint::StrayEndpoint)?, descriptor)?,
            _ => {}
        }
    }
    close(setting.as_ref())?;
    if first_settings == u32::from(interfaces) { Ok(()) } else { Err(Complaint::InterfaceCount) }
}

fn endpoint(setting: &mut Setting, descriptor: &[u8]) -> Result<(), Complaint> {
    let &[_, _, address, attributes, packet_low, packet_high, _, ..] = descriptor else {
        return Err(Complaint::TooShort);
    };
    let bit = 1_u32 << (u32::from(address & 0x0F) + if address & 0x80 == 0 { 0 } else { 16 });
    if (address & 0x70) != 0 || number(address) == 0 || setting.addresses & bit != 0 {
        return Err(Complaint::EndpointAddress);
    }
    let packet = u16::from_le_bytes([packet_low, packet_high]) & 0x07FF;
    // An isochronous endpoint of a default setting has no bandwidth.
    if packet == 0 && attributes & 3 != 1 {
        return Err(Complaint::EmptyPacket);
    }
    setting.addresses |= bit;
    setting.found = setting.found.saturating_add(1);
    Ok(())
}

fn close(setting: Option<&Setting>) -> Result<(), Complaint> {
    match setting {
        Some(Setting { promised, found, .. }) if promised != found => Err(Complaint::EndpointCount),
        _ => Ok(()),
    }
}

//! The standard requests that every device answers (USB 2.0, chapter 9).

use crate::{
    Refused, Setup, Speed,
    descriptor::{BOS, CONFIGURATION, DEVICE, DEVICE_QUALIFIER, Descriptors, STRING},
    function::Reply,
};

/// `GET_STATUS`.
pub const GET_STATUS: u8 = 0;
/// `CLEAR_FEATURE`.
pub const CLEAR_FEATURE: u8 = 1;
/// `SET_FEATURE`.
pub const SET_FEATURE: u8 = 3;
/// `SET_ADDRESS`.
pub const SET_ADDRESS: u8 = 5;
/// `GET_DESCRIPTOR`.
pub const GET_DESCRIPTOR: u8 = 6;
/// `GET_CONFIGURATION`.
pub const GET_CONFIGURATION: u8 = 8;
/// `SET_CONFIGURATION`.
pub const SET_CONFIGURATION: u8 = 9;
/// `GET_INTERFACE`.
pub const GET_INTERFACE: u8 = 10;
/// `SET_INTERFACE`.
pub const SET_INTERFACE: u8 = 11;
/// `SET_SEL`, which a `SuperSpeed` host sends.
pub const SET_SEL: u8 = 48;
/// `SET_ISOCH_DELAY`, which a `SuperSpeed` host sends.
pub const SET_ISOCH_DELAY: u8 = 49;

/// US English, the only language of the strings.
const LANGUAGE: u16 = 0x0409;

/// Whether a request is a standard one; the others are the function's.
#[must_use]
pub const fn is_standard(setup: Setup) -> bool {
    setup.request_type & 0x60 == 0
}

/// Answers `GET_DESCRIPTOR`. `reads` counts the reads of configuration descriptors.
///
/// # Errors
///
/// [`Refused`]: the device has no such descriptor.
pub fn descriptor(
    all: &Descriptors,
    setup: Setup,
    reads: &mut u32,
    reply: &mut Reply,
) -> Result<(), Refused> {
    let [index, kind] = setup.value.to_le_bytes();
    match kind {
        DEVICE if index == 0 => reply.extend(&all.device),
        CONFIGURATION => {
            let configuration = all.configurations.get(usize::from(index)).ok_or(Refused)?;
            let odd = *reads & 1 == 1;
            *reads = reads.wrapping_add(1);
            match &configuration.second {
                Some(second) if odd => reply.extend(second),
                _ => reply.extend(&configuration.bytes),
            }
        }
        STRING if index == 0 => {
            let [low, high] = LANGUAGE.to_le_bytes();
            reply.extend(&[4, STRING, low, high])
        }
        STRING if setup.index == LANGUAGE => {
            let text = all.strings.get(usize::from(index) - 1).ok_or(Refused)?;
            string(text, reply)
        }
        DEVICE_QUALIFIER if index == 0 => qualifier(all, reply),
        BOS if index == 0 => reply.extend(all.bos.as_ref().ok_or(Refused)?),
        _ => Err(Refused),
    }
}

/// Writes the device qualifier (USB 2.0, 9.6.2): only a high-speed device has one, for full speed, where it is the same
/// device.
fn qualifier(all: &Descriptors, reply: &mut Reply) -> Result<(), Refused> {
    let (Speed::High, &[_, _, low, high, class, subclass, protocol, packet, .., configurations]) =
        (all.speed, &*all.device)
    else {
        return Err(Refused);
    };
    reply.extend(&[10, DEVICE_QUALIFIER, low, high, class, subclass, protocol, packet, configurations, 0])
}

/// Writes a string descriptor: at most 126 UTF-16 units, because `bLength` is one byte and even.
fn string(text: &str, reply: &mut Reply) -> Result<(), Refused> {
    let units = text.encode_utf16().take(126);
    let length = u8::try_from(units.clone().count() * 2 + 2).map_err(|_| Refused)?;
    reply.extend(&[length, STRING])?;
    for unit in units {
        reply.extend(&unit.to_le_bytes())?;
    }
    Ok(())
}

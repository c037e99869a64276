//! A device as it is found: its speed and its descriptors.

use std::time::Instant;

use usb_models::{Setup, Speed};

use super::{
    Address, Error, Limits,
    connection::{Connection, News, Reply},
    status,
    wire::Submit,
};

const DEVICE: u8 = 1;
const CONFIGURATION: u8 = 2;
const GET_DESCRIPTOR: u8 = 6;
/// The most configurations that are read. No device is known that has more.
const CONFIGURATIONS: u8 = 8;

/// What a device says of itself when it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The speed of its connection to the server.
    pub speed: Speed,
    /// Its device descriptor.
    pub device: Vec<u8>,
    /// Its configuration descriptors, by index.
    pub configurations: Vec<Vec<u8>>,
}

/// A device that is imported, and not plugged in yet.
#[derive(Debug)]
pub struct Attached {
    pub(super) address: Address,
    pub(super) connection: Connection,
    pub(super) identity: Identity,
}

impl Attached {
    /// What it is.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// Imports a device and reads its descriptors.
///
/// # Errors
/// [`Error`]: there is no server, it does not give the device away, or the device says nothing of itself.
pub fn attach(address: &Address, limits: Limits) -> Result<Attached, Error> {
    let (mut connection, speed) = Connection::open(address, limits)?;
    let identity = identify(&mut connection, status::speed(speed), limits)?;
    Ok(Attached { address: address.clone(), connection, identity })
}

/// The same; a server that has just got the device back may need a moment.
pub(super) fn attach_again(address: &Address, limits: Limits) -> Result<Attached, Error> {
    let begun = Instant::now();
    loop {
        match attach(address, limits) {
            Err(Error::Refused { .. }) if begun.elapsed() < limits.again => {
                std::thread::sleep(limits.again / 40);
            }
            other => return other,
        }
    }
}

fn identify(connection: &mut Connection, speed: Speed, limits: Limits) -> Result<Identity, Error> {
    let device = descriptor(connection, (DEVICE, 0), 18, limits)?
        .map_err(|status| Error::NoDescriptor { what: "device", status })?;
    let count = device.get(17).copied().unwrap_or(0).min(CONFIGURATIONS);
    let mut configurations = Vec::new();
    for index in 0..count {
        match configuration(connection, index, limits)? {
            Ok(bytes) => configurations.push(bytes),
            Err(status) if index == 0 => return Err(Error::NoDescriptor { what: "configuration", status }),
            // It promised more than it has.
            Err(_) => break,
        }
    }
    Ok(Identity { speed, device, configurations })
}

/// A descriptor, or the status that the device refuses with.
type Answer = Result<Vec<u8>, i32>;

/// First nine bytes, then as many as they say.
fn configuration(connection: &mut Connection, index: u8, limits: Limits) -> Result<Answer, Error> {
    let header = match descriptor(connection, (CONFIGURATION, index), 9, limits)? {
        Ok(header) => header,
        refused => return Ok(refused),
    };
    let total = match *header {
        [_, _, low, high, ..] => u16::from_le_bytes([low, high]),
        _ => return Ok(Ok(header)),
    };
    if total <= 9 { Ok(Ok(header)) } else { descriptor(connection, (CONFIGURATION, index), total, limits) }
}

fn descriptor(
    connection: &mut Connection,
    kind_and_index: (u8, u8),
    length: u16,
    limits: Limits,
) -> Result<Answer, Error> {
    let value = u16::from_be_bytes(kind_and_index.into());
    let setup = Setup { request_type: 0x80, request: GET_DESCRIPTOR, value, index: 0, length };
    let submit = Submit { is_in: true, length: length.into(), setup: setup.to_bytes(), ..Submit::default() };
    let sequence = connection.submit(submit);
    let Reply { status, data, .. } = answer(connection, sequence, limits)?;
    Ok(if status == 0 { Ok(data) } else { Err(status) })
}

fn answer(connection: &Connection, sequence: u32, limits: Limits) -> Result<Reply, Error> {
    loop {
        match connection.wait(limits.answer) {
            Some(News::Reply(reply)) if reply.sequence == sequence => return Ok(reply),
            Some(News::Reply(_)) => {}
            Some(News::Lost(error)) => return Err(error),
            None => return Err(Error::Silent(limits.answer.as_secs())),
        }
    }
}

//! The interfaces and endpoints of a device, as the driver knows them.

use usbclient_protocol::{
    Count, InterfaceEntry, PipeEntry, PipeListHeader, TransferType, claim, control_code,
};

use super::{Device, short_reply};
use crate::{
    error::{Error, ErrorKind},
    operation::{Line, Operation},
};

/// Who has claimed an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Claimed {
    /// Nobody.
    Free,
    /// This file.
    Mine,
    /// Another file.
    Other,
}

/// An interface of the configuration that is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfaceInfo(InterfaceEntry);

impl InterfaceInfo {
    /// `bInterfaceNumber`
    #[must_use]
    pub const fn number(&self) -> u8 {
        self.0.number
    }

    /// `bAlternateSetting` of the setting that is selected.
    #[must_use]
    pub const fn alternate(&self) -> u8 {
        self.0.alternate
    }

    /// How many settings it has.
    #[must_use]
    pub const fn alternate_count(&self) -> u8 {
        self.0.alternate_count
    }

    /// `bNumEndpoints` of the setting that is selected.
    #[must_use]
    pub const fn endpoint_count(&self) -> u8 {
        self.0.endpoint_count
    }

    /// `bInterfaceClass`
    #[must_use]
    pub const fn class(&self) -> u8 {
        self.0.class
    }

    /// `bInterfaceSubClass`
    #[must_use]
    pub const fn subclass(&self) -> u8 {
        self.0.subclass
    }

    /// `bInterfaceProtocol`
    #[must_use]
    pub const fn protocol(&self) -> u8 {
        self.0.protocol
    }

    /// Who has claimed it.
    #[must_use]
    pub const fn claimed(&self) -> Claimed {
        match self.0.claim {
            claim::MINE => Claimed::Mine,
            claim::OTHER => Claimed::Other,
            _ => Claimed::Free,
        }
    }
}

/// An endpoint of a setting that is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointInfo(PipeEntry);

impl EndpointInfo {
    /// `bEndpointAddress`: the number in bits 0 to 3, bit 7 is set for IN.
    #[must_use]
    pub const fn address(&self) -> u8 {
        self.0.endpoint
    }

    /// Whether data comes from the device.
    #[must_use]
    pub const fn is_in(&self) -> bool {
        self.0.endpoint & 0x80 != 0
    }

    /// How it transfers.
    #[must_use]
    pub const fn transfer_type(&self) -> TransferType {
        TransferType::from_attributes(self.0.attributes)
    }

    /// `bInterfaceNumber` of its interface.
    #[must_use]
    pub const fn interface(&self) -> u8 {
        self.0.interface
    }

    /// `bAlternateSetting` of its setting.
    #[must_use]
    pub const fn alternate(&self) -> u8 {
        self.0.alternate
    }

    /// `bmAttributes`
    #[must_use]
    pub const fn attributes(&self) -> u8 {
        self.0.attributes
    }

    /// `bInterval`
    #[must_use]
    pub const fn interval(&self) -> u8 {
        self.0.interval
    }

    /// Bytes of one packet.
    #[must_use]
    pub const fn max_packet_size(&self) -> usize {
        (self.0.max_packet_size & 0x7FF) as usize
    }

    /// Packets of one microframe, of a high-speed endpoint that is isochronous or interrupt; one otherwise.
    #[must_use]
    pub const fn packets_per_microframe(&self) -> u8 {
        let [_, upper] = self.0.max_packet_size.to_le_bytes();
        (upper >> 3 & 3) + 1
    }

    /// `bMaxBurst` of a `SuperSpeed` endpoint: packets of a burst, less one.
    #[must_use]
    pub const fn max_burst(&self) -> u8 {
        self.0.max_burst
    }

    /// Bytes that go to the bus as one transfer; the driver splits longer requests.
    #[must_use]
    pub const fn max_transfer_size(&self) -> u32 {
        self.0.max_transfer_size
    }

    /// Streams that can be opened; zero: none.
    #[must_use]
    pub const fn max_streams(&self) -> u16 {
        self.0.max_streams
    }
}

/// How many entries a first look at a list has room for: enough for most devices.
const ENTRIES: usize = 8;

impl Device {
    /// The interfaces of the configuration that is selected, and who has claimed them.
    pub fn interfaces(&self) -> Operation<Vec<InterfaceInfo>> {
        self.operation(async |line| {
            let reply = list(
                &line,
                "listing interfaces",
                control_code::GET_INTERFACES,
                (Count::SIZE, InterfaceEntry::SIZE),
            );
            let reply = reply.await?;
            let entries = reply.get(Count::SIZE..).unwrap_or_default().chunks_exact(InterfaceEntry::SIZE);
            Ok(entries.filter_map(InterfaceEntry::decode).map(InterfaceInfo).collect())
        })
    }

    /// The endpoints of the settings that are selected.
    pub fn endpoints(&self) -> Operation<Vec<EndpointInfo>> {
        self.operation(async |line| endpoints(&line).await)
    }
}

/// The endpoints of the settings that are selected.
pub async fn endpoints(line: &Line) -> Result<Vec<EndpointInfo>, Error> {
    let sizes = (PipeListHeader::SIZE, PipeEntry::SIZE);
    let reply = list(line, "listing endpoints", control_code::GET_PIPES, sizes).await?;
    let entries = reply.get(PipeListHeader::SIZE..).unwrap_or_default().chunks_exact(PipeEntry::SIZE);
    Ok(entries.filter_map(PipeEntry::decode).map(EndpointInfo).collect())
}

/// The endpoint with this address.
pub async fn endpoint(line: &Line, address: u8) -> Result<EndpointInfo, Error> {
    let found = endpoints(line).await?.into_iter().find(|one| one.address() == address);
    let doing = crate::error::Doing::on_endpoint("opening", address);
    found.ok_or_else(|| Error::new(ErrorKind::NotFound, doing).because("no setting that is selected has it"))
}

/// A whole list: what did not fit at first is asked for again.
async fn list(
    line: &Line,
    doing: &'static str,
    code: u32,
    (header, entry): (usize, usize),
) -> Result<Vec<u8>, Error> {
    let mut room = ENTRIES;
    loop {
        let reply = line.send(doing, code, &[], vec![0; header + room * entry]).await?;
        let count = Count::decode(&reply).ok_or_else(|| short_reply(doing))?.count;
        let count = usize::try_from(count).map_err(|_| short_reply(doing))?;
        if count <= room {
            return Ok(reply);
        }
        room = count;
    }
}

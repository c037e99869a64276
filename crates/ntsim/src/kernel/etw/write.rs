//! `EtwWrite` and its siblings.
//!
//! Pages: [EtwWrite](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwwrite),
//! [EtwWriteTransfer](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwwritetransfer),
//! [EtwWriteEx](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwwriteex),
//! [EVENT_DATA_DESCRIPTOR](https://learn.microsoft.com/windows/win32/api/evntprov/ns-evntprov-event_data_descriptor)

use nt_trace::{ObjectId, event::EtwWritten};
use zerocopy::FromBytes;

use super::decode::{self, Decoded};
use crate::{
    abi::status::{STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER, STATUS_SUCCESS},
    kernel::{Kernel, answer, export::Args},
    mem::Addr,
    stop::Stop,
};

/// `EVENT_DESCRIPTOR` (evntprov.h).
#[derive(Clone, Copy, Debug, FromBytes)]
#[repr(C)]
pub(super) struct EventDescriptor {
    pub(super) id: u16,
    version: u8,
    channel: u8,
    pub(super) level: u8,
    opcode: u8,
    task: u16,
    pub(super) keyword: u64,
}

const _: () = assert!(size_of::<EventDescriptor>() == 16);

/// `EVENT_DATA_DESCRIPTOR` (evntprov.h).
#[derive(Clone, Copy, Debug, FromBytes)]
#[repr(C)]
struct DataDescriptor {
    at: u64,
    size: u32,
    kind: u8,
    reserved: [u8; 3],
}

const _: () = assert!(size_of::<DataDescriptor>() == 16);

/// `EVENT_DATA_DESCRIPTOR_TYPE_EVENT_METADATA`
const EVENT_METADATA: u8 = 1;
/// `EVENT_DATA_DESCRIPTOR_TYPE_PROVIDER_METADATA`
const PROVIDER_METADATA: u8 = 2;
/// `MAX_EVENT_DATA_DESCRIPTORS`
const MOST_PARTS: u32 = 128;

/// `EtwWrite`: handle, event, activity, how many parts, parts.
pub(super) fn plain(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    write(kernel, args, 3)
}

/// `EtwWriteTransfer`: a related activity comes before the parts.
pub(super) fn transfer(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    write(kernel, args, 4)
}

/// `EtwWriteEx`: handle, event, filter, flags, activity, related activity, how many parts, parts.
pub(super) fn extended(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    write(kernel, args, 6)
}

fn write(kernel: &mut Kernel, args: Args, parts_at: u64) -> Result<u64, Stop> {
    let (handle, event) = (args.get(kernel, 0)?, args.pointer(kernel, 1)?);
    let (count, at) = (args.ulong(kernel, parts_at)?, args.pointer(kernel, parts_at + 1)?);
    let event: EventDescriptor = kernel.mem.read(event)?;
    if count > MOST_PARTS {
        return Ok(answer(STATUS_INVALID_PARAMETER));
    }
    let parts = Parts::read(kernel, at, count)?;
    let decoded = match parts.decode() {
        Ok(Some(decoded)) => decoded,
        Ok(None) => Decoded { name: format!("event {}", event.id), fields: Vec::new(), flaw: String::new() },
        Err(flaw) => Decoded { name: format!("event {}", event.id), fields: Vec::new(), flaw },
    };
    let provider = kernel.etw.providers.get(&handle).map_or(ObjectId::NONE, |provider| provider.id);
    let wanted = kernel.etw.session.is_some_and(|session| session.wants(event.level, event.keyword));
    let Decoded { name, fields, flaw } = decoded;
    kernel.emit(EtwWritten {
        provider,
        name: name.into(),
        level: event.level,
        keyword: event.keyword,
        opcode: event.opcode,
        wanted,
        fields,
        flaw: flaw.into(),
    });
    Ok(answer(if provider.is_some() { STATUS_SUCCESS } else { STATUS_INVALID_HANDLE }))
}

/// The parts of an event, put together by what they are.
#[derive(Default)]
struct Parts {
    provider: Option<Vec<u8>>,
    event: Option<Vec<u8>>,
    data: Vec<u8>,
}

impl Parts {
    fn read(kernel: &Kernel, at: Addr, count: u32) -> Result<Self, Stop> {
        let mut parts = Self::default();
        for index in 0..u64::from(count) {
            let part: DataDescriptor = kernel.mem.read(at.add(index * size_of::<DataDescriptor>() as u64))?;
            if part.size == 0 {
                continue;
            }
            let bytes = kernel.mem.bytes(Addr(part.at), part.size.into())?;
            match part.kind {
                PROVIDER_METADATA => parts.provider = Some(bytes.to_vec()),
                EVENT_METADATA => parts.event = Some(bytes.to_vec()),
                _ => parts.data.extend_from_slice(bytes),
            }
        }
        Ok(parts)
    }

    /// `None`: the event brings nothing along to decode it; a manifest that is installed does.
    fn decode(&self) -> Result<Option<Decoded>, String> {
        match (&self.provider, &self.event) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err("it has metadata of its own and none of its provider".into()),
            (Some(_), None) => Err("it has metadata of its provider and none of its own".into()),
            (Some(provider), Some(event)) => {
                decode::traits(provider)?;
                decode::event(event, &self.data).map(Some)
            }
        }
    }
}

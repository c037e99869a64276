//! Requests and replies, byte for byte: fixed layouts without pointers and without padding.

mod configuration;
mod control;
mod field;
mod handle;
mod isoch;
mod pipe;
mod policies;
mod reader;
mod streams;
mod transfer;

pub use self::{
    configuration::{
        ConfigurationSelect, Count, DescriptorRequest, DeviceInfo, FrameNumber, InterfaceEntry,
        SettingSelect, capability, claim,
    },
    control::{ControlTransfer, SetupPacket},
    field::{Constant, ConstantGroup, FieldDescription, FieldKind, Layout},
    handle::{DropPrivileges, HandleReply, HandleSelect, InterfaceSelect, PipeOpen, operation},
    isoch::{IsochPacket, IsochPacketResult, IsochResult, IsochTransfer, isoch_flag},
    pipe::{PipeEntry, PipeListHeader, PipeSelect, TransferType},
    policies::{PolicyGet, PolicySet, PolicyValue, policy},
    reader::{ReaderStart, ReaderState, reader_flag, reader_phase},
    streams::{StreamHandle, StreamsOpen},
    transfer::{FIRST_HANDLE, PipeTransfer},
};

/// Every layout, in the order of the documentation.
pub const LAYOUTS: &[Layout] = &[
    SetupPacket::LAYOUT,
    ControlTransfer::LAYOUT,
    PipeTransfer::LAYOUT,
    PipeSelect::LAYOUT,
    IsochTransfer::LAYOUT,
    IsochPacket::LAYOUT,
    IsochResult::LAYOUT,
    IsochPacketResult::LAYOUT,
    StreamsOpen::LAYOUT,
    StreamHandle::LAYOUT,
    ReaderStart::LAYOUT,
    ReaderState::LAYOUT,
    PolicyGet::LAYOUT,
    PolicySet::LAYOUT,
    PolicyValue::LAYOUT,
    PipeListHeader::LAYOUT,
    PipeEntry::LAYOUT,
    Count::LAYOUT,
    InterfaceEntry::LAYOUT,
    DeviceInfo::LAYOUT,
    DescriptorRequest::LAYOUT,
    FrameNumber::LAYOUT,
    ConfigurationSelect::LAYOUT,
    SettingSelect::LAYOUT,
    InterfaceSelect::LAYOUT,
    PipeOpen::LAYOUT,
    HandleReply::LAYOUT,
    HandleSelect::LAYOUT,
    DropPrivileges::LAYOUT,
];

/// The values and bits of fields, in the order of the documentation.
pub const CONSTANTS: &[ConstantGroup] = &[
    isoch_flag::GROUP,
    reader_flag::GROUP,
    reader_phase::GROUP,
    policy::GROUP,
    claim::GROUP,
    capability::GROUP,
    operation::GROUP,
];

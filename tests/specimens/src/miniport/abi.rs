//! What ndis.h declares and wdk-sys does not: structures as their pages list the members, and the routines of `ndis.sys`.
//!
//! Pages: [NDIS_MINIPORT_DRIVER_CHARACTERISTICS](https://learn.microsoft.com/windows-hardware/drivers/ddi/ndis/ns-ndis-_ndis_miniport_driver_characteristics),
//! [NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES](https://learn.microsoft.com/windows-hardware/drivers/ddi/ndis/ns-ndis-_ndis_miniport_adapter_registration_attributes),
//! [NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES](https://learn.microsoft.com/windows-hardware/drivers/ddi/ndis/ns-ndis-_ndis_miniport_adapter_general_attributes)

// UNSAFETY: declares the routines of ndis.sys.
#![expect(unsafe_code, reason = "external declarations are unsafe blocks")]
#![expect(non_snake_case, reason = "the names of ndis.h")]

use core::ffi::c_void;

use wdk_sys::{DRIVER_OBJECT, PCUNICODE_STRING, UNICODE_STRING};

use super::{NdisHandle, NdisStatus};

/// `NDIS_OBJECT_HEADER`
#[repr(C)]
pub struct NDIS_OBJECT_HEADER {
    pub Type: u8,
    pub Revision: u8,
    pub Size: u16,
}

/// `NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS`
pub const DRIVER_CHARACTERISTICS: u8 = 0x8A;
/// `NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES`
pub const REGISTRATION_ATTRIBUTES: u8 = 0x9E;
/// `NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES`
pub const GENERAL_ATTRIBUTES: u8 = 0x9F;
/// `NDIS_WDM_DRIVER`
pub const NDIS_WDM_DRIVER: u32 = 2;
/// `NDIS_MINIPORT_ATTRIBUTES_NDIS_WDM`
pub const ATTRIBUTES_NDIS_WDM: u32 = 2;
/// `NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK`
pub const ATTRIBUTES_SURPRISE_REMOVE_OK: u32 = 4;
/// `NdisInterfacePNPBus`
pub const INTERFACE_PNP_BUS: u32 = 15;

/// `MINIPORT_INITIALIZE`
pub type Initialize = unsafe extern "C" fn(NdisHandle, NdisHandle, *mut c_void) -> NdisStatus;
/// `MINIPORT_HALT`
pub type Halt = unsafe extern "C" fn(NdisHandle, u32);
/// `MINIPORT_UNLOAD`
pub type Unload = unsafe extern "C" fn(*mut DRIVER_OBJECT);
/// `MINIPORT_PAUSE` and `MINIPORT_RESTART`
pub type Change = unsafe extern "C" fn(NdisHandle, *mut c_void) -> NdisStatus;
/// `MINIPORT_SEND_NET_BUFFER_LISTS`
pub type Send = unsafe extern "C" fn(NdisHandle, *mut c_void, u32, u32);
/// `MINIPORT_RETURN_NET_BUFFER_LISTS`
pub type Return = unsafe extern "C" fn(NdisHandle, *mut c_void, u32);
/// `MINIPORT_CANCEL_SEND`, `MINIPORT_CANCEL_OID_REQUEST` and `MINIPORT_DEVICE_PNP_EVENT_NOTIFY`
pub type Tell = unsafe extern "C" fn(NdisHandle, *mut c_void);

/// `NDIS_MINIPORT_DRIVER_CHARACTERISTICS`, revision 1. Handlers that this driver has none of are pointers.
#[repr(C)]
pub struct NDIS_MINIPORT_DRIVER_CHARACTERISTICS {
    pub Header: NDIS_OBJECT_HEADER,
    pub MajorNdisVersion: u8,
    pub MinorNdisVersion: u8,
    pub MajorDriverVersion: u8,
    pub MinorDriverVersion: u8,
    pub Flags: u32,
    pub SetOptionsHandler: *const c_void,
    pub InitializeHandlerEx: Initialize,
    pub HaltHandlerEx: Halt,
    pub UnloadHandler: Unload,
    pub PauseHandler: Change,
    pub RestartHandler: Change,
    pub OidRequestHandler: Change,
    pub SendNetBufferListsHandler: Send,
    pub ReturnNetBufferListsHandler: Return,
    pub CancelSendHandler: Tell,
    pub CheckForHangHandlerEx: *const c_void,
    pub ResetHandlerEx: *const c_void,
    pub DevicePnPEventNotifyHandler: Tell,
    pub ShutdownHandlerEx: Halt,
    pub CancelOidRequestHandler: Tell,
}

/// `NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES`
#[repr(C)]
pub struct NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES {
    pub Header: NDIS_OBJECT_HEADER,
    pub MiniportAdapterContext: NdisHandle,
    pub AttributeFlags: u32,
    pub CheckForHangTimeInSeconds: u32,
    pub InterfaceType: u32,
}

/// `IF_MAX_PHYS_ADDRESS_LENGTH`
const ADDRESS_LENGTH: usize = 32;

/// `NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES`, revision 1.
#[repr(C)]
pub struct NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES {
    pub Header: NDIS_OBJECT_HEADER,
    pub Flags: u32,
    pub MediaType: u32,
    pub PhysicalMediumType: u32,
    pub MtuSize: u32,
    pub MaxXmitLinkSpeed: u64,
    pub XmitLinkSpeed: u64,
    pub MaxRcvLinkSpeed: u64,
    pub RcvLinkSpeed: u64,
    pub MediaConnectState: u32,
    pub MediaDuplexState: u32,
    pub LookaheadSize: u32,
    pub PowerManagementCapabilities: *const c_void,
    pub MacOptions: u32,
    pub SupportedPacketFilters: u32,
    pub MaxMulticastListSize: u32,
    pub MacAddressLength: u16,
    pub PermanentMacAddress: [u8; ADDRESS_LENGTH],
    pub CurrentMacAddress: [u8; ADDRESS_LENGTH],
    pub RecvScaleCapabilities: *const c_void,
    pub AccessType: u32,
    pub DirectionType: u32,
    pub ConnectionType: u32,
    pub IfType: u16,
    pub IfConnectorPresent: u8,
    pub SupportedStatistics: u32,
    pub SupportedPauseFunctions: u32,
    pub DataBackFillSize: u32,
    pub ContextBackFillSize: u32,
    pub SupportedOidList: *const u32,
    pub SupportedOidListLength: u32,
    pub AutoNegotiationFlags: u32,
}

/// `NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1`: up to its last member.
pub const SIZEOF_REGISTRATION_ATTRIBUTES: u16 = 28;

// The sizes of revision 1, and where the last member of the one with padding behind it ends.
const _: () = assert!(size_of::<NDIS_MINIPORT_DRIVER_CHARACTERISTICS>() == 136);
const _: () = assert!(
    core::mem::offset_of!(NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, InterfaceType) + 4
        == SIZEOF_REGISTRATION_ATTRIBUTES as usize
);
const _: () = assert!(size_of::<NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES>() == 216);

#[link(name = "ndis.sys", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "system" {
    pub fn NdisMRegisterMiniportDriver(
        DriverObject: *mut DRIVER_OBJECT,
        RegistryPath: PCUNICODE_STRING,
        MiniportDriverContext: NdisHandle,
        MiniportDriverCharacteristics: *const NDIS_MINIPORT_DRIVER_CHARACTERISTICS,
        NdisMiniportDriverHandle: *mut NdisHandle,
    ) -> NdisStatus;
    pub fn NdisMDeregisterMiniportDriver(NdisMiniportDriverHandle: NdisHandle);
    pub fn NdisMSetMiniportAttributes(
        NdisMiniportHandle: NdisHandle,
        MiniportAttributes: *const NDIS_OBJECT_HEADER,
    ) -> NdisStatus;
    pub fn NdisOpenFile(
        Status: *mut NdisStatus,
        FileHandle: *mut NdisHandle,
        FileLength: *mut u32,
        FileName: *const UNICODE_STRING,
        HighestAcceptableAddress: i64,
    );
    pub fn NdisMapFile(Status: *mut NdisStatus, MappedBuffer: *mut *mut c_void, FileHandle: NdisHandle);
    pub fn NdisUnmapFile(FileHandle: NdisHandle);
    pub fn NdisCloseFile(FileHandle: NdisHandle);
}

//! What NDIS is told about an adapter: an Ethernet adapter over USB that is not connected.

// UNSAFETY: calls NDIS.
#![expect(unsafe_code, reason = "calls NDIS")]

use core::ptr;

use super::{
    NdisHandle, NdisStatus, SUCCESS,
    abi::{
        ATTRIBUTES_NDIS_WDM, ATTRIBUTES_SURPRISE_REMOVE_OK, GENERAL_ATTRIBUTES, INTERFACE_PNP_BUS,
        NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES,
        NDIS_OBJECT_HEADER, NdisMSetMiniportAttributes, REGISTRATION_ATTRIBUTES,
        SIZEOF_REGISTRATION_ATTRIBUTES,
    },
};

/// Bytes in a frame of Ethernet without its header.
const MTU: u32 = 1500;
/// Bits a second.
const LINK_SPEED: u64 = 480_000_000;
/// `MediaConnectStateDisconnected`
const DISCONNECTED: u32 = 2;
/// `NDIS_PACKET_TYPE_DIRECTED`
const DIRECTED: u32 = 1;
/// `NET_IF_ACCESS_BROADCAST`
const BROADCAST: u32 = 2;
/// `NET_IF_CONNECTION_DEDICATED`
const DEDICATED: u32 = 1;
/// `IF_TYPE_ETHERNET_CSMACD`
const ETHERNET: u16 = 6;
/// `NdisPauseFunctionsUnsupported`
const NO_PAUSE: u32 = 0;

/// The registration attributes, then the general ones.
pub fn set(adapter: NdisHandle) -> NdisStatus {
    let registration = NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES {
        Header: NDIS_OBJECT_HEADER {
            Type: REGISTRATION_ATTRIBUTES,
            Revision: 1,
            Size: SIZEOF_REGISTRATION_ATTRIBUTES,
        },
        // The adapter has no state of its own; the handle is as good as any other.
        MiniportAdapterContext: adapter,
        AttributeFlags: ATTRIBUTES_NDIS_WDM | ATTRIBUTES_SURPRISE_REMOVE_OK,
        CheckForHangTimeInSeconds: 0,
        InterfaceType: INTERFACE_PNP_BUS,
    };
    let general = general();
    match tell(adapter, &raw const registration.Header) {
        SUCCESS => tell(adapter, &raw const general.Header),
        status => status,
    }
}

fn tell(adapter: NdisHandle, attributes: *const NDIS_OBJECT_HEADER) -> NdisStatus {
    // SAFETY: the header is that of a structure of the size it says, at PASSIVE_LEVEL.
    unsafe { NdisMSetMiniportAttributes(adapter, attributes) }
}

const fn general() -> NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES {
    const SIZE: u16 = size_of::<NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES>() as u16;
    let mut address = [0; 32];
    address[0] = 0x02;
    address[5] = 0x01;
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES {
        Header: NDIS_OBJECT_HEADER { Type: GENERAL_ATTRIBUTES, Revision: 1, Size: SIZE },
        Flags: 0,
        MediaType: 0,
        PhysicalMediumType: 0,
        MtuSize: MTU,
        MaxXmitLinkSpeed: LINK_SPEED,
        XmitLinkSpeed: LINK_SPEED,
        MaxRcvLinkSpeed: LINK_SPEED,
        RcvLinkSpeed: LINK_SPEED,
        MediaConnectState: DISCONNECTED,
        MediaDuplexState: 0,
        LookaheadSize: MTU,
        PowerManagementCapabilities: ptr::null(),
        MacOptions: 0,
        SupportedPacketFilters: DIRECTED,
        MaxMulticastListSize: 0,
        MacAddressLength: 6,
        PermanentMacAddress: address,
        CurrentMacAddress: address,
        RecvScaleCapabilities: ptr::null(),
        AccessType: BROADCAST,
        DirectionType: 0,
        ConnectionType: DEDICATED,
        IfType: ETHERNET,
        IfConnectorPresent: 1,
        SupportedStatistics: 0,
        SupportedPauseFunctions: NO_PAUSE,
        DataBackFillSize: 0,
        ContextBackFillSize: 0,
        SupportedOidList: ptr::null(),
        SupportedOidListLength: 0,
        AutoNegotiationFlags: 0,
    }
}

//! Structures of ndis.h, laid out as their pages list the members. Names are Microsoft's.
#![expect(non_snake_case, reason = "the names of ndis.h")]

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::mem::Addr;

/// `NDIS_OBJECT_TYPE_DEFAULT`
pub const OBJECT_TYPE_DEFAULT: u8 = 0x80;
/// `NDIS_OBJECT_TYPE_MINIPORT_INIT_PARAMETERS`
pub const OBJECT_TYPE_INIT_PARAMETERS: u8 = 0x81;
/// `NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS`
pub const OBJECT_TYPE_DRIVER_CHARACTERISTICS: u8 = 0x8A;
/// `NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES`
pub const OBJECT_TYPE_REGISTRATION_ATTRIBUTES: u8 = 0x9E;
/// `NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES`
pub const OBJECT_TYPE_GENERAL_ATTRIBUTES: u8 = 0x9F;

/// `NDIS_OBJECT_HEADER`
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct NDIS_OBJECT_HEADER {
    pub Type: u8,
    pub Revision: u8,
    pub Size: u16,
}

/// `NDIS_MINIPORT_DRIVER_CHARACTERISTICS` of revision 1. Later revisions have more members behind these.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct NDIS_MINIPORT_DRIVER_CHARACTERISTICS {
    pub Header: NDIS_OBJECT_HEADER,
    pub MajorNdisVersion: u8,
    pub MinorNdisVersion: u8,
    pub MajorDriverVersion: u8,
    pub MinorDriverVersion: u8,
    pub Flags: u32,
    _Pad: u32,
    pub SetOptionsHandler: Addr,
    pub InitializeHandlerEx: Addr,
    pub HaltHandlerEx: Addr,
    pub UnloadHandler: Addr,
    pub PauseHandler: Addr,
    pub RestartHandler: Addr,
    pub OidRequestHandler: Addr,
    pub SendNetBufferListsHandler: Addr,
    pub ReturnNetBufferListsHandler: Addr,
    pub CancelSendHandler: Addr,
    pub CheckForHangHandlerEx: Addr,
    pub ResetHandlerEx: Addr,
    pub DevicePnPEventNotifyHandler: Addr,
    pub ShutdownHandlerEx: Addr,
    pub CancelOidRequestHandler: Addr,
}

/// `NDIS_MINIPORT_INIT_PARAMETERS`
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct NDIS_MINIPORT_INIT_PARAMETERS {
    pub Header: NDIS_OBJECT_HEADER,
    pub Flags: u32,
    pub AllocatedResources: Addr,
    pub IMDeviceInstanceContext: Addr,
    pub MiniportAddDeviceContext: Addr,
    pub IfIndex: u32,
    pub Pad: u32,
    pub NetLuid: u64,
    pub DefaultPortAuthStates: Addr,
    pub PciDeviceCustomProperties: Addr,
}

/// `NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES` up to its last member.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES {
    pub Header: NDIS_OBJECT_HEADER,
    _Pad: u32,
    pub MiniportAdapterContext: Addr,
    pub AttributeFlags: u32,
    pub CheckForHangTimeInSeconds: u32,
}

/// `NET_DEVICE_PNP_EVENT`
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct NET_DEVICE_PNP_EVENT {
    pub Header: NDIS_OBJECT_HEADER,
    pub PortNumber: u32,
    pub DevicePnPEvent: u32,
    pub Pad: u32,
    pub InformationBuffer: Addr,
    pub InformationBufferLength: u32,
    pub NdisReserved: [u8; 16],
    pub End: u32,
}

/// `NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1`, `_2` and `_3`: up to the last member of each.
pub const DRIVER_CHARACTERISTICS_SIZES: [u16; 3] = [136, 152, 160];
/// `NDIS_SIZEOF_MINIPORT_INIT_PARAMETERS_REVISION_1`
pub const INIT_PARAMETERS_SIZE: u16 = 64;
/// `NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1`, and of revision 2, which added flags only.
pub const REGISTRATION_ATTRIBUTES_SIZES: [u16; 2] = [28, 28];
/// `NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1` and `_2`.
pub const GENERAL_ATTRIBUTES_SIZES: [u16; 2] = [216, 224];
/// `NDIS_SIZEOF_NET_DEVICE_PNP_EVENT_REVISION_1`
pub const PNP_EVENT_SIZE: u16 = 44;

impl NDIS_OBJECT_HEADER {
    /// The size that the page has for this structure's revision, in a table that begins with revision 1.
    #[must_use]
    pub fn size_of_revision(self, sizes: &[u16]) -> Option<u16> {
        let index = usize::from(self.Revision).checked_sub(1)?;
        sizes.get(index).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::mem::{offset_of, size_of};

    use super::*;

    /// What `RTL_SIZEOF_THROUGH_FIELD` gives for the last member of revision 1.
    #[test]
    fn structures_end_where_their_pages_say() {
        let [first, ..] = DRIVER_CHARACTERISTICS_SIZES;
        assert_eq!(size_of::<NDIS_MINIPORT_DRIVER_CHARACTERISTICS>(), usize::from(first));
        // Two members more, then one more.
        assert_eq!(DRIVER_CHARACTERISTICS_SIZES, [first, first + 16, first + 24]);
        assert_eq!(size_of::<NDIS_MINIPORT_INIT_PARAMETERS>(), usize::from(INIT_PARAMETERS_SIZE));
        // InterfaceType is not among the members here.
        let registration = size_of::<NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES>() + 4;
        assert_eq!(registration, usize::from(REGISTRATION_ATTRIBUTES_SIZES[0]));
        assert_eq!(offset_of!(NET_DEVICE_PNP_EVENT, NdisReserved) + 16, usize::from(PNP_EVENT_SIZE));
    }

    #[test]
    fn a_revision_that_is_unknown_has_no_size() {
        let header = |revision| NDIS_OBJECT_HEADER { Type: 0, Revision: revision, Size: 0 };
        let sizes = [0, 1, 2, 3].map(|revision| header(revision).size_of_revision(&GENERAL_ATTRIBUTES_SIZES));
        assert_eq!(sizes, [None, Some(216), Some(224), None]);
    }
}

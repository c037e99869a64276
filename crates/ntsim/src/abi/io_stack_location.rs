//! Stack locations of an IRP, and what their parameters mean.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, transmute_mut, transmute_ref};

use crate::mem::Addr;

/// `IO_STACK_LOCATION` (wdm.h): one driver's part of an IRP.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct IO_STACK_LOCATION {
    pub MajorFunction: u8,
    pub MinorFunction: u8,
    pub Flags: u8,
    /// `SL_*`, see [`io_flags`](super::io_flags).
    pub Control: u8,
    _Pad: u32,
    pub Parameters: IO_PARAMETERS,
    pub DeviceObject: Addr,
    pub FileObject: Addr,
    pub CompletionRoutine: Addr,
    pub Context: Addr,
}

/// `IO_STACK_LOCATION.Parameters`, as `Others`. The accessors give the other views of the same bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct IO_PARAMETERS {
    pub Argument1: Addr,
    pub Argument2: Addr,
    pub Argument3: Addr,
    pub Argument4: Addr,
}

macro_rules! views {
    ($($(#[$doc:meta])* $get:ident $get_mut:ident $view:ident { $($(#[$field_doc:meta])* $field:ident : $of:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
            #[repr(C)]
            pub struct $view { $($(#[$field_doc])* pub $field: $of),* }
        )*
        impl IO_PARAMETERS {
            $(
                $(#[$doc])*
                #[must_use]
                pub const fn $get(&self) -> &$view { transmute_ref!(self) }
                $(#[$doc])*
                #[must_use]
                pub fn $get_mut(&mut self) -> &mut $view { transmute_mut!(self) }
            )*
        }
    };
}

views! {
    /// `Parameters.Create`.
    Create Create_mut CREATE_PARAMETERS {
        SecurityContext: Addr, Options: u32, Pad1: u32, FileAttributes: u16, ShareAccess: u16, Pad2: u32,
        EaLength: u32, Pad3: u32,
    }
    /// `Parameters.Read`, and `Parameters.Write`, which is the same.
    Read Read_mut READ_PARAMETERS {
        Length: u32, Pad1: u32, Key: u32, Flags: u32, ByteOffset: i64, Pad2: u64,
    }
    /// `Parameters.DeviceIoControl`.
    DeviceIoControl DeviceIoControl_mut DEVICE_IO_CONTROL_PARAMETERS {
        OutputBufferLength: u32, Pad1: u32, InputBufferLength: u32, Pad2: u32, IoControlCode: u32, Pad3: u32,
        Type3InputBuffer: Addr,
    }
    /// `Parameters.QueryDeviceRelations`.
    QueryDeviceRelations QueryDeviceRelations_mut QUERY_DEVICE_RELATIONS_PARAMETERS {
        Type: u32, Pad1: u32, Pad2: [u64; 3],
    }
    /// `Parameters.QueryInterface`.
    QueryInterface QueryInterface_mut QUERY_INTERFACE_PARAMETERS {
        /// Pointer to a `GUID`.
        InterfaceType: Addr,
        Size: u16, Version: u16, Pad1: u32, Interface: Addr, InterfaceSpecificData: Addr,
    }
    /// `Parameters.DeviceCapabilities`.
    DeviceCapabilities DeviceCapabilities_mut DEVICE_CAPABILITIES_PARAMETERS {
        Capabilities: Addr, Pad1: [u64; 3],
    }
    /// `Parameters.QueryId`.
    QueryId QueryId_mut QUERY_ID_PARAMETERS {
        IdType: u32, Pad1: u32, Pad2: [u64; 3],
    }
    /// `Parameters.UsageNotification`.
    UsageNotification UsageNotification_mut USAGE_NOTIFICATION_PARAMETERS {
        InPath: u8, Reserved: [u8; 3], Pad1: u32, Type: u32, Pad2: u32, Pad3: [u64; 2],
    }
    /// `Parameters.Power`.
    Power Power_mut POWER_PARAMETERS {
        SystemContext: u32, Pad1: u32, Type: u32, Pad2: u32, State: u32, Pad3: u32, ShutdownType: u32, Pad4: u32,
    }
    /// `Parameters.StartDevice`.
    StartDevice StartDevice_mut START_DEVICE_PARAMETERS {
        AllocatedResources: Addr, AllocatedResourcesTranslated: Addr, Pad1: [u64; 2],
    }
    /// `Parameters.WMI`.
    WMI WMI_mut WMI_PARAMETERS {
        ProviderId: u64, DataPath: Addr, BufferSize: u32, Pad1: u32, Buffer: Addr,
    }
}

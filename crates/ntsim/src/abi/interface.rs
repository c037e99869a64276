//! What query IRPs hand over.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::mem::Addr;

/// `INTERFACE` (wdm.h): the start of every interface that `IRP_MN_QUERY_INTERFACE` gives.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct INTERFACE {
    pub Size: u16,
    pub Version: u16,
    _Pad: u32,
    pub Context: Addr,
    pub InterfaceReference: Addr,
    pub InterfaceDereference: Addr,
}

/// `DEVICE_RELATIONS` (wdm.h), with room for one object.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct DEVICE_RELATIONS {
    pub Count: u32,
    _Pad: u32,
    pub Objects: [Addr; 1],
}

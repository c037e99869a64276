//! What an URB may be used for again, as types.
//!
//! An URB is reused in its own kind only: one from `USBD_UrbAllocate` never for an isochronous transfer, a selection of
//! a configuration or of an interface (but for the NULL configuration); an isochronous one only for isochronous
//! transfers of as many packets as it was allocated for; one that selects a configuration or an alternate setting only
//! for the same one. [`Urb`] gives its memory out for requests of its own kind alone.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/usb-client-driver-contract-in-windows-8>

use core::num::NonZeroU16;

mod sealed {
    pub trait Sealed {}
}

/// One of the four routines that allocate URBs.
pub trait Kind: sealed::Sealed {}

/// From `USBD_UrbAllocate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed;

/// From `USBD_IsochUrbAllocate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isoch {
    /// The most packets that it has room for.
    pub max_packets: NonZeroU16,
}

/// From `USBD_SelectConfigUrbAllocateAndBuild`. No request is formatted into it: it is sent as it was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelectConfiguration;

/// From `USBD_SelectInterfaceUrbAllocateAndBuild`. No request is formatted into it: it is sent as it was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelectInterface;

impl sealed::Sealed for Fixed {}
impl sealed::Sealed for Isoch {}
impl sealed::Sealed for SelectConfiguration {}
impl sealed::Sealed for SelectInterface {}
impl Kind for Fixed {}
impl Kind for Isoch {}
impl Kind for SelectConfiguration {}
impl Kind for SelectInterface {}

/// An URB of kind `K`, whose memory is `M`, which the edge allocates and frees.
#[derive(Debug)]
pub struct Urb<K: Kind, M> {
    kind: K,
    memory: M,
}

impl<K: Kind, M> Urb<K, M> {
    /// An URB that the routine of its kind allocated.
    pub const fn new(kind: K, memory: M) -> Self {
        Self { kind, memory }
    }

    /// The memory, to be sent as it is or to be read when it has come back.
    pub const fn memory(&self) -> &M {
        &self.memory
    }
}

impl<M> Urb<Fixed, M> {
    /// The memory, to be formatted for any request of fixed size.
    pub const fn for_request(&mut self) -> &mut M {
        &mut self.memory
    }
}

impl<M> Urb<Isoch, M> {
    /// The memory, to be formatted for an isochronous transfer of so many packets. `None`: it has no room for them.
    pub const fn for_packets(&mut self, count: u16) -> Option<&mut M> {
        if count <= self.kind.max_packets.get() { Some(&mut self.memory) } else { None }
    }
}

//! The interface between `usbdex.sys` and the bus below, asked for by `IRP_MN_QUERY_INTERFACE`. What Microsoft's own
//! code asks for is not documented; this one is the harness's.

// UNSAFETY: promises what a pointer does not say.
#![expect(unsafe_code, reason = "an interface is every thread's")]

use core::ffi::c_void;

use wdk_sys::{GUID, INTERFACE};

/// Its GUID: `{C2B1A0E4-6C56-4F0B-8E57-0A6C0C3B7D11}`.
pub static BUS_INTERFACE: GUID = GUID {
    Data1: 0xC2B1_A0E4,
    Data2: 0x6C56,
    Data3: 0x4F0B,
    Data4: [0x8E, 0x57, 0x0A, 0x6C, 0x0C, 0x3B, 0x7D, 0x11],
};
/// Its version.
pub const BUS_INTERFACE_VERSION: u16 = 1;

/// Speeds as [`BusInterface::speed`] counts them.
pub mod speed {
    /// 1.5 Mbit/s.
    pub const LOW: u32 = 0;
    /// 12 Mbit/s.
    pub const FULL: u32 = 1;
    /// 480 Mbit/s.
    pub const HIGH: u32 = 2;
    /// 5 Gbit/s.
    pub const SUPER: u32 = 3;
}

/// What the bus gives.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct BusInterface {
    /// Size, version, context, and the routines that count references.
    pub header: INTERFACE,
    /// One of [`speed`].
    pub speed: u32,
    /// 1: URBs may have chained MDLs.
    pub chained_mdls: u32,
    /// How many static streams an endpoint may have at most; none: 0.
    pub static_streams: u16,
    /// A handle of this address was made.
    pub registered: Option<unsafe extern "C" fn(context: *mut c_void, handle: *mut c_void)>,
    /// It was closed.
    pub closed: Option<unsafe extern "C" fn(context: *mut c_void, handle: *mut c_void)>,
}

// SAFETY: its context and routines are the bus driver's, which takes calls from any thread.
unsafe impl Send for BusInterface {}

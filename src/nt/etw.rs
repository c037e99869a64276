//! Event tracing: what nobody could be told otherwise.
//!
//! The provider is `{B0A6C6C4-3F0A-4C8E-9E57-0A8D4B6F21D3}`. Its events carry no data: their
//! identifiers say everything.
//!
//! Pages: [EtwRegister](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwregister),
//! [EtwWrite](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwwrite),
//! [EtwUnregister](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwunregister)

// UNSAFETY: calls the kernel.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::{
    ptr,
    sync::atomic::{AtomicU64, Ordering},
};

use wdk_sys::{
    EVENT_DESCRIPTOR, GUID, NT_SUCCESS, REGHANDLE,
    ntddk::{EtwRegister, EtwUnregister, EtwWrite},
};

use super::irql::Passive;

static PROVIDER: GUID = GUID {
    Data1: 0xB0A6_C6C4,
    Data2: 0x3F0A,
    Data3: 0x4C8E,
    Data4: [0x9E, 0x57, 0x0A, 0x8D, 0x4B, 0x6F, 0x21, 0xD3],
};

/// `TRACE_LEVEL_ERROR`
const LEVEL_ERROR: u8 = 2;

/// What the provider can say.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// The owner of a `USBD_HANDLE` was dropped while the handle was open: it is leaked.
    HandleDroppedOpen,
}

impl Event {
    const fn id(self) -> u16 {
        match self {
            Self::HandleDroppedOpen => 1,
        }
    }
}

/// Zero: not registered.
static REGISTRATION: AtomicU64 = AtomicU64::new(0);

/// Registers the provider, as the last step of `DriverEntry`: `DriverUnload` is not called if that
/// fails. A driver works without events, so a failure is none of the driver's.
pub(super) fn register(_passive: &Passive) {
    let mut registration: REGHANDLE = 0;
    // SAFETY: the provider's GUID is copied, no callback is given, and the token proves the IRQL.
    let status = unsafe { EtwRegister(&raw const PROVIDER, None, ptr::null_mut(), &raw mut registration) };
    if NT_SUCCESS(status) {
        REGISTRATION.store(registration, Ordering::Release);
    }
}

/// Takes the registration back, in `DriverUnload`.
pub(super) fn unregister(_passive: &Passive) {
    let registration = REGISTRATION.swap(0, Ordering::AcqRel);
    if registration != 0 {
        // SAFETY: registered, and taken back once.
        let _status = unsafe { EtwUnregister(registration) };
    }
}

/// Writes an event, at any IRQL. Nothing happens if nobody listens.
pub fn write(event: Event) {
    let registration = REGISTRATION.load(Ordering::Acquire);
    if registration == 0 {
        return;
    }
    let descriptor = EVENT_DESCRIPTOR {
        Id: event.id(),
        Version: 0,
        Channel: 0,
        Level: LEVEL_ERROR,
        Opcode: 0,
        Task: 0,
        Keyword: 1,
    };
    // SAFETY: registered; the descriptor is a local on the kernel stack, and no data is given.
    let _status = unsafe { EtwWrite(registration, &raw const descriptor, ptr::null(), 0, ptr::null_mut()) };
}

//! The event provider: registered from `DriverEntry` to `DriverUnload`, it writes core's
//! [`events`] in `TraceLogging` format.
//!
//! Crate tracelogging is not used: its provider keeps handle and level to itself, so that its writing
//! cannot be had without its `register`, which can panic.
//!
//! Pages: [EtwRegister](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwregister),
//! [ETWENABLECALLBACK](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nc-wdm-etwenablecallback),
//! [EtwSetInformation](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwsetinformation),
//! [EtwWriteTransfer](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwwritetransfer),
//! [EtwUnregister](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwunregister),
//! [KeQueryInterruptTimePrecise](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kequeryinterrupttimeprecise)

// UNSAFETY: calls the kernel, and is called by it.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::{
    ffi::{CStr, c_void},
    ptr,
    sync::atomic::{AtomicU64, Ordering},
};

use usbclient_core::events::{self, Control, Descriptor, Event};
use wdk_sys::{
    _EVENT_INFO_CLASS::EventProviderSetTraits,
    EVENT_DATA_DESCRIPTOR, EVENT_DESCRIPTOR, GUID, NT_SUCCESS, PEVENT_FILTER_DESCRIPTOR, REGHANDLE,
    ntddk::{EtwRegister, EtwSetInformation, EtwUnregister, EtwWriteTransfer, KeQueryInterruptTimePrecise},
};

use super::{irql::Passive, narrow};

static PROVIDER: GUID = {
    let (data1, data2, data3, data4) = events::PROVIDER_ID;
    GUID { Data1: data1, Data2: data2, Data3: data3, Data4: data4 }
};

/// `WINEVENT_CHANNEL_TRACELOGGING`
const CHANNEL_TRACELOGGING: u8 = 11;
/// `EVENT_DATA_DESCRIPTOR_TYPE_NONE`
const DATA: u32 = 0;
/// `EVENT_DATA_DESCRIPTOR_TYPE_EVENT_METADATA`
const EVENT_METADATA: u32 = 1;
/// `EVENT_DATA_DESCRIPTOR_TYPE_PROVIDER_METADATA`
const PROVIDER_METADATA: u32 = 2;

/// Parts of an event: provider, event, numbers.
const WITHOUT_TEXT: u32 = 3;
/// The same, and a text.
const WITH_TEXT: u32 = 4;

/// Zero: not registered.
static REGISTRATION: AtomicU64 = AtomicU64::new(0);
/// The events that a session listens to, a bit each.
static WANTED: AtomicU64 = AtomicU64::new(0);

/// Registers the provider, as the last step of `DriverEntry`: `DriverUnload` is not called if that
/// fails. A driver works without events, so a failure is none of the driver's.
pub(super) fn register(_passive: &Passive) {
    let mut registration: REGHANDLE = 0;
    // SAFETY: the provider's GUID is copied, the callback lives as long as the image, and the token proves
    // the IRQL.
    let status =
        unsafe { EtwRegister(&raw const PROVIDER, Some(enable), ptr::null_mut(), &raw mut registration) };
    if !NT_SUCCESS(status) {
        WANTED.store(0, Ordering::Relaxed);
        return;
    }
    // Before anything is written. Without it sessions show numbers for names.
    // SAFETY: just registered; the traits are a static, which is only read; the token proves the IRQL.
    let _status = unsafe {
        EtwSetInformation(
            registration,
            EventProviderSetTraits,
            (&raw const events::PROVIDER_TRAITS).cast_mut().cast(),
            const { narrow::u32(size_of_val(&events::PROVIDER_TRAITS)) },
        )
    };
    REGISTRATION.store(registration, Ordering::Release);
}

/// Takes the registration back, in `DriverUnload`: no device is left that could write.
pub(super) fn unregister(_passive: &Passive) {
    let registration = REGISTRATION.swap(0, Ordering::AcqRel);
    if registration != 0 {
        // SAFETY: registered, and taken back once. The callback is not called after this returns.
        let _status = unsafe { EtwUnregister(registration) };
    }
    WANTED.store(0, Ordering::Relaxed);
}

/// A session begins or ends to listen, or listens to other events.
///
/// # Safety
///
/// Called by event tracing between `EtwRegister` and `EtwUnregister`.
unsafe extern "C" fn enable(
    _source: *const GUID,
    code: u32,
    level: u8,
    any: u64,
    all: u64,
    _filter: PEVENT_FILTER_DESCRIPTOR,
    _context: *mut c_void,
) {
    if let Some(wanted) = events::enabled(Control { code, level, any, all }) {
        WANTED.store(wanted, Ordering::Relaxed);
    }
}

/// Whether a session listens to this event: one load and one branch.
#[inline]
pub fn is_wanted<E: Event>() -> bool {
    WANTED.load(Ordering::Relaxed) & const { E::DESCRIPTOR.bit() } != 0
}

/// Writes an event, if somebody listens: it is not even made otherwise. IRQL: any.
#[inline]
pub fn write<E: Event>(event: impl FnOnce() -> E) {
    if is_wanted::<E>() {
        write_wanted(&event());
    }
}

#[cold]
#[inline(never)]
fn write_wanted<E: Event>(event: &E) {
    submit(E::DESCRIPTOR, ptr::from_ref(event).cast(), E::LENGTH, event.text());
}

/// IRQL: any. All that is given is static or on the kernel stack, so it is there at any IRQL.
fn submit(descriptor: &'static Descriptor, data: *const c_void, length: u32, text: Option<&'static CStr>) {
    let registration = REGISTRATION.load(Ordering::Acquire);
    if registration == 0 {
        return;
    }
    let head = EVENT_DESCRIPTOR {
        Id: 0,
        Version: 0,
        Channel: CHANNEL_TRACELOGGING,
        Level: descriptor.level as u8,
        Opcode: descriptor.opcode as u8,
        Task: 0,
        Keyword: descriptor.keyword.0,
    };
    let text = text.map_or(&[][..], CStr::to_bytes_with_nul);
    let mut parts: [_; WITH_TEXT as usize] = [
        part(events::PROVIDER_TRAITS.as_ptr().cast(), events::PROVIDER_TRAITS.len(), PROVIDER_METADATA),
        part(descriptor.metadata.as_ptr().cast(), descriptor.metadata.len(), EVENT_METADATA),
        part(data, length as usize, DATA),
        part(text.as_ptr().cast(), text.len(), DATA),
    ];
    // SAFETY: registered; head and parts are locals, what the parts name is static or the caller's and is
    // copied before the routine returns.
    let _status = unsafe {
        EtwWriteTransfer(
            registration,
            &raw const head,
            ptr::null(),
            ptr::null(),
            if text.is_empty() { WITHOUT_TEXT } else { WITH_TEXT },
            parts.as_mut_ptr(),
        )
    };
}

#[expect(clippy::cast_possible_truncation, reason = "a few bytes")]
fn part(at: *const c_void, length: usize, kind: u32) -> EVENT_DATA_DESCRIPTOR {
    EVENT_DATA_DESCRIPTOR { Ptr: at.addr() as u64, Size: length as u32, Reserved: kind }
}

/// Units of 100 ns since the system started. IRQL: any.
pub fn interrupt_time() -> u64 {
    let mut counter = 0;
    // SAFETY: the counter goes to a local.
    unsafe { KeQueryInterruptTimePrecise(&raw mut counter) }
}

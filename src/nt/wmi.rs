//! WMI: the device is registered as a provider, and its requests carry a buffer.
//!
//! Pages: [IoWMIRegistrationControl](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iowmiregistrationcontrol),
//! [IRP_MN_REGINFO_EX](https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-reginfo-ex),
//! [ObReferenceObject](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-obfreferenceobject),
//! [KeQuerySystemTimePrecise](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kequerysystemtimeprecise)

// UNSAFETY: follows the pointers of a stack location, and keeps what DriverEntry was given.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{
    cell::UnsafeCell,
    slice,
    sync::atomic::{AtomicUsize, Ordering},
};

use usbclient_core::wmi::{Block, Minor};
use usbclient_protocol::status::{NtStatus, Status};
use wdk_sys::{
    LARGE_INTEGER, PCUNICODE_STRING,
    ntddk::{IoWMIRegistrationControl, ObfReferenceObject},
};

use super::{device::Device, irp::Irp, irql::Passive};

unsafe extern "C" {
    /// Not in the bindings. Windows 8 and later, any IRQL.
    fn KeQuerySystemTimePrecise(time: *mut LARGE_INTEGER);
}

/// `WMIREG_ACTION_REGISTER`
const REGISTER: u32 = 1;
/// `WMIREG_ACTION_DEREGISTER`
const DEREGISTER: u32 = 2;
/// `DataPath` of a registration that is asked for anew, and not updated.
const WMIREGISTER: usize = 0;

/// Registers the device. WMI then asks for its blocks, in this call or in another thread.
///
/// # Errors
///
/// `STATUS_INVALID_PARAMETER` and others.
pub fn register(device: Device, _passive: &Passive) -> Result<(), Status> {
    // SAFETY: the device object is this driver's. The token proves PASSIVE_LEVEL.
    let status = unsafe { IoWMIRegistrationControl(device.fdo().as_ptr(), REGISTER) };
    NtStatus::from_raw(status).check().map(drop)
}

/// Takes the registration back, and waits until WMI's requests are over. Not in one of them.
pub fn deregister(device: Device, _passive: &Passive) {
    // SAFETY: as above; the device is registered.
    let _status = unsafe { IoWMIRegistrationControl(device.fdo().as_ptr(), DEREGISTER) };
}

/// References the physical device object, for WMI to give back.
pub fn reference_pdo(device: Device) {
    // SAFETY: the physical device object below this one.
    let _count = unsafe { ObfReferenceObject(device.pdo().as_ptr().cast()) };
}

/// The system's time, in units of 100 ns since 1601.
pub fn now() -> u64 {
    let mut time = LARGE_INTEGER::default();
    // SAFETY: writes a local; any IRQL.
    unsafe { KeQuerySystemTimePrecise(&raw mut time) };
    // SAFETY: all members are one number.
    unsafe { time.QuadPart }.cast_unsigned()
}

/// What a WMI request asks for, and where the answer goes.
pub struct Request<'i> {
    /// The minor function.
    pub minor: Minor,
    /// The block. `None`: it is not this driver's, or the request names none.
    pub block: Option<Block>,
    /// A registration is asked for, and not an update.
    pub is_registration: bool,
    /// WMI's buffer.
    pub buffer: &'i mut [u8],
}

impl Irp {
    /// The WMI request, if it is for this device. Others go down.
    pub fn wmi(&mut self, device: Device) -> Option<Request<'_>> {
        let minor = Minor::from_code(self.minor());
        // SAFETY: a SYSTEM_CONTROL request of any kind has this member of the union, all of it numbers.
        let parameters = unsafe { self.location().Parameters.WMI };
        if minor == Minor::Other || parameters.ProviderId != device.fdo().as_ptr() as u64 {
            return None;
        }
        let (path, length) = (parameters.DataPath, parameters.BufferSize as usize);
        let block = if minor == Minor::Reginfo || path.is_null() {
            None
        } else {
            // SAFETY: WMI names the block by its identifier in the data path.
            Block::from_guid(unsafe { path.cast::<[u8; 16]>().read_unaligned() })
        };
        let buffer: &mut [u8] = if parameters.Buffer.is_null() || length == 0 {
            &mut []
        } else {
            // SAFETY: WMI's nonpaged buffer of this size is the IRP owner's.
            unsafe { slice::from_raw_parts_mut(parameters.Buffer.cast(), length) }
        };
        Some(Request { minor, block, is_registration: path as usize == WMIREGISTER, buffer })
    }
}

/// Units of UTF-16 that are kept of the registry path.
const PATH: usize = 260;

/// What `DriverEntry` was given. Written once, before any device is.
struct RegistryPath {
    text: UnsafeCell<[u16; PATH]>,
    length: AtomicUsize,
}

// SAFETY: written once in DriverEntry, which nothing runs beside; the length publishes it.
unsafe impl Sync for RegistryPath {}

static REGISTRY_PATH: RegistryPath =
    RegistryPath { text: UnsafeCell::new([0; PATH]), length: AtomicUsize::new(0) };

/// Keeps the registry path. One that is too long is not kept, and not told to WMI.
pub fn keep_registry_path(path: PCUNICODE_STRING, _passive: &Passive) {
    // SAFETY: the I/O manager's string is valid during DriverEntry, or NULL.
    let Some(path) = (unsafe { path.as_ref() }) else { return };
    let length = usize::from(path.Length) / 2;
    if path.Buffer.is_null() || length > PATH {
        return;
    }
    // SAFETY: as long as the string says, in whole units.
    let from = unsafe { slice::from_raw_parts(path.Buffer, length) };
    // SAFETY: DriverEntry runs once, and nobody reads before the length is published.
    let to = unsafe { &mut *REGISTRY_PATH.text.get() };
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    REGISTRY_PATH.length.store(length, Ordering::Release);
}

/// What [`keep_registry_path`] kept.
pub fn registry_path() -> &'static [u16] {
    let length = REGISTRY_PATH.length.load(Ordering::Acquire);
    // SAFETY: nobody writes after DriverEntry.
    let text = unsafe { &*REGISTRY_PATH.text.get() };
    text.get(..length).unwrap_or_default()
}

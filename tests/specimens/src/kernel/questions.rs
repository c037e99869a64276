//! Small questions and wishes, each of which has its `IRQL`.

// UNSAFETY: calls the kernel. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::{ffi::c_void, ptr};

use wdk_sys::{
    DEVICE_OBJECT, FILE_OBJECT, GUID, HANDLE, SHARE_ACCESS, UNICODE_STRING,
    ntddk::{
        ExUuidCreate, IoCheckShareAccess, IoCreateSymbolicLink, IoDeleteSymbolicLink,
        IoGetConfigurationInformation, IoGetDeviceToVerify, MmAllocateContiguousMemory,
        MmFreeContiguousMemory, MmLockPagableDataSection, MmUnlockPagableImageSection, ObGetObjectSecurity,
        ObReferenceObjectByHandle, ObReleaseObjectSecurity, ProbeForRead, PsGetVersion,
        RtlDeleteRegistryValue,
    },
};

// Another name of it in the headers used on Linux is inline, so wdk-sys has it not everywhere.
unsafe extern "C" {
    fn PsGetCurrentThread() -> *mut wdk_sys::_ETHREAD;
}

/// `ObGetObjectSecurity` and `ObReleaseObjectSecurity`.
pub fn ask_security(device: *mut DEVICE_OBJECT) {
    let (mut descriptor, mut allocated) = (ptr::null_mut(), 0);
    // SAFETY: the device is valid.
    let _ = unsafe { ObGetObjectSecurity(device.cast(), &raw mut descriptor, &raw mut allocated) };
    // SAFETY: what was got just now.
    unsafe { ObReleaseObjectSecurity(descriptor, allocated) };
}

/// `ProbeForRead` of no bytes.
pub fn probe_nothing() {
    // SAFETY: nothing is looked at.
    unsafe { ProbeForRead(ptr::null_mut(), 0, 1) };
}

/// `ExUuidCreate`
pub fn make_uuid() {
    let mut uuid = GUID { Data1: 0, Data2: 0, Data3: 0, Data4: [0; 8] };
    // SAFETY: there is room for it.
    let _ = unsafe { ExUuidCreate((&raw mut uuid).cast()) };
}

/// `IoGetDeviceToVerify` for the current thread.
pub fn ask_device_to_verify() {
    // SAFETY: at any `IRQL`.
    let thread = unsafe { PsGetCurrentThread() };
    // SAFETY: the thread runs.
    let _ = unsafe { IoGetDeviceToVerify(thread) };
}

/// `IoCheckShareAccess` for reading, beside nobody.
pub fn check_share_access(file: *mut FILE_OBJECT) {
    let mut access = SHARE_ACCESS::default();
    // SAFETY: the file is valid.
    let _ = unsafe { IoCheckShareAccess(1, 1, file, &raw mut access, 0) };
}

/// A counted string for text that lives for ever.
#[must_use]
pub const fn counted(text: &'static [u16]) -> UNICODE_STRING {
    let length = text.len() as u16 * 2;
    UNICODE_STRING { Length: length, MaximumLength: length, Buffer: text.as_ptr().cast_mut() }
}

/// UTF-16 of ASCII text.
#[must_use]
pub const fn wide<const N: usize>(text: &[u8; N]) -> [u16; N] {
    let mut units = [0; N];
    let mut index = 0;
    while index < N {
        units[index] = text[index] as u16;
        index += 1;
    }
    units
}

/// `IoCreateSymbolicLink` and `IoDeleteSymbolicLink`.
pub fn visit_symbolic_link() {
    static LINK: [u16; 16] = wide(b"\\DosDevices\\Spcm");
    static TARGET: [u16; 12] = wide(b"\\Device\\Spcm");
    let (mut link, mut target) = (counted(&LINK), counted(&TARGET));
    // SAFETY: both strings are valid.
    let _ = unsafe { IoCreateSymbolicLink(&raw mut link, &raw mut target) };
    // SAFETY: as above.
    let _ = unsafe { IoDeleteSymbolicLink(&raw mut link) };
}

/// `IoGetConfigurationInformation`
pub fn ask_configuration() {
    // SAFETY: it is the specimen's business at which `IRQL`.
    let _ = unsafe { IoGetConfigurationInformation() };
}

/// `MmLockPagableDataSection` and `MmUnlockPagableImageSection`.
pub fn visit_paged_section() {
    static IN_THE_SECTION: u32 = 1;
    let address = (&raw const IN_THE_SECTION).cast_mut().cast();
    // SAFETY: the address is the driver's.
    let section = unsafe { MmLockPagableDataSection(address) };
    // SAFETY: it was locked.
    unsafe { MmUnlockPagableImageSection(section) };
}

/// `MmAllocateContiguousMemory` of a page below 4 GB. NULL when there is none.
#[must_use]
pub fn allocate_contiguous() -> *mut c_void {
    let highest = wdk_sys::LARGE_INTEGER { QuadPart: 0xFFFF_FFFF };
    // SAFETY: any size is allowed.
    unsafe { MmAllocateContiguousMemory(4096, highest) }
}

/// `MmFreeContiguousMemory`
pub fn free_contiguous(memory: *mut c_void) {
    // SAFETY: from `allocate_contiguous`.
    unsafe { MmFreeContiguousMemory(memory) };
}

/// `ObReferenceObjectByHandle` of a handle that is none.
pub fn reference_no_handle() {
    let mut object = ptr::null_mut();
    let handle: HANDLE = 0x1234 as HANDLE;
    // SAFETY: any handle is allowed.
    let _ =
        unsafe { ObReferenceObjectByHandle(handle, 0, ptr::null_mut(), 0, &raw mut object, ptr::null_mut()) };
}

/// `PsGetVersion`
pub fn ask_system_version() {
    let mut major = 0;
    // SAFETY: what is not wanted may be NULL.
    let _ = unsafe { PsGetVersion(&raw mut major, ptr::null_mut(), ptr::null_mut(), ptr::null_mut()) };
}

/// `RtlDeleteRegistryValue` of a value that is not there, below the services.
pub fn delete_registry_value() {
    static PATH: [u16; 7] = wide(b"nobody\0");
    static NAME: [u16; 5] = wide(b"none\0");
    // SAFETY: both strings end.
    let _ = unsafe { RtlDeleteRegistryValue(1, PATH.as_ptr(), NAME.as_ptr()) };
}

//! Numbers in the device's hardware key, where an INF's `HW` section writes them.
//!
//! Pages: [IoOpenDeviceRegistryKey](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioopendeviceregistrykey),
//! [ZwQueryValueKey](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-zwqueryvaluekey),
//! [ZwSetValueKey](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-zwsetvaluekey),
//! [ZwClose](https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntclose)

// UNSAFETY: calls the kernel with handles and buffers.
#![expect(unsafe_code, reason = "calls the kernel with handles and buffers")]

use core::{marker::PhantomData, mem::offset_of, ptr};

use usbclient_protocol::status::{NtStatus, Status};
use wdk_sys::{
    _KEY_VALUE_INFORMATION_CLASS::KeyValuePartialInformation,
    HANDLE, KEY_READ, KEY_VALUE_PARTIAL_INFORMATION, KEY_WRITE, PLUGPLAY_REGKEY_DEVICE, REG_DWORD,
    UNICODE_STRING,
    ntddk::{IoOpenDeviceRegistryKey, ZwClose, ZwQueryValueKey, ZwSetValueKey},
};

use super::{device::Device, irql::Passive, narrow};

/// Room for the longest name, and its terminator.
const NAME: usize = 32;

/// A value's name in UTF-16, made when the driver is built.
pub struct ValueName {
    text: [u16; NAME],
    bytes: u16,
}

impl ValueName {
    /// From ASCII.
    pub const fn new(ascii: &str) -> Self {
        let bytes = ascii.as_bytes();
        assert!(bytes.len() < NAME);
        let mut text = [0; NAME];
        let mut at = 0;
        while at < bytes.len() {
            assert!(bytes[at].is_ascii());
            text[at] = bytes[at] as u16;
            at += 1;
        }
        Self { text, bytes: narrow::u16(bytes.len() * 2) }
    }

    const fn as_unicode(&self) -> UNICODE_STRING {
        // The kernel only reads it.
        let buffer = self.text.as_ptr().cast_mut();
        UNICODE_STRING { Length: self.bytes, MaximumLength: self.bytes, Buffer: buffer }
    }
}

/// The device's hardware key, open.
pub struct DeviceKey<'p> {
    handle: HANDLE,
    passive: PhantomData<&'p Passive>,
}

impl<'p> DeviceKey<'p> {
    fn open(device: Device, access: u32, _passive: &'p Passive) -> Result<Self, Status> {
        let mut handle = ptr::null_mut();
        // SAFETY: the physical device object below this one, and a local for the handle. The token proves
        // PASSIVE_LEVEL.
        let status = unsafe {
            IoOpenDeviceRegistryKey(device.pdo().as_ptr(), PLUGPLAY_REGKEY_DEVICE, access, &raw mut handle)
        };
        NtStatus::from_raw(status).check()?;
        Ok(Self { handle, passive: PhantomData })
    }

    /// Opens it to read.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_DEVICE_REQUEST` and others.
    pub fn to_read(device: Device, passive: &'p Passive) -> Result<Self, Status> {
        Self::open(device, KEY_READ, passive)
    }

    /// Opens it to write.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_DEVICE_REQUEST` and others.
    pub fn to_write(device: Device, passive: &'p Passive) -> Result<Self, Status> {
        Self::open(device, KEY_WRITE, passive)
    }

    /// A `REG_DWORD`. `None`: there is no value with this name, or it is something else.
    pub fn number(&self, name: &ValueName) -> Option<u32> {
        let handle = self.handle;
        let mut name = name.as_unicode();
        let mut room = Room { value: KEY_VALUE_PARTIAL_INFORMATION::default(), rest: [0; 4] };
        let mut length = 0;
        // SAFETY: the handle is open, the room is a local of this size. The token proves PASSIVE_LEVEL.
        let status = unsafe {
            ZwQueryValueKey(
                handle,
                &raw mut name,
                KeyValuePartialInformation,
                (&raw mut room).cast(),
                const { narrow::u32(size_of::<Room>()) },
                &raw mut length,
            )
        };
        let Room { value, .. } = &room;
        let is_number = value.Type == REG_DWORD && value.DataLength == 4;
        if !NtStatus::from_raw(status).is_success() || !is_number {
            return None;
        }
        let data =
            (&raw const room).cast::<u8>().wrapping_add(offset_of!(KEY_VALUE_PARTIAL_INFORMATION, Data));
        // SAFETY: the kernel wrote four bytes there, inside the room.
        Some(unsafe { data.cast::<u32>().read_unaligned() })
    }

    /// Writes a `REG_DWORD`.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_HANDLE` and others.
    pub fn set_number(&self, name: &ValueName, number: u32) -> Result<(), Status> {
        let mut name = name.as_unicode();
        let mut data = number;
        // SAFETY: the handle is open for writing, the data is a local of this size. The token proves PASSIVE_LEVEL.
        let status = unsafe {
            ZwSetValueKey(
                self.handle,
                &raw mut name,
                0,
                REG_DWORD,
                (&raw mut data).cast(),
                const { narrow::u32(size_of::<u32>()) },
            )
        };
        NtStatus::from_raw(status).check().map(drop)
    }
}

impl Drop for DeviceKey<'_> {
    fn drop(&mut self) {
        // SAFETY: opened by this owner, and closed once.
        let _status = unsafe { ZwClose(self.handle) };
    }
}

/// `KEY_VALUE_PARTIAL_INFORMATION` with room for a number.
#[repr(C)]
struct Room {
    value: KEY_VALUE_PARTIAL_INFORMATION,
    rest: [u8; 4],
}

const _: () = assert!(offset_of!(KEY_VALUE_PARTIAL_INFORMATION, Data) == 12);

//! Device interfaces, by `SetupDi*`.
// UNSAFETY: calls of Windows functions, whose pages say what they need.
#![expect(unsafe_code, reason = "calls of Windows functions")]

use std::{mem, ptr};

use usbclient_protocol::DEVICE_INTERFACE_GUID;
use windows_sys::{
    Win32::{
        Devices::{
            DeviceAndDriverInstallation::{
                DIGCF_DEVICEINTERFACE, DIGCF_PRESENT, HDEVINFO, SP_DEVICE_INTERFACE_DATA,
                SP_DEVICE_INTERFACE_DETAIL_DATA_W, SP_DEVINFO_DATA, SPDRP_DEVICEDESC, SPDRP_HARDWAREID,
                SPDRP_LOCATION_INFORMATION, SetupDiDestroyDeviceInfoList, SetupDiEnumDeviceInterfaces,
                SetupDiGetClassDevsW, SetupDiGetDeviceInterfaceDetailW, SetupDiGetDevicePropertyW,
                SetupDiGetDeviceRegistryPropertyW,
            },
            Properties::{DEVPKEY_Device_BusReportedDeviceDesc, DEVPROP_TYPE_STRING},
        },
        Foundation::ERROR_NO_MORE_ITEMS,
    },
    core::GUID,
};

use super::handle::last_error;
use crate::{
    device_info::{Description, DeviceId},
    error::{Error, SystemCode},
};

const DOING: &str = "listing devices";

static CLASS: GUID = GUID {
    data1: DEVICE_INTERFACE_GUID.data1,
    data2: DEVICE_INTERFACE_GUID.data2,
    data3: DEVICE_INTERFACE_GUID.data3,
    data4: DEVICE_INTERFACE_GUID.data4,
};

fn failed() -> Error {
    Error::of_code(SystemCode::Win32(last_error()), DOING)
}

/// The size of a structure of Windows', for its first field.
#[expect(clippy::cast_possible_truncation, reason = "a few bytes")]
const fn size_of_u32<T>() -> u32 {
    size_of::<T>() as u32
}

/// A set of device information. It is closed by a function of its own, and not by `CloseHandle`.
struct InfoSet(HDEVINFO);

impl InfoSet {
    fn of_present_interfaces() -> Result<Self, Error> {
        let flags = DIGCF_PRESENT | DIGCF_DEVICEINTERFACE;
        // SAFETY: the class lives for ever; the other pointers may be null.
        let set = unsafe { SetupDiGetClassDevsW(&raw const CLASS, ptr::null(), ptr::null_mut(), flags) };
        if set == -1 { Err(failed()) } else { Ok(Self(set)) }
    }

    /// The interface with this number; none: there are no more.
    fn interface(&self, index: u32) -> Result<Option<SP_DEVICE_INTERFACE_DATA>, Error> {
        let mut data = SP_DEVICE_INTERFACE_DATA {
            cbSize: size_of_u32::<SP_DEVICE_INTERFACE_DATA>(),
            ..Default::default()
        };
        // SAFETY: the set is open, and the structures live during the call.
        let found = unsafe {
            SetupDiEnumDeviceInterfaces(self.0, ptr::null(), &raw const CLASS, index, &raw mut data)
        };
        match (found, last_error()) {
            (0, ERROR_NO_MORE_ITEMS) => Ok(None),
            (0, code) => Err(Error::of_code(SystemCode::Win32(code), DOING)),
            _ => Ok(Some(data)),
        }
    }

    /// The path of an interface, and its device.
    fn detail(&self, interface: &SP_DEVICE_INTERFACE_DATA) -> Result<(String, SP_DEVINFO_DATA), Error> {
        let mut device = SP_DEVINFO_DATA { cbSize: size_of_u32::<SP_DEVINFO_DATA>(), ..Default::default() };
        let mut needed = 0;
        // SAFETY: without room it only says how much is needed, and fails.
        unsafe {
            SetupDiGetDeviceInterfaceDetailW(
                self.0,
                interface,
                ptr::null_mut(),
                0,
                &raw mut needed,
                ptr::null_mut(),
            )
        };
        // In words of eight bytes, for the structure's alignment.
        let mut room = vec![0_u64; usize::try_from(needed).unwrap_or(0).div_ceil(8).max(1)];
        let detail: *mut SP_DEVICE_INTERFACE_DETAIL_DATA_W = room.as_mut_ptr().cast();
        // SAFETY: the room is aligned and at least eight bytes, which the field fits into.
        unsafe { (*detail).cbSize = size_of_u32::<SP_DEVICE_INTERFACE_DETAIL_DATA_W>() };
        // SAFETY: there is as much room as was asked for, and the device's structure has its size.
        let found = unsafe {
            SetupDiGetDeviceInterfaceDetailW(
                self.0,
                interface,
                detail,
                needed,
                ptr::null_mut(),
                &raw mut device,
            )
        };
        if found == 0 {
            return Err(failed());
        }
        // The path begins behind the size, without padding: it is an array of 16-bit units.
        let units = units(&room);
        let path = units.get(mem::offset_of!(SP_DEVICE_INTERFACE_DETAIL_DATA_W, DevicePath) / 2..);
        Ok((text(path.unwrap_or_default()), device))
    }

    /// A property of a device as text; strings of a list are lines. None: it has none.
    fn registry_property(&self, device: &SP_DEVINFO_DATA, property: u32) -> Option<String> {
        let mut needed = 0;
        let (none, nothing) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: without room it only says how much is needed, and fails.
        unsafe {
            SetupDiGetDeviceRegistryPropertyW(self.0, device, property, none, nothing, 0, &raw mut needed)
        };
        let mut room = vec![0_u64; usize::try_from(needed).ok()?.div_ceil(8)];
        // SAFETY: there is as much room as was asked for.
        let found = unsafe {
            let to = room.as_mut_ptr().cast();
            SetupDiGetDeviceRegistryPropertyW(self.0, device, property, none, to, needed, ptr::null_mut())
        };
        if found == 0 {
            return None;
        }
        let lines = String::from_utf16_lossy(&units(&room)).replace('\0', "\n");
        Some(lines.trim_end_matches('\n').to_owned()).filter(|lines| !lines.is_empty())
    }

    /// The product string that the bus driver has read from the device.
    fn product(&self, device: &SP_DEVINFO_DATA) -> Option<String> {
        let (mut kind, mut room) = (0, vec![0_u64; 128]);
        let key = DEVPKEY_Device_BusReportedDeviceDesc;
        let bytes = u32::try_from(room.len() * 8).ok()?;
        // SAFETY: the room is as long as is said, and the key lives during the call.
        let found = unsafe {
            let to = room.as_mut_ptr().cast();
            SetupDiGetDevicePropertyW(
                self.0,
                device,
                &raw const key,
                &raw mut kind,
                to,
                bytes,
                ptr::null_mut(),
                0,
            )
        };
        let is_text = found != 0 && kind == DEVPROP_TYPE_STRING;
        is_text.then(|| text(&units(&room))).filter(|product| !product.is_empty())
    }
}

impl Drop for InfoSet {
    fn drop(&mut self) {
        // SAFETY: the set is open, and is closed this once.
        unsafe { SetupDiDestroyDeviceInfoList(self.0) };
    }
}

/// The 16-bit units in memory.
fn units(words: &[u64]) -> Vec<u16> {
    let units = |word: &u64| {
        let bytes = word.to_le_bytes();
        [0, 2, 4, 6].map(|at| u16::from_le_bytes([bytes[at], bytes[at + 1]]))
    };
    words.iter().flat_map(units).collect()
}

/// Text up to a NUL.
fn text(units: &[u16]) -> String {
    let end = units.iter().position(|unit| *unit == 0).unwrap_or(units.len());
    String::from_utf16_lossy(&units[..end])
}

/// The devices whose interface is there.
pub(super) fn devices() -> Result<Vec<Description>, Error> {
    let set = InfoSet::of_present_interfaces()?;
    let mut found = Vec::new();
    while let Some(interface) = set.interface(u32::try_from(found.len()).unwrap_or(u32::MAX))? {
        let (path, device) = set.detail(&interface)?;
        let ids = set.registry_property(&device, SPDRP_HARDWAREID).unwrap_or_default();
        let place = set.registry_property(&device, SPDRP_LOCATION_INFORMATION);
        let name = set.product(&device).or_else(|| set.registry_property(&device, SPDRP_DEVICEDESC));
        found.push(Description::new(DeviceId::new(path), &ids, place, name));
    }
    Ok(found)
}

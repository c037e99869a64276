//! Installing drivers, and finding device interfaces.
// UNSAFETY: calls Windows.
#![expect(unsafe_code, reason = "calls Windows")]

use std::ptr;

use windows_sys::{
    Win32::Devices::DeviceAndDriverInstallation::{
        DIF_REGISTERDEVICE, DIF_REMOVE, DIGCF_DEVICEINTERFACE, DIGCF_PRESENT, HDEVINFO, INSTALLFLAG_FORCE,
        SP_DEVICE_INTERFACE_DATA, SP_DEVICE_INTERFACE_DETAIL_DATA_W, SP_DEVINFO_DATA, SPDRP_HARDWAREID,
        SPOST_PATH, SetupCopyOEMInfW, SetupDiCallClassInstaller, SetupDiCreateDeviceInfoList,
        SetupDiCreateDeviceInfoW, SetupDiDestroyDeviceInfoList, SetupDiEnumDeviceInterfaces,
        SetupDiGetClassDevsW, SetupDiGetDeviceInterfaceDetailW, SetupDiSetDeviceRegistryPropertyW,
        UpdateDriverForPlugAndPlayDevicesW,
    },
    core::GUID,
};

use super::{Win32Error, files::last_error, wide};

const INVALID: HDEVINFO = -1;
static NO_CLASS: GUID = GUID::from_u128(0);

/// A device information set.
struct Set(HDEVINFO);

impl Set {
    fn new(set: HDEVINFO) -> Result<Self, Win32Error> {
        if set == INVALID { Err(last_error()) } else { Ok(Self(set)) }
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        // SAFETY: it is open, and closed only here.
        unsafe { SetupDiDestroyDeviceInfoList(self.0) };
    }
}

/// A device that was installed by hand.
pub struct Root {
    set: Set,
    device: SP_DEVINFO_DATA,
}

impl Root {
    /// Makes the device and installs its driver.
    pub fn install(inf: &str, id: &str) -> Result<Self, Win32Error> {
        // SAFETY: no class, no window.
        let set = Set::new(unsafe { SetupDiCreateDeviceInfoList(ptr::null(), ptr::null_mut()) })?;
        // SAFETY: all zeros is one.
        let mut device: SP_DEVINFO_DATA = unsafe { std::mem::zeroed() };
        device.cbSize = size(&device);
        let name = wide(&format!("{id}\\0"));
        // SAFETY: everything pointed to lives as long as the call; the whole name is given.
        succeeded(unsafe {
            SetupDiCreateDeviceInfoW(
                set.0,
                name.as_ptr(),
                &raw const NO_CLASS,
                ptr::null(),
                ptr::null_mut(),
                0,
                &raw mut device,
            )
        })?;
        let ids: Vec<u8> = wide(id).into_iter().chain([0]).flat_map(u16::to_le_bytes).collect();
        let length = u32::try_from(ids.len()).unwrap_or_default();
        // SAFETY: as above.
        succeeded(unsafe {
            SetupDiSetDeviceRegistryPropertyW(set.0, &raw mut device, SPDRP_HARDWAREID, ids.as_ptr(), length)
        })?;
        // SAFETY: the set's device.
        succeeded(unsafe { SetupDiCallClassInstaller(DIF_REGISTERDEVICE, set.0, &raw const device) })?;
        let (id, inf) = (wide(id), wide(inf));
        let mut reboot = 0;
        // SAFETY: both strings have an end.
        succeeded(unsafe {
            UpdateDriverForPlugAndPlayDevicesW(
                ptr::null_mut(),
                id.as_ptr(),
                inf.as_ptr(),
                INSTALLFLAG_FORCE,
                &raw mut reboot,
            )
        })?;
        Ok(Self { set, device })
    }

    /// Removes the device.
    pub fn remove(self) -> Result<(), Win32Error> {
        // SAFETY: the set's device.
        succeeded(unsafe { SetupDiCallClassInstaller(DIF_REMOVE, self.set.0, &raw const self.device) })
    }
}

/// Copies an INF file to where the system looks for drivers of new devices.
pub fn copy_inf(inf: &str) -> Result<(), Win32Error> {
    let inf = wide(inf);
    // SAFETY: the string has an end; nothing is asked back.
    succeeded(unsafe {
        SetupCopyOEMInfW(
            inf.as_ptr(),
            ptr::null(),
            SPOST_PATH,
            0,
            ptr::null_mut(),
            0,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    })
}

/// The paths of the device interfaces of a class that are enabled.
pub fn interfaces(class: [u32; 4]) -> Result<Vec<String>, Win32Error> {
    let value = class.iter().fold(0_u128, |value, word| value << 32 | u128::from(*word));
    let class = GUID::from_u128(value);
    let flags = DIGCF_PRESENT | DIGCF_DEVICEINTERFACE;
    // SAFETY: the class lives as long as the call.
    let set =
        Set::new(unsafe { SetupDiGetClassDevsW(&raw const class, ptr::null(), ptr::null_mut(), flags) })?;
    let mut paths = Vec::new();
    for index in 0.. {
        // SAFETY: all zeros is one.
        let mut interface: SP_DEVICE_INTERFACE_DATA = unsafe { std::mem::zeroed() };
        interface.cbSize = size(&interface);
        // SAFETY: everything pointed to lives as long as the call.
        let found = unsafe {
            SetupDiEnumDeviceInterfaces(set.0, ptr::null(), &raw const class, index, &raw mut interface)
        };
        if found == 0 {
            break;
        }
        paths.push(path(&set, &interface)?);
    }
    Ok(paths)
}

fn path(set: &Set, interface: &SP_DEVICE_INTERFACE_DATA) -> Result<String, Win32Error> {
    // Room for the structure and a long path, aligned as it must be.
    let mut room = [0_u64; 256];
    let detail = room.as_mut_ptr().cast::<SP_DEVICE_INTERFACE_DETAIL_DATA_W>();
    // SAFETY: there is room for one.
    unsafe { (*detail).cbSize = u32::try_from(size_of::<SP_DEVICE_INTERFACE_DETAIL_DATA_W>()).unwrap_or(0) };
    let length = u32::try_from(size_of_val(&room)).unwrap_or_default();
    // SAFETY: everything pointed to lives as long as the call.
    succeeded(unsafe {
        SetupDiGetDeviceInterfaceDetailW(
            set.0,
            ptr::from_ref(interface),
            detail,
            length,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    })?;
    // The path begins behind the size.
    let bytes: Vec<u8> = room.iter().flat_map(|word| word.to_le_bytes()).skip(4).collect();
    let text = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    Ok(String::from_utf16_lossy(&text.take_while(|unit| *unit != 0).collect::<Vec<_>>()))
}

fn succeeded(result: i32) -> Result<(), Win32Error> {
    if result == 0 { Err(last_error()) } else { Ok(()) }
}

fn size<T>(_: &T) -> u32 {
    u32::try_from(size_of::<T>()).unwrap_or_default()
}

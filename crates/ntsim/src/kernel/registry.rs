//! Registry keys of a device, as far as drivers open them.

use std::collections::BTreeMap;

use nt_trace::{
    NtStatus, ObjectId, ObjectKind,
    event::{KeyClosed, KeyOpened},
};

use super::{
    Kernel, answer,
    export::{Args, Export, Handler, Returns},
};
use crate::{
    abi::{
        UNICODE_STRING,
        registry::{
            KEY_VALUE_BASIC_INFORMATION, KEY_VALUE_FULL_INFORMATION, KEY_VALUE_PARTIAL_INFORMATION, REG_DWORD,
        },
        status::{
            STATUS_BUFFER_OVERFLOW, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_DEVICE_REQUEST,
            STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SUCCESS,
        },
    },
    inf::Installation,
    mem::Addr,
    sched::PASSIVE_LEVEL,
    stop::Stop,
};

/// `IoOpenDeviceRegistryKey` and what is done with the handle.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IoOpenDeviceRegistryKey",
        "wdm/nf-wdm-ioopendeviceregistrykey",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INVALID_DEVICE_REQUEST.0, STATUS_INVALID_PARAMETER.0],
        Handler::Sync(open_device_key),
    ),
    Export::new(
        "IoOpenDeviceInterfaceRegistryKey",
        "wdm/nf-wdm-ioopendeviceinterfaceregistrykey",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_OBJECT_NAME_NOT_FOUND.0],
        Handler::Sync(open_interface_key),
    ),
    Export::new(
        "ZwQueryValueKey",
        "wdm/nf-wdm-zwqueryvaluekey",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_OBJECT_NAME_NOT_FOUND.0],
        Handler::Sync(query_value),
    ),
    Export::new(
        "ZwSetValueKey",
        "wdm/nf-wdm-zwsetvaluekey",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INVALID_HANDLE.0],
        Handler::Sync(set_value),
    ),
    Export::new("ZwClose", "wdm/nf-wdm-zwclose", PASSIVE_LEVEL, Returns::Status, &[], Handler::Sync(close)),
];

/// A value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryValue {
    /// `REG_*`
    pub kind: u32,
    /// Its data.
    pub data: Vec<u8>,
}

impl RegistryValue {
    /// A `REG_DWORD`.
    #[must_use]
    pub fn dword(value: u32) -> Self {
        Self { kind: REG_DWORD, data: value.to_le_bytes().to_vec() }
    }
}

/// A key: values by name in lower case.
pub type Key = BTreeMap<String, RegistryValue>;

/// Keys by physical device object and `PLUGPLAY_REGKEY_*`, and the handles that the driver holds.
#[derive(Debug, Default)]
pub struct Registry {
    /// The keys of devices. One that is not here is empty.
    pub keys: BTreeMap<(Addr, u32), Key>,
    /// Other keys by path in lower case. One that exists and is not here is empty.
    pub paths: BTreeMap<String, Key>,
    pub(super) handles: BTreeMap<u64, OpenKey>,
    next: u64,
}

/// A handle that the driver holds.
#[derive(Debug)]
pub(super) struct OpenKey {
    pub(super) id: ObjectId,
    pub(super) site: Addr,
    pub(super) key: KeyId,
}

/// Names a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeyId {
    /// A device's, by physical device object and `PLUGPLAY_REGKEY_*`.
    Device(Addr, u32),
    /// Another one, by its path in lower case.
    Path(String),
}

/// Where services and control are.
pub(super) const CONTROL_SET: &str = "\\registry\\machine\\system\\currentcontrolset";
/// Keys that every system has.
pub(super) const WELL_KNOWN: &[&str] = &[
    "\\registry\\machine\\hardware\\devicemap",
    "\\registry\\machine\\software\\microsoft\\windows nt\\currentversion",
    "\\registry\\machine\\system\\currentcontrolset\\control",
    "\\registry\\machine\\system\\currentcontrolset\\services",
    "\\registry\\user\\.default",
];

impl KeyId {
    /// The key with this path.
    pub(super) fn path(path: &str) -> Self {
        Self::Path(path.trim_end_matches('\\').to_lowercase())
    }

    /// A key below this one.
    pub(super) fn below(&self, name: &str) -> Self {
        if name.is_empty() { self.clone() } else { Self::path(&format!("{}\\{name}", self.text())) }
    }

    /// The key that this one is directly below.
    pub(super) fn above(&self) -> Option<Self> {
        let Self::Path(path) = self else { return None };
        let (above, _) = path.rsplit_once('\\')?;
        Some(Self::Path(above.into()))
    }

    /// Its path. A device's key has one that no driver knows.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Device(pdo, kind) => {
                format!("\\registry\\machine\\system\\currentcontrolset\\enum\\{:x}\\{kind:x}", pdo.0)
            }
            Self::Path(path) => path.clone(),
        }
    }
}

impl Registry {
    /// The service's own values, as an INF file made them, below the path of the services.
    pub fn add_service(&mut self, installation: &Installation) {
        for (below, values) in &installation.service_keys {
            let path = format!("{CONTROL_SET}\\services\\{}\\{below}", installation.service);
            *self.values_mut(&KeyId::path(&path)) = values.clone();
        }
    }

    /// A device's own values, as an INF file made them.
    pub fn add_device(&mut self, pdo: Addr, installation: &Installation) {
        self.keys.entry((pdo, PLUGPLAY_REGKEY_DEVICE)).or_default().extend(installation.device_key.clone());
        self.keys.entry((pdo, PLUGPLAY_REGKEY_DRIVER)).or_default().extend(installation.driver_key.clone());
    }

    /// Writes a number to a device's hardware key, as an INF file's `HW` section does.
    pub fn set_device_number(&mut self, pdo: Addr, name: &str, number: u32) {
        let key = self.keys.entry((pdo, PLUGPLAY_REGKEY_DEVICE)).or_default();
        key.insert(name.to_lowercase(), RegistryValue::dword(number));
    }

    /// The values of a key, none for one that never had any.
    pub(super) fn values(&self, key: &KeyId) -> Option<&Key> {
        match key {
            KeyId::Device(pdo, kind) => self.keys.get(&(*pdo, *kind)),
            KeyId::Path(path) => self.paths.get(path),
        }
    }

    /// The same, for changing them.
    pub(super) fn values_mut(&mut self, key: &KeyId) -> &mut Key {
        match key {
            KeyId::Device(pdo, kind) => self.keys.entry((*pdo, *kind)).or_default(),
            KeyId::Path(path) => self.paths.entry(path.clone()).or_default(),
        }
    }
}

/// `PLUGPLAY_REGKEY_DEVICE`
const PLUGPLAY_REGKEY_DEVICE: u32 = 1;
/// `PLUGPLAY_REGKEY_DRIVER`
const PLUGPLAY_REGKEY_DRIVER: u32 = 2;
/// `PLUGPLAY_REGKEY_CURRENT_HWPROFILE` aside.
const KEY_KIND: u32 = 0x3;
/// Where the keys of device interfaces are kept; no `PLUGPLAY_REGKEY_*` has this number.
const INTERFACE_KEY: u32 = 0x100;

fn open_device_key(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (pdo, kind) = (args.pointer(kernel, 0)?, args.ulong(kernel, 1)?);
    let out = args.pointer(kernel, 3)?;
    let known = kernel.io.devices.contains_key(&pdo);
    let injected = kernel.fault("IoOpenDeviceRegistryKey");
    let refused = injected.or_else(|| (!known).then_some(STATUS_INVALID_DEVICE_REQUEST));
    if let Some(status) = refused {
        kernel.emit(KeyOpened { key: ObjectId::NONE, status });
        return Ok(answer(status));
    }
    open(kernel, KeyId::Device(pdo, kind & KEY_KIND), out)
}

/// The key of a device interface is kept with its device, apart from the device's own keys.
fn open_interface_key(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (name, out) = (args.pointer(kernel, 0)?, args.pointer(kernel, 2)?);
    let string: UNICODE_STRING = kernel.mem.read(name)?;
    let link = kernel.counted_text(&string)?;
    let pdo = kernel.io.interfaces.get(&link).map(|interface| interface.pdo);
    let injected = kernel.fault("IoOpenDeviceInterfaceRegistryKey");
    match (injected, pdo) {
        (None, Some(pdo)) => open(kernel, KeyId::Device(pdo, INTERFACE_KEY), out),
        (injected, _) => {
            let status = injected.unwrap_or(STATUS_OBJECT_NAME_NOT_FOUND);
            kernel.emit(KeyOpened { key: ObjectId::NONE, status });
            Ok(answer(status))
        }
    }
}

/// Makes a handle of a key.
pub(super) fn open(kernel: &mut Kernel, key: KeyId, out: Addr) -> Result<u64, Stop> {
    kernel.io.registry.next += 4;
    // Kernel handles have the sign bit set.
    let handle = 0xFFFF_FFFF_8000_0000 + kernel.io.registry.next;
    kernel.mem.write(out, &handle)?;
    let (id, site) = (kernel.mem.name(ObjectKind::Key), kernel.site());
    kernel.io.registry.handles.insert(handle, OpenKey { id, site, key });
    kernel.emit(KeyOpened { key: id, status: NtStatus::SUCCESS });
    Ok(answer(STATUS_SUCCESS))
}

fn query_value(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (handle, name) = (args.get(kernel, 0)?, args.pointer(kernel, 1)?);
    let class = args.ulong(kernel, 2)?;
    let (buffer, length) = (args.pointer(kernel, 3)?, args.ulong(kernel, 4)?);
    let out = args.pointer(kernel, 5)?;
    let Some(open) = kernel.io.registry.handles.get(&handle) else {
        return Ok(answer(STATUS_INVALID_HANDLE));
    };
    let key = open.key.clone();
    let string: UNICODE_STRING = kernel.mem.read(name)?;
    let name = kernel.counted_text(&string)?;
    if let Some(status) = kernel.fault("ZwQueryValueKey") {
        return Ok(answer(status));
    }
    let value = kernel.io.registry.values(&key).and_then(|values| values.get(&name.to_lowercase()));
    let Some(value) = value.cloned() else { return Ok(answer(STATUS_OBJECT_NAME_NOT_FOUND)) };
    let Some((bytes, fixed)) = information(class, &name, &value) else {
        return Ok(answer(STATUS_INVALID_PARAMETER));
    };
    kernel.mem.write(out, &u32::try_from(bytes.len()).unwrap_or(u32::MAX))?;
    let room = usize::try_from(length).unwrap_or(0);
    let some = bytes.get(..bytes.len().min(room)).unwrap_or(&[]);
    if room < fixed {
        return Ok(answer(STATUS_BUFFER_TOO_SMALL));
    }
    kernel.mem.bytes_mut(buffer, some.len() as u64)?.copy_from_slice(some);
    Ok(answer(if some.len() < bytes.len() { STATUS_BUFFER_OVERFLOW } else { STATUS_SUCCESS }))
}

/// A value as an information class lays it out, and the size of the part that always has to fit.
pub(super) fn information(class: u32, name: &str, value: &RegistryValue) -> Option<(Vec<u8>, usize)> {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
    let head = |words: &[[u8; 4]]| words.concat();
    let (title, kind) = ([0; 4], value.kind.to_le_bytes());
    Some(match class {
        KEY_VALUE_BASIC_INFORMATION => {
            let fixed = head(&[title, kind, size(&name)]);
            ([fixed.clone(), name].concat(), fixed.len())
        }
        KEY_VALUE_FULL_INFORMATION => {
            let offset = u32::try_from((20 + name.len()).next_multiple_of(8)).ok()?;
            let fixed = head(&[title, kind, offset.to_le_bytes(), size(&value.data), size(&name)]);
            let mut all = [fixed.clone(), name].concat();
            all.resize(usize::try_from(offset).ok()?, 0);
            all.extend_from_slice(&value.data);
            (all, fixed.len())
        }
        KEY_VALUE_PARTIAL_INFORMATION => {
            let fixed = head(&[title, kind, size(&value.data)]);
            ([fixed.clone(), value.data.clone()].concat(), fixed.len())
        }
        _ => return None,
    })
}

fn set_value(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (handle, name) = (args.get(kernel, 0)?, args.pointer(kernel, 1)?);
    let (kind, buffer, length) = (args.ulong(kernel, 3)?, args.pointer(kernel, 4)?, args.ulong(kernel, 5)?);
    let Some(key) = kernel.io.registry.handles.get(&handle).map(|open| open.key.clone()) else {
        return Ok(answer(STATUS_INVALID_HANDLE));
    };
    let string: UNICODE_STRING = kernel.mem.read(name)?;
    let name = kernel.counted_text(&string)?.to_lowercase();
    if let Some(status) = kernel.fault("ZwSetValueKey") {
        return Ok(answer(status));
    }
    let data = if length == 0 { Vec::new() } else { kernel.mem.bytes(buffer, u64::from(length))?.to_vec() };
    kernel.io.registry.values_mut(&key).insert(name, RegistryValue { kind, data });
    Ok(answer(STATUS_SUCCESS))
}

fn close(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let handle = args.get(kernel, 0)?;
    let Some(open) = kernel.io.registry.handles.remove(&handle) else {
        let thread = kernel.close_thread_handle(handle)?;
        return Ok(answer(if thread { STATUS_SUCCESS } else { STATUS_INVALID_HANDLE }));
    };
    kernel.emit(KeyClosed { key: open.id });
    Ok(answer(STATUS_SUCCESS))
}

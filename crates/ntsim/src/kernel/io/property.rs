//! Device properties.

use crate::{
    abi::{
        GUID,
        status::{
            STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_DEVICE_REQUEST, STATUS_NOT_FOUND,
            STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SUCCESS,
        },
    },
    kernel::{
        Kernel, answer,
        export::{Args, Export, Handler, Returns},
    },
    mem::Addr,
    sched::{APC_LEVEL, PASSIVE_LEVEL},
    stop::Stop,
};

/// `IoGetDeviceProperty` and its newer sibling.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IoGetDeviceProperty",
        "wdm/nf-wdm-iogetdeviceproperty",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INVALID_DEVICE_REQUEST.0, STATUS_OBJECT_NAME_NOT_FOUND.0],
        Handler::Sync(get),
    ),
    Export::new(
        "IoGetDevicePropertyData",
        "wdm/nf-wdm-iogetdevicepropertydata",
        APC_LEVEL,
        Returns::Status,
        &[STATUS_NOT_FOUND.0],
        Handler::Sync(get_data),
    ),
];

/// The type that every property here has.
const DEVPROP_TYPE_BINARY: u32 = 0x1003;

fn get(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (pdo, property) = (args.pointer(kernel, 0)?, args.ulong(kernel, 1)?);
    let (length, buffer) = (args.ulong(kernel, 2)?, args.pointer(kernel, 3)?);
    let out = args.pointer(kernel, 4)?;
    if let Some(status) = kernel.fault("IoGetDeviceProperty") {
        return Ok(answer(status));
    }
    if !kernel.io.devices.contains_key(&pdo) {
        return Ok(answer(STATUS_INVALID_DEVICE_REQUEST));
    }
    let Some(data) = kernel.io.properties.get(&(pdo, property)).cloned() else {
        return Ok(answer(STATUS_OBJECT_NAME_NOT_FOUND));
    };
    give(kernel, &data, buffer, length, out)
}

fn get_data(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (pdo, key) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let (length, buffer) = (args.ulong(kernel, 4)?, args.pointer(kernel, 5)?);
    let (required, kind) = (args.pointer(kernel, 6)?, args.pointer(kernel, 7)?);
    if let Some(status) = kernel.fault("IoGetDevicePropertyData") {
        return Ok(answer(status));
    }
    let category: GUID = kernel.mem.read(key)?;
    let identifier: u32 = kernel.mem.read(key.add(size_of::<GUID>() as u64))?;
    let Some(data) = kernel.io.unified_properties.get(&(pdo, category, identifier)).cloned() else {
        return Ok(answer(STATUS_NOT_FOUND));
    };
    kernel.mem.write(kind, &DEVPROP_TYPE_BINARY)?;
    give(kernel, &data, buffer, length, required)
}

fn give(kernel: &mut Kernel, data: &[u8], buffer: Addr, length: u32, out: Addr) -> Result<u64, Stop> {
    let size = u32::try_from(data.len()).unwrap_or(u32::MAX);
    kernel.mem.write(out, &size)?;
    if length < size {
        return Ok(answer(STATUS_BUFFER_TOO_SMALL));
    }
    if size > 0 {
        kernel.mem.bytes_mut(buffer, u64::from(size))?.copy_from_slice(data);
    }
    Ok(answer(STATUS_SUCCESS))
}

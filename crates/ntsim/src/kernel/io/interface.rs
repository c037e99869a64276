//! Device interfaces.

use nt_trace::{
    ObjectId, ObjectKind,
    event::{InterfaceRegistered, InterfaceStateSet, PoolKind},
};

use crate::{
    abi::{
        GUID, UNICODE_STRING,
        status::{
            STATUS_INVALID_DEVICE_REQUEST, STATUS_OBJECT_NAME_EXISTS, STATUS_OBJECT_NAME_NOT_FOUND,
            STATUS_SUCCESS,
        },
    },
    kernel::{
        Kernel, answer,
        export::{Args, Export, Handler, Returns},
    },
    mem::{Addr, Fill},
    sched::PASSIVE_LEVEL,
    stop::Stop,
};

/// `IoRegisterDeviceInterface` and `IoSetDeviceInterfaceState`.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IoRegisterDeviceInterface",
        "wdm/nf-wdm-ioregisterdeviceinterface",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INVALID_DEVICE_REQUEST.0],
        Handler::Sync(register),
    ),
    Export::new(
        "IoGetDeviceInterfaces",
        "wdm/nf-wdm-iogetdeviceinterfaces",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INVALID_DEVICE_REQUEST.0],
        Handler::Sync(get_interfaces),
    ),
    Export::new(
        "IoSetDeviceInterfaceState",
        "wdm/nf-wdm-iosetdeviceinterfacestate",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_OBJECT_NAME_NOT_FOUND.0],
        Handler::Sync(set_state),
    ),
];

/// A device interface. It outlives the string that the driver got for it.
#[derive(Clone, Copy, Debug)]
pub struct Interface {
    /// The interface's class.
    pub class: GUID,
    /// The physical device object that it was registered for.
    pub pdo: Addr,
    /// Whether user mode can open it.
    pub enabled: bool,
}

impl Kernel {
    /// The enabled interfaces of a class: symbolic link and physical device object.
    #[must_use]
    pub fn enabled_interfaces(&self, class: GUID) -> Vec<(String, Addr)> {
        let enabled = self.io.interfaces.iter().filter(|(_, one)| one.enabled && one.class == class);
        enabled.map(|(link, interface)| (link.clone(), interface.pdo)).collect()
    }

    /// The enabled interfaces of a device, whatever their class.
    #[must_use]
    pub fn enabled_interfaces_of(&self, pdo: Addr) -> Vec<String> {
        let enabled = self.io.interfaces.iter().filter(|(_, one)| one.enabled && one.pdo == pdo);
        enabled.map(|(link, _)| link.clone()).collect()
    }
}

fn register(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (pdo, class) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let (reference, out) = (args.pointer(kernel, 2)?, args.pointer(kernel, 3)?);
    let class: GUID = kernel.mem.read(class)?;
    let name = kernel.object(pdo);
    let known = kernel.io.devices.get(&pdo).is_some_and(|device| device.by != nt_trace::event::Actor::Driver);
    let injected = kernel.fault("IoRegisterDeviceInterface");
    if let Some(status) = injected.or_else(|| (!known).then_some(STATUS_INVALID_DEVICE_REQUEST)) {
        kernel.emit(InterfaceRegistered { interface: ObjectId::NONE, pdo: name, status });
        return Ok(answer(status));
    }
    let suffix = if reference.is_null() {
        String::new()
    } else {
        let string: UNICODE_STRING = kernel.mem.read(reference)?;
        format!("\\{}", kernel.counted_text(&string)?)
    };
    let link = format!("\\??\\USB#{name}#{class}{suffix}");
    let string = kernel.give_string(ObjectKind::Interface, &link)?;
    kernel.mem.write(out, &string)?;
    let interface = kernel.object(string.Buffer);
    // Registering again gives the same interface, in the state that it has.
    kernel.io.interfaces.entry(link).or_insert(Interface { class, pdo, enabled: false });
    kernel.emit(InterfaceRegistered { interface, pdo: name, status: STATUS_SUCCESS });
    Ok(answer(STATUS_SUCCESS))
}

fn set_state(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (name, enable) = (args.pointer(kernel, 0)?, args.byte(kernel, 1)? != 0);
    let string: UNICODE_STRING = kernel.mem.read(name)?;
    let link = kernel.counted_text(&string)?;
    let interface = kernel.object(string.Buffer);
    // Turning an interface off cannot be made to fail: a driver has no answer to that.
    let injected = if enable { kernel.fault("IoSetDeviceInterfaceState") } else { None };
    let status = match (injected, kernel.io.interfaces.get_mut(&link)) {
        (Some(status), _) => status,
        (None, None) => STATUS_OBJECT_NAME_NOT_FOUND,
        (None, Some(found)) => match (enable, std::mem::replace(&mut found.enabled, enable)) {
            (true, true) => STATUS_OBJECT_NAME_EXISTS,
            (false, false) => STATUS_OBJECT_NAME_NOT_FOUND,
            _ => STATUS_SUCCESS,
        },
    };
    kernel.emit(InterfaceStateSet { interface, enable, status });
    Ok(answer(status))
}

/// Gives the links of a class, each with its terminator, and one more at the end. The driver frees the list.
fn get_interfaces(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    const INCLUDE_NONACTIVE: u32 = 1;
    let (class, pdo) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let (flags, out) = (args.ulong(kernel, 2)?, args.pointer(kernel, 3)?);
    let class: GUID = kernel.mem.read(class)?;
    if let Some(status) = kernel.fault("IoGetDeviceInterfaces") {
        return Ok(answer(status));
    }
    let wanted = |one: &Interface| {
        one.class == class
            && (pdo.is_null() || one.pdo == pdo)
            && (one.enabled || flags & INCLUDE_NONACTIVE != 0)
    };
    let links = kernel.io.interfaces.iter().filter(|(_, one)| wanted(one)).map(|(link, _)| link.as_str());
    let list: Vec<u8> =
        links.flat_map(|link| link.encode_utf16().chain([0])).chain([0]).flat_map(u16::to_le_bytes).collect();
    let tag = u32::from_le_bytes(*b"Intf");
    let block = kernel.pool_allocate(PoolKind::Paged, list.len() as u64, tag, Fill::Zero)?;
    kernel.mem.bytes_mut(block, list.len() as u64)?.copy_from_slice(&list);
    kernel.mem.write(out, &block)?;
    Ok(answer(STATUS_SUCCESS))
}

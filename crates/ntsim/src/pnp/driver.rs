//! Loading and unloading the driver.

use nt_trace::{
    NtStatus, ObjectKind,
    event::{Callback, DriverLoaded, DriverUnloaded},
};

use crate::{
    abi::{DRIVER_OBJECT, UNICODE_STRING},
    kernel::callback,
    mem::{Addr, Fill, Request},
    sched::Cpu,
    stop::Stop,
};

/// Makes a driver object and calls `DriverEntry`. Gives what that answered; a driver that failed is not loaded.
///
/// Page: `wdm/nc-wdm-driver_initialize`.
///
/// # Errors
/// When the machine stops.
pub async fn load_driver(cpu: &Cpu, service: &str, entry: Addr) -> Result<NtStatus, Stop> {
    let (driver, path) = {
        let mut kernel = cpu.k();
        let driver = kernel.create_driver(service, entry)?;
        let path = registry_path(&mut kernel, service)?;
        let (id, name) = (kernel.object(driver), kernel.trace.module.clone());
        kernel.emit(DriverLoaded { driver: id, name });
        (driver, path)
    };
    let result = callback::call(cpu, Callback::DriverEntry, entry, &[driver, path]).await?;
    // CAST: an NTSTATUS is the lower half of the register.
    let status = NtStatus(result as u32);
    let mut kernel = cpu.k();
    // The path is the I/O manager's and goes when DriverEntry returns: a driver that wants it copies it.
    kernel.mem.free(path, Addr::NULL)?;
    if status.is_success() {
        kernel.pnp.driver = driver;
    }
    Ok(status)
}

/// `DriverUnload` of the driver, whose devices must be gone.
///
/// Page: `wdm/nc-wdm-driver_unload`.
///
/// # Errors
/// [`Stop::Script`] when it is not loaded, has a device, or cannot be unloaded; else when the machine stops.
pub async fn unload_driver(cpu: &Cpu) -> Result<(), Stop> {
    let (driver, routine) = {
        let kernel = cpu.look();
        let driver = kernel.pnp.driver;
        if driver.is_null() {
            return Err(Stop::Script("the driver is not loaded".into()));
        }
        if let Some((name, _)) = kernel.pnp.nodes.iter().find(|(_, node)| node.state.has_stack()) {
            return Err(Stop::Script(format!("the driver cannot be unloaded: {name} has a stack")));
        }
        (driver, kernel.mem.at::<DRIVER_OBJECT>(driver)?.DriverUnload)
    };
    if routine.is_null() {
        return Err(Stop::Script("the driver has no DriverUnload".into()));
    }
    callback::call(cpu, Callback::Unload, routine, &[driver]).await?;
    let mut kernel = cpu.k();
    kernel.pnp.driver = Addr::NULL;
    let driver = kernel.object(driver);
    kernel.emit(DriverUnloaded { driver });
    Ok(())
}

/// The `RegistryPath` argument: the string and its characters, in one block.
fn registry_path(kernel: &mut crate::kernel::Kernel, service: &str) -> Result<Addr, Stop> {
    const HEADER: u64 = size_of::<UNICODE_STRING>() as u64;
    let text = format!("\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\{service}");
    let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = text.len() as u64;
    let kind = ObjectKind::Pool;
    let request = Request { kind, length: HEADER + length, tag: 0, fill: Fill::Zero, site: Addr::NULL };
    let path = kernel.mem.allocate(request)?;
    let characters = path.add(HEADER);
    kernel.mem.bytes_mut(characters, length)?.copy_from_slice(&text);
    let bytes = u16::try_from(length).unwrap_or(0);
    *kernel.mem.at_mut(path)? = UNICODE_STRING::new(bytes, bytes, characters);
    Ok(path)
}

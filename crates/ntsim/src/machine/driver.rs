//! The driver in a life: its driver object, DriverEntry and DriverUnload.

use nt_trace::{
    NtStatus, ObjectKind,
    event::{Callback, DispatchTable, DriverLoaded, DriverUnloaded},
};

use crate::{
    abi::{DRIVER_EXTENSION, DRIVER_OBJECT, UNICODE_STRING},
    kernel::{Kernel, callback, io::HOST_ROUTINE},
    mem::{Addr, Fill, Protection, Request},
    ndis,
    sched::Cpu,
    stop::Stop,
};

/// Makes the driver object and calls DriverEntry. A driver that refuses is searched for leaks at once: its
/// DriverUnload is not called.
///
/// # Errors
/// When the machine stops.
pub async fn load(cpu: &Cpu, name: &str, entry: Addr) -> Result<Result<Addr, NtStatus>, Stop> {
    let (driver, path) = {
        let mut kernel = cpu.k();
        if let Some(installation) = kernel.installation.clone() {
            kernel.io.registry.add_service(&installation);
        }
        let driver = kernel.create_driver(name, entry)?;
        let path = registry_path(&mut kernel, name)?;
        let module = kernel.trace.module.clone();
        let id = kernel.object(driver);
        kernel.emit(DriverLoaded { driver: id, name: module });
        (driver, path)
    };
    let value = callback::call(cpu, Callback::DriverEntry, entry, &[driver, path]).await?;
    let status = callback::low_half(value);
    let mut kernel = cpu.k();
    // The I/O manager frees the path when DriverEntry returns: whoever kept the pointer faults.
    kernel.mem.free(path, Addr::NULL)?;
    if !status.is_success() {
        kernel.check_leaks();
        return Ok(Err(status));
    }
    discard(&mut kernel)?;
    tell_dispatch_table(&mut kernel, driver)?;
    Ok(Ok(driver))
}

/// Takes the parts of the image away that were for DriverEntry only.
fn discard(kernel: &mut Kernel) -> Result<(), Stop> {
    for part in kernel.discardable.clone() {
        kernel.mem.protect_image(part.start, part.end.0 - part.start.0, Protection::None)?;
    }
    Ok(())
}

/// What DriverEntry left in the driver object.
fn tell_dispatch_table(kernel: &mut Kernel, driver: Addr) -> Result<(), Stop> {
    let mut majors = 0;
    for major in 0..28 {
        if !kernel.dispatch_routine(driver, major)?.is_null() {
            majors |= 1 << major;
        }
    }
    let extension = kernel.mem.at::<DRIVER_OBJECT>(driver)?.DriverExtension;
    let add_device = !kernel.mem.at::<DRIVER_EXTENSION>(extension)?.AddDevice.is_null();
    let driver = kernel.object(driver);
    kernel.emit(DispatchTable { driver, majors, add_device });
    Ok(())
}

/// The counted string that DriverEntry gets, in one block with its text. It is valid during the call only.
fn registry_path(kernel: &mut Kernel, name: &str) -> Result<Addr, Stop> {
    let text: Vec<u16> =
        format!("\\Registry\\Machine\\System\\CurrentControlSet\\Services\\{name}").encode_utf16().collect();
    let header = size_of::<UNICODE_STRING>() as u64;
    let bytes = text.len() as u64 * 2;
    let request =
        Request { kind: ObjectKind::Key, length: header + bytes, tag: 0, fill: Fill::Zero, site: Addr::NULL };
    let block = kernel.mem.allocate(request)?;
    for (index, unit) in text.iter().enumerate() {
        kernel.mem.write(block.add(header + index as u64 * 2), unit)?;
    }
    let length = u16::try_from(bytes).map_err(|_| Stop::Host("the driver's name is too long".into()))?;
    *kernel.mem.at_mut(block)? = UNICODE_STRING::new(length, length, block.add(header));
    Ok(block)
}

/// Calls DriverUnload. A driver without one cannot be unloaded, and stays.
///
/// # Errors
/// When the machine stops.
pub async fn unload(cpu: &Cpu, driver: Addr) -> Result<(), Stop> {
    let routine = cpu.look().mem.at::<DRIVER_OBJECT>(driver)?.DriverUnload;
    if routine.is_null() {
        return Ok(());
    }
    if routine == HOST_ROUTINE {
        ndis::unload(cpu, driver).await?;
    } else {
        callback::call(cpu, Callback::Unload, routine, &[driver]).await?;
    }
    let mut kernel = cpu.k();
    kernel.check_pending_at_unload();
    kernel.wmi_check_unloaded()?;
    let id = kernel.object(driver);
    kernel.emit(DriverUnloaded { driver: id });
    kernel.check_leaks();
    Ok(())
}

//! Names of device objects, and symbolic links to them.

use std::collections::BTreeMap;

use nt_trace::{
    ObjectId,
    event::{Actor, DeviceAttached},
};

use super::user;
use crate::{
    abi::{
        UNICODE_STRING,
        status::{
            STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_SUCH_DEVICE, STATUS_OBJECT_NAME_COLLISION,
            STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SUCCESS,
        },
    },
    kernel::{
        Kernel, answer,
        export::{Args, Export, Handler, Returns, RoutineFuture},
    },
    mem::Addr,
    sched::{Cpu, PASSIVE_LEVEL},
    stop::Stop,
};

/// `IoCreateSymbolicLink` and what finds a device by its name.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IoCreateSymbolicLink",
        "wdm/nf-wdm-iocreatesymboliclink",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INSUFFICIENT_RESOURCES.0, STATUS_OBJECT_NAME_COLLISION.0],
        Handler::Sync(|k, a| create_link(k, a, "IoCreateSymbolicLink")),
    ),
    Export::new(
        "IoCreateUnprotectedSymbolicLink",
        "wdm/nf-wdm-iocreateunprotectedsymboliclink",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INSUFFICIENT_RESOURCES.0, STATUS_OBJECT_NAME_COLLISION.0],
        Handler::Sync(|k, a| create_link(k, a, "IoCreateUnprotectedSymbolicLink")),
    ),
    Export::new(
        "IoDeleteSymbolicLink",
        "wdm/nf-wdm-iodeletesymboliclink",
        PASSIVE_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(delete_link),
    ),
    Export::new(
        "IoGetDeviceObjectPointer",
        "wdm/nf-wdm-iogetdeviceobjectpointer",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_OBJECT_NAME_NOT_FOUND.0, STATUS_INSUFFICIENT_RESOURCES.0],
        Handler::Async(device_object_pointer),
    ),
    Export::new(
        "IoAttachDevice",
        "wdm/nf-wdm-ioattachdevice",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_OBJECT_NAME_NOT_FOUND.0, STATUS_INSUFFICIENT_RESOURCES.0],
        Handler::Sync(attach_device),
    ),
];

/// What the object manager knows. Names do not depend on case.
#[derive(Debug, Default)]
pub struct Names {
    /// Device objects that were created with a name.
    devices: BTreeMap<String, Addr>,
    /// Links and what they stand for.
    links: BTreeMap<String, String>,
}

/// How many links are followed before a name is taken for one that leads nowhere.
const MOST_LINKS: u32 = 8;

/// A name as it is looked up: `\DosDevices\` is another name of `\??\`.
fn canonical(name: &str) -> String {
    let name = name.to_uppercase();
    name.strip_prefix("\\DOSDEVICES\\").map_or_else(|| name.clone(), |rest| format!("\\??\\{rest}"))
}

impl Kernel {
    fn name_at(&self, at: Addr) -> Result<String, Stop> {
        let string: UNICODE_STRING = self.mem.read(at)?;
        self.counted_text(&string)
    }

    /// Whether a name is that of a device object or of a link. NULL for none.
    ///
    /// # Errors
    /// When the string is not the driver's memory.
    pub(super) fn is_name_taken(&self, name: Addr) -> Result<bool, Stop> {
        if name.is_null() {
            return Ok(false);
        }
        let name = canonical(&self.name_at(name)?);
        Ok(self.io.names.devices.contains_key(&name) || self.io.names.links.contains_key(&name))
    }

    /// Gives a device object its name. NULL for none.
    ///
    /// # Errors
    /// When the string is not the driver's memory.
    pub(super) fn name_device(&mut self, device: Addr, name: Addr) -> Result<(), Stop> {
        if !name.is_null() {
            let name = canonical(&self.name_at(name)?);
            self.io.names.devices.insert(name, device);
        }
        Ok(())
    }

    /// A device object is deleted: its name is free.
    pub(super) fn forget_name(&mut self, device: Addr) {
        self.io.names.devices.retain(|_, named| *named != device);
    }

    /// The device object that a name leads to.
    fn device_by_name(&self, name: &str) -> Option<Addr> {
        let mut name = canonical(name);
        for _ in 0..MOST_LINKS {
            let Some(target) = self.io.names.links.get(&name) else { break };
            name = canonical(target);
        }
        self.io.names.devices.get(&name).copied()
    }

    /// Symbolic links that are left.
    pub(in crate::kernel) fn links_left(&self) -> Vec<String> {
        self.io.names.links.keys().cloned().collect()
    }
}

fn create_link(kernel: &mut Kernel, args: Args, routine: &'static str) -> Result<u64, Stop> {
    let (link, target) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    if let Some(status) = kernel.fault(routine) {
        return Ok(answer(status));
    }
    if kernel.is_name_taken(link)? {
        return Ok(answer(STATUS_OBJECT_NAME_COLLISION));
    }
    let (link, target) = (kernel.name_at(link)?, kernel.name_at(target)?);
    if !link.starts_with('\\') || !target.starts_with('\\') {
        return Ok(answer(STATUS_OBJECT_NAME_INVALID));
    }
    kernel.io.names.links.insert(canonical(&link), target);
    Ok(answer(STATUS_SUCCESS))
}

fn delete_link(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let link = args.pointer(kernel, 0)?;
    let link = canonical(&kernel.name_at(link)?);
    let known = kernel.io.names.links.remove(&link).is_some();
    Ok(answer(if known { STATUS_SUCCESS } else { STATUS_OBJECT_NAME_NOT_FOUND }))
}

/// The stack gets CREATE, and CLEANUP at once, because the handle is closed again. The file object stays until the
/// driver dereferences it; then comes CLOSE.
fn device_object_pointer(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let (device, access, file_out, device_out) = {
            let mut kernel = cpu.k();
            if let Some(status) = kernel.fault("IoGetDeviceObjectPointer") {
                return Ok(answer(status));
            }
            let name = args.pointer(&kernel, 0)?;
            let name = kernel.name_at(name)?;
            let Some(device) = kernel.device_by_name(&name) else {
                return Ok(answer(STATUS_OBJECT_NAME_NOT_FOUND));
            };
            let (access, file_out) = (args.ulong(&kernel, 1)?, args.pointer(&kernel, 2)?);
            (device, access, file_out, args.pointer(&kernel, 3)?)
        };
        // FILE_READ_DATA and FILE_WRITE_DATA are the bits that handles know.
        let opened =
            user::open(&cpu, user::Process(0), device, access & (user::READ | user::WRITE), "").await?;
        let handle = match opened {
            Ok(handle) => handle,
            Err(status) => return Ok(answer(status)),
        };
        {
            let mut kernel = cpu.k();
            let file = kernel.file_of(handle);
            kernel.driver_reference(file)?;
            let top = kernel.top_of_stack(device)?;
            kernel.mem.write(file_out, &file)?;
            kernel.mem.write(device_out, &top)?;
        }
        user::close(&cpu, handle).await?;
        Ok(answer(STATUS_SUCCESS))
    })
}

fn attach_device(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (source, name) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let out = args.pointer(kernel, 2)?;
    let name = kernel.name_at(name)?;
    let target = kernel.device_by_name(&name);
    let injected = kernel.fault("IoAttachDevice");
    let (None, Some(target)) = (injected, target) else {
        let device = kernel.object(source);
        kernel.emit(DeviceAttached { device, by: Actor::Driver, to: ObjectId::NONE, target: ObjectId::NONE });
        return Ok(answer(injected.unwrap_or(STATUS_OBJECT_NAME_NOT_FOUND)));
    };
    let attached = kernel.attach_device(source, target)?;
    kernel.mem.write(out, &attached.unwrap_or(Addr::NULL))?;
    Ok(answer(if attached.is_some() { STATUS_SUCCESS } else { STATUS_NO_SUCH_DEVICE }))
}

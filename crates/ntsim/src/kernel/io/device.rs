//! Device objects and device stacks.

use std::{fmt, rc::Rc};

use nt_trace::{
    ObjectId, ObjectKind,
    event::{Actor, DeviceAttached, DeviceCreated, DeviceDeleted, DeviceDetached},
};

use super::SimDriver;
use crate::{
    abi::{
        DEVICE_OBJECT, DEVOBJ_EXTENSION, DRIVER_OBJECT, LIST_ENTRY,
        device_flags::{DO_DEVICE_INITIALIZING, DO_EXCLUSIVE, DOE_DELETE_PENDING},
    },
    kernel::{
        Kernel,
        bug_check::{OVERWRITTEN, verifier, verifier_io},
    },
    mem::{Addr, BadAccess, Fill, Request},
    stop::Stop,
};

/// Size of the I/O manager's part, which lies before the device object in its allocation, where a driver
/// that writes beyond its extension does not reach it.
const PREFIX: u64 = size_of::<DEVOBJ_EXTENSION>() as u64;

/// What to create.
#[derive(Clone)]
pub struct DeviceSpec {
    /// Its driver object.
    pub driver: Addr,
    /// Whose it is, for the trace.
    pub by: Actor,
    /// The code behind it, for a driver of the simulator's own.
    pub sim: Option<Rc<dyn SimDriver>>,
    /// Size of the device extension in bytes.
    pub extension: u64,
    /// `FILE_DEVICE_*`
    pub device_type: u32,
    /// `FILE_*` characteristics.
    pub characteristics: u32,
    /// Whether only one handle may be open.
    pub exclusive: bool,
}

impl fmt::Debug for DeviceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceSpec")
            .field("driver", &self.driver)
            .field("by", &self.by)
            .finish_non_exhaustive()
    }
}

/// A device object.
#[derive(Clone)]
pub struct Device {
    /// Its name in the trace.
    pub id: ObjectId,
    /// Its driver object.
    pub driver: Addr,
    /// Whose it is.
    pub by: Actor,
    /// The code behind it, for a driver of the simulator's own.
    pub sim: Option<Rc<dyn SimDriver>>,
    /// References that keep its memory after it was deleted.
    pub references: u32,
    /// References that the driver under test took and has not given back.
    pub driver_references: u32,
    /// Where the call that took the latest of them returns to.
    pub referenced_at: Addr,
    /// `IoDeleteDevice` was called.
    pub deleted: bool,
    /// Its `Flags` when they were compared last.
    pub flags_seen: u32,
    /// Where the creating call returns to.
    pub site: Addr,
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("id", &self.id).field("deleted", &self.deleted).finish_non_exhaustive()
    }
}

impl Kernel {
    /// Creates a device object. It is initialising; a driver of the simulator's own is expected to be ready
    /// at once, so its object is not.
    ///
    /// # Errors
    /// When the host refuses memory.
    pub fn create_device(&mut self, spec: &DeviceSpec) -> Result<Addr, Stop> {
        let object = size_of::<DEVICE_OBJECT>() as u64;
        let length = PREFIX + object + spec.extension;
        let site = self.site();
        let request = Request { kind: ObjectKind::Device, length, tag: 0, fill: Fill::Zero, site };
        let base = self.mem.allocate(request)?;
        let device = base.add(PREFIX);
        let id = self.object(device);
        let next =
            std::mem::replace(&mut self.mem.at_mut::<DRIVER_OBJECT>(spec.driver)?.DeviceObject, device);
        let initializing = if spec.sim.is_some() { 0 } else { DO_DEVICE_INITIALIZING };
        let exclusive = if spec.exclusive { DO_EXCLUSIVE } else { 0 };
        let memory: &mut DEVICE_OBJECT = self.mem.at_mut(device)?;
        memory.Type = DEVICE_OBJECT::TYPE;
        memory.Size = u16::try_from(object + spec.extension).unwrap_or(u16::MAX);
        memory.DriverObject = spec.driver;
        memory.NextDevice = next;
        memory.Flags = initializing | exclusive;
        memory.Characteristics = spec.characteristics;
        memory.DeviceExtension = if spec.extension == 0 { Addr::NULL } else { device.add(object) };
        memory.DeviceType = spec.device_type;
        memory.StackSize = 1;
        let list = device.field(std::mem::offset_of!(DEVICE_OBJECT, Queue));
        let [flink, blink, ..] = &mut memory.Queue;
        (*flink, *blink) = (list.0, list.0);
        let list = device.field(std::mem::offset_of!(DEVICE_OBJECT, DeviceQueue) + 8);
        memory.DeviceQueue.DeviceListHead = LIST_ENTRY::empty(list);
        memory.DeviceObjectExtension = base;
        let flags = memory.Flags;
        let own: &mut DEVOBJ_EXTENSION = self.mem.at_mut(base)?;
        own.Type = 13;
        own.Size = u16::try_from(PREFIX).unwrap_or(0);
        own.DeviceObject = device;
        let driver = self.object(spec.driver);
        let record = Device {
            id,
            driver: spec.driver,
            by: spec.by,
            sim: spec.sim.clone(),
            references: 0,
            driver_references: 0,
            referenced_at: Addr::NULL,
            deleted: false,
            flags_seen: flags,
            site,
        };
        self.io.devices.insert(device, record);
        if spec.by == Actor::Driver {
            self.io.driver_devices.push(device);
        }
        let device_type = spec.device_type;
        self.emit(DeviceCreated { device: id, driver, by: spec.by, device_type, flags });
        Ok(device)
    }

    /// `IoAttachDeviceToDeviceStack`: puts `device` on top of the stack that `target` is in. Gives the device
    /// object attached to; none when the top one is being deleted or is not initialised.
    ///
    /// # Errors
    /// When one of them is no device object.
    pub fn attach_device(&mut self, device: Addr, target: Addr) -> Result<Option<Addr>, Stop> {
        let top = self.top_of_stack(target)?;
        let refused = self.device_flags(top)? & DO_DEVICE_INITIALIZING != 0
            || self.io.devices.get(&top).is_none_or(|record| record.deleted);
        let lower = *self.mem.at::<DEVICE_OBJECT>(top)?;
        if !refused {
            self.mem.at_mut::<DEVICE_OBJECT>(top)?.AttachedDevice = device;
            let own: &mut DEVICE_OBJECT = self.mem.at_mut(device)?;
            own.StackSize = lower.StackSize.saturating_add(1);
            own.AlignmentRequirement = lower.AlignmentRequirement;
            own.SectorSize = lower.SectorSize;
            let extension = own.DeviceObjectExtension;
            self.mem.at_mut::<DEVOBJ_EXTENSION>(extension)?.AttachedTo = top;
        }
        let by = self.actor_of(device);
        let to = if refused { ObjectId::NONE } else { self.object(top) };
        let (device, target) = (self.object(device), self.object(target));
        self.emit(DeviceAttached { device, to, target, by });
        Ok((!refused).then_some(top))
    }

    /// `IoDetachDevice`: takes the device object that is attached to `lower` off it.
    ///
    /// # Errors
    /// When `lower` is no device object, or nothing is attached to it (0xC9/0x202).
    pub fn detach_device(&mut self, lower: Addr) -> Result<(), Stop> {
        let memory: &mut DEVICE_OBJECT = self.mem.at_mut(lower)?;
        let upper = std::mem::replace(&mut memory.AttachedDevice, Addr::NULL);
        let by = if upper.is_null() { Actor::Driver } else { self.actor_of(upper) };
        let (from, device) = (self.object(lower), self.object(upper));
        self.emit(DeviceDetached { from, device, by });
        if upper.is_null() {
            let text = format!("IoDetachDevice of {from}, to which nothing is attached");
            return Err(verifier_io(0x202, text));
        }
        let extension = self.mem.at::<DEVICE_OBJECT>(upper)?.DeviceObjectExtension;
        self.mem.at_mut::<DEVOBJ_EXTENSION>(extension)?.AttachedTo = Addr::NULL;
        self.free_device_if_unused(lower)
    }

    /// `IoDeleteDevice`: the driver may not touch it from here on. Its memory goes when nothing refers to it.
    ///
    /// # Errors
    /// When it is no device object, or was deleted before (0xC9/0x240).
    pub fn delete_device(&mut self, device: Addr) -> Result<(), Stop> {
        let by = self.actor_of(device);
        let id = self.object(device);
        self.sync_thread();
        self.emit(DeviceDeleted { device: id, by });
        let Some(record) = self.io.devices.get_mut(&device) else {
            let text = format!("IoDeleteDevice of {device}, which is no device object");
            return Err(verifier_io(0x04, text));
        };
        if record.deleted {
            let text = format!("IoDeleteDevice of {id}, which was deleted before");
            return Err(verifier_io(0x240, text));
        }
        record.deleted = true;
        let driver = record.driver;
        self.wmi_check_deleted(device)?;
        if let Some(lower) = self.attached_to(device) {
            let text = format!("IoDeleteDevice of {id}, which is still attached to {}", self.object(lower));
            return Err(verifier_io(0x201, text));
        }
        self.forget_name(device);
        self.io.told_of_shutdown.retain(|told| *told != device);
        self.unlink_from_driver(driver, device)?;
        let base = self.mem.at::<DEVICE_OBJECT>(device)?.DeviceObjectExtension;
        self.mem.at_mut::<DEVOBJ_EXTENSION>(base)?.ExtensionFlags |= DOE_DELETE_PENDING;
        self.io.driver_devices.retain(|known| *known != device);
        if by == Actor::Driver {
            let size = self.mem.at::<DEVICE_OBJECT>(device)?.Size;
            self.check_no_timer_in(device, u64::from(size))?;
            // Windows would let it go on. The driver's page says not to touch it again.
            self.mem.set_revoked(base, true);
        }
        self.free_device_if_unused(device)
    }

    fn unlink_from_driver(&mut self, driver: Addr, device: Addr) -> Result<(), Stop> {
        let next = self.mem.at::<DEVICE_OBJECT>(device)?.NextDevice;
        let head = self.mem.at::<DRIVER_OBJECT>(driver)?.DeviceObject;
        if head == device {
            self.mem.at_mut::<DRIVER_OBJECT>(driver)?.DeviceObject = next;
            return Ok(());
        }
        let mut at = head;
        while !at.is_null() {
            let following = self.mem.at::<DEVICE_OBJECT>(at)?.NextDevice;
            if following == device {
                self.mem.at_mut::<DEVICE_OBJECT>(at)?.NextDevice = next;
                return Ok(());
            }
            at = following;
        }
        Ok(())
    }

    /// Frees a deleted device object that nothing refers to and nothing is attached to.
    pub(super) fn free_device_if_unused(&mut self, device: Addr) -> Result<(), Stop> {
        let Some(record) = self.io.devices.get(&device) else { return Ok(()) };
        let memory = self.mem.at::<DEVICE_OBJECT>(device)?;
        let used = record.references > 0 || memory.ReferenceCount > 0 || !memory.AttachedDevice.is_null();
        if !record.deleted || used {
            return Ok(());
        }
        self.io.devices.remove(&device);
        let freed = self.mem.free(device.sub(PREFIX), self.site())?;
        if freed.intact {
            return Ok(());
        }
        let text = format!("the bytes around {} and its extension were overwritten", freed.object.id);
        Err(verifier(OVERWRITTEN, text))
    }

    /// Takes or gives back a reference to a device object that keeps its memory.
    ///
    /// # Errors
    /// When it is no device object.
    pub fn reference_device(&mut self, device: Addr, taken: bool) -> Result<(), Stop> {
        if let Some(record) = self.io.devices.get_mut(&device) {
            record.references =
                if taken { record.references + 1 } else { record.references.saturating_sub(1) };
        }
        if taken { Ok(()) } else { self.free_device_if_unused(device) }
    }

    /// The topmost device object of the stack that `device` is in.
    ///
    /// # Errors
    /// When it is no device object.
    pub fn top_of_stack(&self, device: Addr) -> Result<Addr, BadAccess> {
        let mut top = device;
        loop {
            let above = self.mem.at::<DEVICE_OBJECT>(top)?.AttachedDevice;
            if above.is_null() {
                return Ok(top);
            }
            top = above;
        }
    }

    /// The device object that `device` is attached to.
    #[must_use]
    pub fn attached_to(&self, device: Addr) -> Option<Addr> {
        let extension = self.mem.at::<DEVICE_OBJECT>(device).ok()?.DeviceObjectExtension;
        let lower = self.mem.at::<DEVOBJ_EXTENSION>(extension).ok()?.AttachedTo;
        (!lower.is_null()).then_some(lower)
    }

    /// The lowest device object of the stack that `device` is in.
    #[must_use]
    pub fn bottom_of_stack(&self, device: Addr) -> Addr {
        let mut bottom = device;
        while let Some(lower) = self.attached_to(bottom) {
            bottom = lower;
        }
        bottom
    }

    /// `Flags` of a device object.
    ///
    /// # Errors
    /// When it is no device object.
    pub fn device_flags(&self, device: Addr) -> Result<u32, BadAccess> {
        Ok(self.mem.at::<DEVICE_OBJECT>(device)?.Flags)
    }

    /// Sets and clears `Flags` of a device object of the simulator's own.
    ///
    /// # Errors
    /// When it is no device object.
    pub fn set_device_flags(&mut self, device: Addr, set: u32, clear: u32) -> Result<(), BadAccess> {
        let memory: &mut DEVICE_OBJECT = self.mem.at_mut(device)?;
        memory.Flags = (memory.Flags | set) & !clear;
        let flags = memory.Flags;
        if let Some(record) = self.io.devices.get_mut(&device) {
            record.flags_seen = flags;
        }
        Ok(())
    }

    /// Whose device object it is.
    #[must_use]
    pub fn actor_of(&self, device: Addr) -> Actor {
        self.io.devices.get(&device).map_or(Actor::System, |record| record.by)
    }
}

//! The root device.

mod control;
mod pnp;

use alloc::{sync::Arc, vec::Vec};

use wdk_sys::{
    FILE_DEVICE_BUS_EXTENDER, IRP_MJ_CLEANUP, IRP_MJ_CLOSE, IRP_MJ_CREATE, IRP_MJ_DEVICE_CONTROL,
    IRP_MJ_SYSTEM_CONTROL,
};

use crate::{
    child::{Child, Told},
    entry::{PNP, POWER},
    nt::{
        device::{Deleted, Device, DeviceInterface, Driver},
        irp::Irp,
        lock::SpinLock,
        status::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST, STATUS_NO_SUCH_DEVICE, STATUS_SUCCESS},
    },
    role::Role,
};

/// The root device.
pub struct Bus {
    pub driver: Driver,
    /// What the PnP manager knows it by.
    pub physical: Device,
    known: SpinLock<Known>,
}

/// What changes.
#[derive(Default)]
struct Known {
    /// Its functional device object, and the one below.
    attached: Option<(Device, Device)>,
    interface: Option<DeviceInterface>,
    /// Children whose REMOVE is not over.
    children: Vec<Arc<Child>>,
    /// How often a number's REMOVE was over.
    removals: Vec<(u32, u32)>,
    /// Physical device objects that the drivers above may still be about to detach from.
    deleted: Vec<Deleted>,
}

/// `AddDevice`
pub fn add(driver: Driver, physical: Device) -> NTSTATUS {
    let bus = Arc::new(Bus { driver, physical, known: SpinLock::new(Known::default()) });
    let device = match driver.create(FILE_DEVICE_BUS_EXTENDER, false, Role::Bus(Arc::clone(&bus))) {
        Ok(device) => device,
        Err(status) => return status,
    };
    let Some(lower) = device.attach(physical) else {
        drop(device.delete());
        return STATUS_NO_SUCH_DEVICE;
    };
    bus.known.lock().attached = Some((device, lower));
    device.set_buffered();
    device.initialised();
    STATUS_SUCCESS
}

/// A request to the root device.
pub fn dispatch(bus: &Arc<Bus>, irp: Irp) -> NTSTATUS {
    let major = irp.major();
    let Some((device, lower)) = bus.known.lock().attached else {
        return irp.complete(STATUS_NO_SUCH_DEVICE);
    };
    match u32::from(major) {
        _ if major == PNP => pnp::dispatch(bus, irp, device, lower),
        IRP_MJ_SYSTEM_CONTROL => irp.pass_down(lower),
        _ if major == POWER => irp.pass_down(lower),
        IRP_MJ_CREATE | IRP_MJ_CLEANUP | IRP_MJ_CLOSE => irp.complete(STATUS_SUCCESS),
        IRP_MJ_DEVICE_CONTROL => control::dispatch(bus, irp, device),
        _ => irp.complete(STATUS_INVALID_DEVICE_REQUEST),
    }
}

impl Bus {
    /// The children whose REMOVE is not over.
    pub fn children(&self) -> Vec<Arc<Child>> {
        self.known.lock().children.clone()
    }

    /// The latest child of a number that lives.
    pub fn child(&self, number: u32) -> Option<Arc<Child>> {
        self.known.lock().children.iter().rev().find(|child| child.number == number).cloned()
    }

    /// How often this number's REMOVE was over.
    pub fn removals(&self, number: u32) -> u32 {
        let known = self.known.lock();
        known.removals.iter().find(|(known, _)| *known == number).map_or(0, |(_, count)| *count)
    }

    /// A child is there.
    pub fn enter(&self, child: Arc<Child>) {
        self.known.lock().children.push(child);
    }

    /// A child's REMOVE is over.
    pub fn removed(&self, child: &Child) {
        let mut known = self.known.lock();
        match known.removals.iter_mut().find(|(number, _)| *number == child.number) {
            Some((_, count)) => *count += 1,
            None => known.removals.push((child.number, 1)),
        }
    }

    /// A child is no more, and its successor of the same number may come.
    pub fn left(&self, child: &Child, deleted: Deleted) {
        {
            let mut known = self.known.lock();
            known.children.retain(|other| !core::ptr::eq(Arc::as_ptr(other), child));
            known.deleted.push(deleted);
        }
        if self.child(child.number).is_some() {
            self.physical.children_changed();
        }
    }

    /// A device object is deleted that the PnP thread may still look at.
    pub fn bury_later(&self, deleted: Deleted) {
        self.known.lock().deleted.push(deleted);
    }

    /// The PnP thread is here again, so it is through with those that were removed before.
    fn bury(&self) {
        let deleted = core::mem::take(&mut self.known.lock().deleted);
        drop(deleted);
    }

    /// The children that are reported: those that are there, one of each number. The successor of one that still waits
    /// for its REMOVE waits as well, as Windows builds no second stack for the same instance. One that has gone before it
    /// was ever reported goes now.
    fn report(&self) -> Vec<Device> {
        let children = self.children();
        let mut reported = Vec::new();
        for child in &children {
            let before = children.iter().take_while(|other| !Arc::ptr_eq(other, child));
            let is_first = !before.into_iter().any(|other| other.number == child.number);
            let is_there = child.is_there();
            if is_first && is_there {
                reported.push(child.physical());
            }
            if child.tell(is_first && is_there) == Told::Nothing && !is_there {
                self.left(child, child.delete());
            }
        }
        reported
    }
}

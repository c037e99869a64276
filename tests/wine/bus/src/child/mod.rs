//! A child: a plugged device, and its physical device object.

mod identity;
mod pnp;
mod power;

use alloc::{string::String, sync::Arc};
use core::{
    ptr,
    sync::atomic::{AtomicPtr, Ordering},
};

use usb_models::{Poke, registry};
use wdk_sys::{
    DEVICE_OBJECT, FILE_DEVICE_UNKNOWN, IRP_MJ_CLEANUP, IRP_MJ_CLOSE, IRP_MJ_CREATE,
    IRP_MJ_INTERNAL_DEVICE_CONTROL, IRP_MJ_SYSTEM_CONTROL,
};

use crate::{
    bus::Bus,
    entry::{PNP, POWER},
    filter,
    nt::{
        device::{Deleted, Device},
        event::Event,
        irp::Irp,
        lock::SpinLock,
        status::{
            NTSTATUS, STATUS_DEVICE_NOT_CONNECTED, STATUS_INSUFFICIENT_RESOURCES,
            STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER, STATUS_OBJECT_NAME_NOT_FOUND,
            STATUS_SUCCESS,
        },
        time,
    },
    protocol::{Plug, State},
    role::Role,
    usb::{self, Usb, engine},
};
use identity::Identity;

/// A child.
pub struct Child {
    /// The runner's name for it, and its instance identifier.
    pub number: u32,
    pub bus: Arc<Bus>,
    /// The model's name.
    name: String,
    fails_start: bool,
    identity: Identity,
    physical: AtomicPtr<DEVICE_OBJECT>,
    /// Set when the PnP manager is through with its START.
    pub started: Event,
    /// Set while no file is open on its stack.
    pub closed: Event,
    pub gate: SpinLock<Gate>,
}

/// What the child's lock guards.
pub struct Gate {
    pub life: Life,
    pub usb: Usb,
    pub filter: filter::Known,
}

/// Where a child is in its life.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// It is to be reported to the PnP manager.
    pub is_there: bool,
    /// It was removed in an orderly way, and what Wine sends in between is not passed on.
    pub is_ejected: bool,
    pub told: Told,
    pub start: Start,
    /// PnP requests that have reached the physical device object: a bit for each minor function. The filter clears what it
    /// wants to know.
    pub reached: u32,
}

/// What the PnP manager was told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nothing yet: it knows no such device.
    Nothing,
    /// That it is there.
    There,
    /// That it is no more: with the next REMOVE its physical device object goes.
    Gone,
}

/// What became of its START.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// None has come.
    None,
    /// It has come, and the drivers above are at it.
    Running,
    /// The PnP manager is through with it.
    Over,
    /// It has failed, and REMOVE has followed.
    Failed,
}

impl Child {
    /// Plugs a device in: the model of a name.
    ///
    /// # Errors
    ///
    /// There is no such model, no memory, or the kernel's.
    pub fn plug(bus: &Arc<Bus>, name: &str, number: u32, flags: u32) -> Result<Arc<Self>, NTSTATUS> {
        let model = registry::by_name(name).map_err(|error| match error {
            registry::ModelError::OutOfMemory => STATUS_INSUFFICIENT_RESOURCES,
            _ => STATUS_OBJECT_NAME_NOT_FOUND,
        })?;
        let life =
            Life { is_there: true, is_ejected: false, told: Told::Nothing, start: Start::None, reached: 0 };
        let child = Arc::new(Self {
            number,
            bus: Arc::clone(bus),
            name: name.into(),
            fails_start: flags & Plug::FAIL_START != 0,
            identity: Identity::of(&*model),
            physical: AtomicPtr::new(ptr::null_mut()),
            started: Event::notification(false),
            closed: Event::notification(true),
            gate: SpinLock::new(Gate { life, usb: Usb::new(model), filter: filter::Known::default() }),
        });
        let device = bus.driver.create(FILE_DEVICE_UNKNOWN, true, Role::Child(Arc::clone(&child)))?;
        child.physical.store(device.as_ptr(), Ordering::Release);
        device.set_buffered();
        device.initialised();
        engine::watch(Arc::clone(&child));
        Ok(child)
    }

    /// The same device is plugged in again. The PnP manager is yet to be told.
    pub fn replug(&self) -> NTSTATUS {
        match Self::plug(&self.bus, &self.name, self.number, 0) {
            Ok(child) => {
                self.bus.enter(child);
                STATUS_SUCCESS
            }
            Err(status) => status,
        }
    }

    /// Its physical device object.
    pub fn physical(&self) -> Device {
        // There from its making on; until then nobody else knows the child.
        Device::of(self.physical.load(Ordering::Acquire)).unwrap_or(self.bus.physical)
    }

    /// Whether it is to be reported to the PnP manager.
    pub fn is_there(&self) -> bool {
        self.gate.lock().life.is_there
    }

    /// The PnP manager is told whether it is there. Gives what it is told from now on.
    pub fn tell(&self, reported: bool) -> Told {
        let mut gate = self.gate.lock();
        gate.life.told = match (reported, gate.life.told) {
            (true, _) => Told::There,
            (false, Told::Nothing) => Told::Nothing,
            (false, _) => Told::Gone,
        };
        gate.life.told
    }

    /// The plug is pulled: what is in flight ends.
    pub fn pull(&self) {
        {
            let mut gate = self.gate.lock();
            gate.life.is_there = false;
            gate.usb.unplug(time::now());
        }
        engine::kick();
    }

    /// It is to be removed in an orderly way.
    pub fn eject(&self) {
        let mut gate = self.gate.lock();
        gate.life.is_there = false;
        gate.life.is_ejected = true;
    }

    /// The device is no longer reported, though nobody pulled it: a surprise for its drivers.
    pub fn vanish(&self) {
        self.gate.lock().life.is_there = false;
        self.bus.physical.children_changed();
    }

    /// The filter passes user buffers as the device object below does.
    pub fn buffer_like(&self, lower: Device) {
        self.physical().top().buffer_like(lower);
    }

    /// A START has failed: nobody waits for its end any more.
    pub fn start_has_failed(&self) {
        self.gate.lock().life.start = Start::Failed;
        self.started.set();
    }

    /// The PnP manager is through with a START that had come.
    pub fn start_is_over(&self) {
        let over = {
            let mut gate = self.gate.lock();
            let over = gate.life.start == Start::Running;
            if over {
                gate.life.start = Start::Over;
            }
            over
        };
        if over {
            self.started.set();
        }
    }

    /// Does something to the device.
    pub fn poke(&self, poke: Poke<'_>) -> NTSTATUS {
        let done = {
            let mut gate = self.gate.lock();
            if gate.usb.is_gone() {
                return STATUS_DEVICE_NOT_CONNECTED;
            }
            gate.usb.poke(time::now(), poke)
        };
        engine::kick();
        if done { STATUS_SUCCESS } else { STATUS_INVALID_PARAMETER }
    }

    /// Files that are open on its stack.
    pub fn files(&self) -> usize {
        self.gate.lock().filter.files()
    }

    /// For the runner.
    pub fn state(&self) -> State {
        let gate = self.gate.lock();
        let phase = match gate.life {
            Life { is_there: false, .. } => 4,
            Life { start: Start::None | Start::Running, .. } => 1,
            Life { start: Start::Over, .. } => 2,
            Life { start: Start::Failed, .. } => 3,
        };
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        State {
            phase,
            files: count(gate.filter.files()),
            transfers: count(gate.usb.in_flight()),
            removals: 0,
        }
    }

    /// The physical device object goes.
    pub fn delete(self: &Arc<Self>) -> Deleted {
        engine::forget(self);
        self.physical().delete()
    }
}

/// A request to a child's physical device object.
pub fn dispatch(child: &Arc<Child>, irp: Irp) -> NTSTATUS {
    let major = irp.major();
    match u32::from(major) {
        _ if major == PNP => pnp::dispatch(child, irp),
        _ if major == POWER => power::dispatch(child, irp),
        IRP_MJ_INTERNAL_DEVICE_CONTROL => usb::dispatch(child, irp),
        // Whoever is to answer that sits above; the status stays.
        IRP_MJ_SYSTEM_CONTROL => irp.finish(),
        IRP_MJ_CREATE | IRP_MJ_CLEANUP | IRP_MJ_CLOSE => irp.complete(STATUS_SUCCESS),
        _ => irp.complete(STATUS_INVALID_DEVICE_REQUEST),
    }
}

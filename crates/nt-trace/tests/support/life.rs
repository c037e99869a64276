//! Builds traces by hand: the good parts of a life, and single events to break them with.

use nt_trace::event::*;
use nt_trace::names::{mj, pnp};
use nt_trace::{Args, Event, EventKind, NtStatus, Site};
pub use nt_trace::{ObjectId, ObjectKind};

pub const OK: NtStatus = NtStatus::SUCCESS;
pub const FAILED: NtStatus = NtStatus(0xC000_0001);
pub const PDO: ObjectId = ObjectId::new(ObjectKind::Device, 1);
pub const FDO: ObjectId = ObjectId::new(ObjectKind::Device, 2);
pub const DRIVER: ObjectId = ObjectId::new(ObjectKind::Driver, 1);
pub const LOCK: ObjectId = ObjectId::new(ObjectKind::Lock, 1);
pub const SPIN: ObjectId = ObjectId::new(ObjectKind::Lock, 2);
pub const HANDLE: ObjectId = ObjectId::new(ObjectKind::Handle, 1);
pub const URB: ObjectId = ObjectId::new(ObjectKind::Urb, 1);
pub const PIPE: ObjectId = ObjectId::new(ObjectKind::Pipe, 1);
pub const INTERFACE: ObjectId = ObjectId::new(ObjectKind::Interface, 1);
pub const EVENT: ObjectId = ObjectId::new(ObjectKind::Event, 1);
pub const POOL: ObjectId = ObjectId::new(ObjectKind::Pool, 1);

const DO_DEVICE_INITIALIZING: u32 = 0x80;
const DO_POWER_PAGABLE: u32 = 0x2000;

#[derive(Default)]
pub struct Life {
    pub events: Vec<Event>,
    pub thread: u32,
    pub irql: u8,
    time: u64,
    irps: u32,
}

impl Life {
    pub fn new() -> Self {
        Self { thread: 1, ..Self::default() }
    }

    pub fn push(&mut self, kind: impl Into<EventKind>) -> &mut Self {
        self.time += 7;
        self.events.push(Event {
            seq: self.events.len() as u64,
            time: self.time,
            thread: self.thread,
            irql: self.irql,
            kind: kind.into(),
            ..Event::default()
        });
        self
    }

    pub fn at(&mut self, irql: u8, body: impl FnOnce(&mut Self)) -> &mut Self {
        let before = std::mem::replace(&mut self.irql, irql);
        body(self);
        self.irql = before;
        self
    }

    pub fn on(&mut self, thread: u32, body: impl FnOnce(&mut Self)) -> &mut Self {
        let before = std::mem::replace(&mut self.thread, thread);
        body(self);
        self.thread = before;
        self
    }

    pub fn step(&mut self, text: &'static str) -> &mut Self {
        self.push(Step { text: text.into() })
    }

    /// A kernel call with its effects inside.
    pub fn call(&mut self, routine: &'static str, effect: impl FnOnce(&mut Self)) -> &mut Self {
        self.push(Call { routine: routine.into(), args: Args::none() });
        if let Some(event) = self.events.last_mut() {
            event.site = Some(Site::new("test.sys", 0x1000 + u32::try_from(event.seq).unwrap()));
        }
        effect(self);
        self.push(Return { routine: routine.into(), ..Return::default() })
    }

    pub fn callback(
        &mut self,
        callback: Callback,
        status: NtStatus,
        body: impl FnOnce(&mut Self),
    ) -> &mut Self {
        self.push(CallbackEnter { callback });
        body(self);
        self.push(CallbackLeave { callback, status })
    }

    pub fn created(&mut self, origin: IrpOrigin, major: u8, minor: u8) -> ObjectId {
        self.irps += 1;
        let irp = ObjectId::new(ObjectKind::Irp, self.irps);
        let status = if major >= mj::POWER { NtStatus::NOT_SUPPORTED } else { OK };
        self.push(IrpCreated { irp, major, minor, origin, status, ..IrpCreated::default() });
        irp
    }

    /// The system sends an IRP to the FDO; `body` is the dispatch routine.
    pub fn dispatch(
        &mut self,
        major: u8,
        minor: u8,
        status: NtStatus,
        body: impl FnOnce(&mut Self, ObjectId),
    ) -> ObjectId {
        let irp = self.created(IrpOrigin::PnpManager, major, minor);
        let initial = if major >= mj::POWER { NtStatus::NOT_SUPPORTED } else { OK };
        self.push(IrpSent { irp, to: FDO, major, minor, status: initial, ..IrpSent::default() });
        let callback = Callback::Dispatch { major, minor, device: FDO, irp };
        self.callback(callback, status, |life| body(life, irp));
        irp
    }

    pub fn send(&mut self, irp: ObjectId, major: u8, minor: u8) -> &mut Self {
        self.push(IrpSent { irp, by: Actor::Driver, from: FDO, to: PDO, major, minor, ..IrpSent::default() })
    }

    pub fn returned(&mut self, irp: ObjectId, status: NtStatus) -> &mut Self {
        self.push(IrpReturned { irp, by: Actor::Driver, to: PDO, status })
    }

    pub fn completed(&mut self, irp: ObjectId, by: Actor, status: NtStatus) -> &mut Self {
        self.push(IrpCompleteCalled { irp, by, status, ..IrpCompleteCalled::default() })
    }

    pub fn finished(&mut self, irp: ObjectId, status: NtStatus) -> &mut Self {
        self.push(IrpFinished { irp, status, ..IrpFinished::default() });
        self.push(IrpFreed { irp, ..IrpFreed::default() })
    }

    pub fn completion(
        &mut self,
        irp: ObjectId,
        pending_returned: bool,
        status: NtStatus,
        body: impl FnOnce(&mut Self),
    ) -> &mut Self {
        let more_processing = status == NtStatus::MORE_PROCESSING_REQUIRED;
        self.callback(Callback::Completion { irp, device: FDO, pending_returned }, status, body);
        self.push(CompletionRoutineCalled {
            irp,
            by: Actor::Driver,
            device: FDO,
            pending_returned,
            more_processing,
            ..CompletionRoutineCalled::default()
        })
    }

    /// Skip, send, completed below before it returns.
    pub fn pass_down(&mut self, irp: ObjectId, major: u8, minor: u8, status: NtStatus) -> &mut Self {
        self.push(StackSkipped { irp });
        self.send(irp, major, minor)
            .completed(irp, Actor::Below, status)
            .finished(irp, status)
            .returned(irp, status)
    }

    pub fn complete(&mut self, irp: ObjectId, status: NtStatus) -> &mut Self {
        self.completed(irp, Actor::Driver, status).finished(irp, status)
    }

    pub fn acquire(&mut self, tag: ObjectId) -> &mut Self {
        self.push(RemoveLockAcquired { lock: LOCK, tag, status: OK })
    }

    pub fn release(&mut self, tag: ObjectId) -> &mut Self {
        self.push(RemoveLockReleased { lock: LOCK, tag })
    }

    pub fn load(&mut self) -> &mut Self {
        self.step("load").push(DriverLoaded { driver: DRIVER, name: "test.sys".into() });
        self.callback(Callback::DriverEntry, OK, |_| {})
    }

    pub fn create_device(&mut self) -> &mut Self {
        self.call("IoCreateDevice", |life| {
            let flags = DO_DEVICE_INITIALIZING;
            let made = DeviceCreated {
                device: FDO,
                driver: DRIVER,
                by: Actor::Driver,
                flags,
                ..DeviceCreated::default()
            };
            life.push(made);
        });
        self.push(RemoveLockInitialised { lock: LOCK, device: FDO })
    }

    pub fn attach(&mut self) -> &mut Self {
        self.call("IoAttachDeviceToDeviceStack", |life| {
            life.push(DeviceAttached { device: FDO, to: PDO, target: PDO, by: Actor::Driver });
        })
    }

    pub fn create_handle(&mut self) -> &mut Self {
        self.call("USBD_CreateHandle", |life| {
            life.push(HandleCreated { handle: HANDLE, device: FDO, target: PDO });
        })
    }

    pub fn close_handle(&mut self) -> &mut Self {
        self.call("USBD_CloseHandle", |life| {
            life.push(HandleClosed { handle: HANDLE });
        })
    }

    pub fn flags(&mut self, flags: u32, lower_flags: u32) -> &mut Self {
        self.push(DeviceFlags { device: FDO, flags, lower_flags, ..DeviceFlags::default() })
    }

    pub fn add_device(&mut self) -> &mut Self {
        self.step("plug").callback(Callback::AddDevice { pdo: PDO }, OK, |life| {
            life.create_device().attach().create_handle();
            life.call("IoRegisterDeviceInterface", |life| {
                life.push(InterfaceRegistered { interface: INTERFACE, pdo: PDO, status: OK });
            });
            life.flags(DO_POWER_PAGABLE, DO_POWER_PAGABLE);
        })
    }

    pub fn interface(&mut self, enable: bool) -> &mut Self {
        self.call("IoSetDeviceInterfaceState", |life| {
            life.push(InterfaceStateSet { interface: INTERFACE, enable, status: OK });
        })
    }

    /// Forward and wait; pended below.
    pub fn start(&mut self) -> &mut Self {
        self.step("start").dispatch(mj::PNP, pnp::START_DEVICE, OK, |life, irp| {
            life.acquire(irp).push(CompletionRoutineSet {
                irp,
                control: 0xE0,
                ours: true,
                ..Default::default()
            });
            life.send(irp, mj::PNP, pnp::START_DEVICE).returned(irp, NtStatus::PENDING);
            life.push(WaitBegun { object: EVENT, ..WaitBegun::default() });
            life.on(9, |life| {
                life.completed(irp, Actor::Below, OK);
                life.completion(irp, true, NtStatus::MORE_PROCESSING_REQUIRED, |life| {
                    life.push(EventSignalled { object: EVENT, by: Actor::Driver, wait: false });
                });
            });
            life.push(WaitEnded { object: EVENT, status: OK });
            life.interface(true).complete(irp, OK).release(irp);
        });
        self
    }

    pub fn urb(&mut self) -> &mut Self {
        self.call("USBD_UrbAllocate", |life| {
            life.push(UrbAllocated { urb: URB, handle: HANDLE, kind: UrbKind::Plain, status: OK });
        })
    }

    pub fn free_urb(&mut self) -> &mut Self {
        self.call("USBD_UrbFree", |life| {
            life.push(UrbFreed { urb: URB, handle: HANDLE });
        })
    }

    pub fn submit(&mut self, irp: ObjectId) -> &mut Self {
        self.push(UrbSubmitted {
            urb: URB,
            irp,
            function: 0x09,
            pipe: PIPE,
            endpoint: 0x81,
            length: 65536,
            kind: UrbKind::Plain,
            assigned: true,
        })
    }

    pub fn urb_done(&mut self, irp: ObjectId) -> &mut Self {
        self.push(UrbCompleted { urb: URB, irp, length: 65536, endpoint: 0x81, ..UrbCompleted::default() })
    }

    /// A read that is marked pending, sent down with an URB and completed later at `DISPATCH_LEVEL`.
    pub fn read(&mut self) -> &mut Self {
        let irp = self.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.call("IoAcquireRemoveLockEx", |life| {
                life.acquire(irp);
            });
            life.push(IrpMarkedPending { irp });
            life.call("USBD_AssignUrbToIoStackLocation", |life| {
                life.push(UrbAssigned { urb: URB, irp, handle: HANDLE });
            });
            life.push(CompletionRoutineSet { irp, control: 0xE0, ours: true, ..Default::default() });
            life.send(irp, mj::INTERNAL_DEVICE_CONTROL, 0).submit(irp).returned(irp, NtStatus::PENDING);
        });
        self.on(9, |life| {
            life.at(2, |life| {
                life.urb_done(irp).completed(irp, Actor::Below, OK);
                life.completion(irp, true, OK, |life| {
                    life.call("IoReleaseRemoveLockEx", |life| {
                        life.release(irp);
                    });
                });
                life.push(IrpFinished { irp, status: OK, information: 65536 });
                life.push(IrpFreed { irp, ..IrpFreed::default() });
            });
        });
        self
    }

    pub fn surprise_removal(&mut self) -> &mut Self {
        self.step("pull").dispatch(mj::PNP, pnp::SURPRISE_REMOVAL, OK, |life, irp| {
            life.acquire(irp).interface(false);
            life.pass_down(irp, mj::PNP, pnp::SURPRISE_REMOVAL, OK).release(irp);
        });
        self
    }

    pub fn wait_for_lock(&mut self, tag: ObjectId) -> &mut Self {
        self.call("IoReleaseRemoveLockAndWaitEx", |life| {
            life.push(RemoveLockWaitBegun { lock: LOCK, tag }).push(RemoveLockWaitEnded { lock: LOCK, tag });
        })
    }

    pub fn detach(&mut self) -> &mut Self {
        self.call("IoDetachDevice", |life| {
            life.push(DeviceDetached { from: PDO, device: FDO, by: Actor::Driver });
        })
    }

    pub fn free_interface(&mut self) -> &mut Self {
        self.call("RtlFreeUnicodeString", |life| {
            life.push(InterfaceStringFreed { interface: INTERFACE });
        })
    }

    pub fn delete(&mut self) -> &mut Self {
        self.call("IoDeleteDevice", |life| {
            life.push(DeviceDeleted { device: FDO, by: Actor::Driver });
        })
    }

    pub fn remove(&mut self) -> &mut Self {
        self.remove_with(|life, irp| {
            life.acquire(irp).interface(false).close_handle();
            life.pass_down(irp, mj::PNP, pnp::REMOVE_DEVICE, OK).wait_for_lock(irp);
            life.detach().free_interface().delete();
        })
    }

    pub fn remove_with(&mut self, body: impl FnOnce(&mut Self, ObjectId)) -> &mut Self {
        self.step("remove").dispatch(mj::PNP, pnp::REMOVE_DEVICE, OK, body);
        self
    }

    pub fn unload(&mut self) -> &mut Self {
        self.step("unload").callback(Callback::Unload, OK, |_| {}).push(DriverUnloaded { driver: DRIVER })
    }

    /// Loaded, plugged in, started, with one URB.
    pub fn started() -> Self {
        let mut life = Self::new();
        life.load().add_device().start().urb();
        life
    }

    /// A whole life with nothing wrong in it.
    pub fn whole() -> Self {
        let mut life = Self::started();
        life.step("read").read().read().free_urb().surprise_removal().remove().unload();
        life
    }
}

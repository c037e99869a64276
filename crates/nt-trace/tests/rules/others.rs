//! Traces that break the rules about IRPs of the driver's own, about what is left behind, and about stops.

use crate::Case;
use crate::life::*;
use nt_trace::event::*;
use nt_trace::names::mj;
use nt_trace::{NtStatus, PoolTag, Text};

pub const CASES: &[Case] = &[
    ("IoAllocateComplete", "", |life| {
        let irp = life.created(IrpOrigin::Allocated, 0, 0);
        life.completed(irp, Actor::Driver, OK);
    }),
    ("IoBuildFsdComplete", "", |life| {
        let irp = life.created(IrpOrigin::BuiltAsynchronous, mj::READ, 0);
        life.completed(irp, Actor::Driver, OK);
    }),
    ("IoAllocateForward", "", |life| {
        let irp = life.created(IrpOrigin::Allocated, 0, 0);
        life.send(irp, mj::INTERNAL_DEVICE_CONTROL, 0);
    }),
    ("IoBuildFsdForward", "", |life| {
        let irp = life.created(IrpOrigin::BuiltAsynchronous, mj::READ, 0);
        life.send(irp, mj::READ, 0);
    }),
    ("IrpInitialStatus", "0xC9/0x20E", |life| {
        let irp = life.created(IrpOrigin::BuiltSynchronous, mj::PNP, 9);
        life.send(irp, mj::PNP, 9);
    }),
    ("IoAllocateFree", "0xC9/0x2", |life| {
        let irp = life.created(IrpOrigin::IoManager, mj::READ, 0);
        life.push(IrpFreed { irp, by: Actor::Driver });
    }),
    ("IoAllocateFree", "0xC9/0x1", |life| {
        let irp = life.created(IrpOrigin::Allocated, mj::READ, 0);
        life.push(IrpFreed { irp, by: Actor::Driver }).push(IrpFreed { irp, by: Actor::Driver });
    }),
    ("IoBuildDeviceControlNoFree", "0xC9/0x2", |life| {
        let irp = life.created(IrpOrigin::BuiltDeviceControl, mj::DEVICE_CONTROL, 0);
        life.push(IrpFreed { irp, by: Actor::Driver });
    }),
    ("IoBuildSynchronousFsdRequestNoFree", "0xC9/0x2", |life| {
        let irp = life.created(IrpOrigin::BuiltSynchronous, mj::READ, 0);
        life.push(IrpFreed { irp, by: Actor::Driver });
    }),
    ("IrpFreedWhileInUse", "0xC9/0x20A", |life| {
        let irp = life.created(IrpOrigin::Allocated, 0, 0);
        life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
        life.send(irp, mj::INTERNAL_DEVICE_CONTROL, 0).push(IrpFreed { irp, by: Actor::Driver });
    }),
    ("IoBuildDeviceControlWait", "", |life| sent_without_waiting(life, IrpOrigin::BuiltDeviceControl)),
    ("IoBuildSynchronousFsdRequestWait", "", |life| sent_without_waiting(life, IrpOrigin::BuiltSynchronous)),
    ("IoReuseIrp", "0xC9/0x311", |life| {
        let irp = life.created(IrpOrigin::BuiltDeviceControl, mj::DEVICE_CONTROL, 0);
        life.push(IrpReinitialised { irp, reuse: true });
    }),
    ("IoReuseIrp2", "", |life| {
        let irp = life.created(IrpOrigin::IoManager, mj::READ, 0);
        life.push(IrpReinitialised { irp, reuse: true });
    }),
    ("DispatchRoutineMissing", "0xC9/0x21F", |life| {
        let majors = 1 << mj::PNP | 1 << mj::POWER;
        life.push(DispatchTable { majors, add_device: true, ..Default::default() });
    }),
    ("UnSafeAllocatePool", "", |life| {
        life.call("ExAllocatePoolWithTag", |_| {});
    }),
    ("UnloadWithPendingOperations", "0xCE", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.push(IrpMarkedPending { irp });
        });
        life.unload();
    }),
    ("LeakAtUnload", "0xC4/0x62", |life| {
        life.push(PoolAllocated {
            block: POOL,
            tag: PoolTag(0x316C_6355),
            size: 64,
            pool: PoolKind::NonPaged,
        });
        life.unload().push(Leak { object: POOL, what: Text::Borrowed("64 bytes"), allocated_at: None });
    }),
    ("LeakAtUnload", "0xC4/0x62", |life| {
        life.push(Leak { object: POOL, what: Text::Borrowed("64 bytes"), allocated_at: None });
    }),
    ("LeakAtUnload", "0xC4/0xDD", |life| {
        life.push(EtwRegistered { provider: ObjectId::new(ObjectKind::Etw, 1), status: OK }).unload();
    }),
    ("EtwMetadata", "", |life| {
        let provider = ObjectId::new(ObjectKind::Etw, 1);
        life.push(EtwWritten { provider, flaw: "it ends too early".into(), ..Default::default() });
    }),
    ("EtwMetadata", "", |life| {
        let provider = ObjectId::new(ObjectKind::Etw, 1);
        life.push(EtwTraits { provider, flaw: "the provider has no name".into(), ..Default::default() });
    }),
    ("EtwNotRegistered", "", |life| {
        life.push(EtwWritten { provider: ObjectId::NONE, ..Default::default() });
    }),
    ("LeakAtUnload", "0xC4/0x62", |life| {
        life.created(IrpOrigin::Allocated, 0, 0);
        life.unload();
    }),
    ("DanglingDeviceObjectReference", "", |life| {
        life.push(ObjectReferenced { object: PDO, by: Actor::Driver, count: 1 }).unload();
    }),
    ("ZwRegistryOpen", "", |life| {
        life.push(KeyOpened { key: ObjectId::new(ObjectKind::Key, 1), status: OK }).unload();
    }),
    ("BugCheck", "0xD1", |life| {
        life.push(BugCheck { code: 0xD1, text: "in test.sys".into(), ..BugCheck::default() });
    }),
    ("ForwardNotOwned", "0xC9/0x3", |life| {
        life.push(BugCheck { code: 0xC9, parameters: [3, 0, 0, 0], text: "no IRP".into() });
    }),
    ("IrqlUsbd", "", |life| {
        life.at(2, |life| {
            life.call("USBD_QueryUsbCapability", |life| {
                life.push(BugCheck { code: 0xA, ..BugCheck::default() });
                let site = life.events.iter().rev().find_map(|event| event.site.clone());
                life.events.last_mut().unwrap().site = site;
            });
        });
    }),
    ("MemoryAccess", "0x50", |life| {
        life.push(Fault {
            object: POOL,
            offset: 64,
            text: "read after the end of pool#1".into(),
            ..Fault::default()
        });
        life.push(BugCheck { code: 0x50, ..BugCheck::default() });
    }),
    ("IrpTouchedBelow", "0xCD", |life| {
        let irp = ObjectId::new(ObjectKind::Irp, 1);
        life.push(Fault { object: irp, given_away: true, text: "read of irp#1".into(), ..Fault::default() });
        life.push(BugCheck { code: 0xCD, ..BugCheck::default() });
    }),
    ("Deadlock", "", |life| {
        life.push(Deadlock { text: "thread#1 waits for event#1".into() });
    }),
    ("Livelock", "", |life| {
        life.push(Livelock { text: "thread#1 ran for a minute".into() });
    }),
];

fn sent_without_waiting(life: &mut Life, origin: IrpOrigin) {
    life.callback(Callback::AddDevice { pdo: PDO }, OK, |life| {
        let irp = life.created(origin, mj::DEVICE_CONTROL, 0);
        life.send(irp, mj::DEVICE_CONTROL, 0).returned(irp, NtStatus::PENDING);
    });
}

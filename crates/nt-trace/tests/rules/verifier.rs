//! Traces that break what I/O verification and the other options of Driver Verifier ask for.

use crate::Case;
use crate::life::*;
use nt_trace::NtStatus;
use nt_trace::event::*;
use nt_trace::names::{mj, pnp, power};

pub const CASES: &[Case] = &[
    ("CancelRoutineOnIrpBelow", "0xC9/0x229", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.push(IrpMarkedPending { irp }).send(irp, mj::READ, 0).returned(irp, NtStatus::PENDING);
            life.push(CancelRoutineSet { irp });
        });
    }),
    ("ForwardControlNotZeroed", "0xC9/0x206", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| passed_on(life, irp, |sent| sent.control = 0xE1));
    }),
    ("ForwardSkippedDevice", "0xC9/0x211", |life| {
        *life = Life::started();
        let bottom = ObjectId::new(ObjectKind::Device, 9);
        life.push(DeviceCreated { device: bottom, by: Actor::Below, ..Default::default() });
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.acquire(irp);
            passed_on(life, irp, |sent| sent.to = bottom);
            life.release(irp);
        });
    }),
    ("RequiredIrpNotHandled", "0xC9/0x217", |life| {
        life.dispatch(mj::PNP, pnp::QUERY_STOP_DEVICE, OK, |life, irp| {
            passed_on(life, irp, |sent| {
                (sent.major, sent.minor) = (mj::PNP, pnp::QUERY_STOP_DEVICE);
                sent.status = NtStatus::NOT_SUPPORTED;
            });
        });
    }),
    ("IrpReservedForOthers", "0xC9/0x218", |life| {
        life.dispatch(mj::PNP, 0x13, OK, |life, irp| {
            passed_on(life, irp, |sent| (sent.major, sent.minor) = (mj::PNP, 0x13));
        });
    }),
    ("ConvertedToNotSupported", "0xC9/0x216", |life| converted(life, mj::PNP, pnp::START_DEVICE)),
    ("ConvertedToNotSupported", "0xC9/0x21A", |life| converted(life, mj::POWER, power::QUERY_POWER)),
    ("SystemIrpSent", "0xC9/0x237", |life| {
        let irp = life.created(IrpOrigin::BuiltSynchronous, mj::PNP, pnp::STOP_DEVICE);
        life.push(IrpSent {
            irp,
            by: Actor::Driver,
            major: mj::PNP,
            minor: pnp::STOP_DEVICE,
            status: NtStatus::NOT_SUPPORTED,
            ..IrpSent::default()
        });
    }),
    ("BuiltIrpAtApcLevel", "0xC9/0x302", |life| {
        life.at(1, |life| {
            let irp = life.created(IrpOrigin::BuiltDeviceControl, mj::DEVICE_CONTROL, 0);
            life.send(irp, mj::DEVICE_CONTROL, 0);
        });
    }),
    ("EventAlreadySignalled", "0xC9/0x307", |life| {
        life.push(EventInitialised { object: EVENT, synchronization: false, signalled: true });
        let irp = built_with_event(life);
        life.send(irp, mj::DEVICE_CONTROL, 0).returned(irp, NtStatus::PENDING);
    }),
    ("IrpReusedWhileInUse", "0xC9/0x310", |life| {
        let irp = life.created(IrpOrigin::Allocated, 0, 0);
        life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
        life.send(irp, mj::INTERNAL_DEVICE_CONTROL, 0).push(IrpReinitialised { irp, reuse: true });
    }),
    ("IoInitializeIrpAllocated", "0xC9/0x238", |life| {
        let irp = life.created(IrpOrigin::Allocated, 0, 0);
        life.push(IrpReinitialised { irp, reuse: false });
    }),
    ("IoReuseIrp", "0xC9/0x311", |life| {
        let irp = life.created(IrpOrigin::BuiltDeviceControl, mj::DEVICE_CONTROL, 0);
        life.push(IrpReinitialised { irp, reuse: true });
    }),
    ("SuspiciousStatus", "0xC9/0x300", |life| {
        let garbage = NtStatus(0x1234_5678);
        life.dispatch(mj::READ, 0, garbage, |life, irp| {
            life.complete(irp, garbage);
        });
    }),
    ("MustNotFail", "0xC9/0x247", |life| {
        life.dispatch(mj::CLOSE, 0, FAILED, |life, irp| {
            life.complete(irp, FAILED);
        });
    }),
    ("LowerDriverReturn", "0xC9/0x225", |life| {
        life.dispatch(mj::READ, 0, NtStatus(u32::MAX), |life, irp| {
            life.complete(irp, OK);
        });
    }),
    ("IrqlReturn", "0xC4/0xFA", |life| {
        let irp = life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.push(IrpMarkedPending { irp });
            life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
            life.send(irp, mj::READ, 0).returned(irp, NtStatus::PENDING);
        });
        life.completed(irp, Actor::Below, OK)
            .completion(irp, true, OK, |life| life.irql = 2)
            .finished(irp, OK);
    }),
    ("DeviceTypeNotCopied", "0xC9/0x246", |life| {
        life.callback(Callback::AddDevice { pdo: PDO }, OK, |life| {
            life.create_device().attach();
            life.push(DeviceFlags { device: FDO, device_type: 0x22, lower_type: 0x2A, ..Default::default() });
        });
    }),
    ("CompletionRoutinePageable", "0xC9/0x227", |life| {
        let irp = life.created(IrpOrigin::Allocated, 0, 0);
        life.push(CompletionRoutineSet { irp, ours: true, pageable: true, ..Default::default() });
    }),
    ("InvariantMdl", "", |life| {
        life.dispatch(mj::WRITE, 0, OK, |life, irp| {
            life.push(DataChanged { irp, offset: 3, below: false });
            life.complete(irp, OK);
        });
    }),
    ("CancelledIrpNotCompleted", "0xC4/0x135", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.push(IrpMarkedPending { irp });
            life.on(9, |life| {
                life.push(IrpCancelRequested { irp, ..Default::default() });
            });
        });
        life.push(Deadlock { text: "thread#1 waits for irp#1".into() });
    }),
    ("ZeroBytePool", "0xC4/0x0", |life| {
        life.push(PoolAllocated { block: ObjectId::NONE, ..PoolAllocated::default() });
    }),
    ("AllocateWhileUnloading", "0xC4/0x61", |life| {
        life.callback(Callback::Unload, OK, |life| {
            life.on(9, |life| {
                life.push(PoolAllocated { block: POOL, size: 8, ..PoolAllocated::default() });
            });
        });
    }),
    ("PagedCode", "0xD1", |life| {
        life.at(2, |life| {
            life.push(PagedTouched { section: "PAGE".into(), execute: true, ..PagedTouched::default() });
        });
    }),
    ("PageableData", "0xD1", |life| {
        life.at(2, |life| {
            life.push(PagedTouched { object: POOL, write: true, ..PagedTouched::default() });
        });
    }),
    ("DoubleFetch", "", |life| {
        life.dispatch(mj::DEVICE_CONTROL, 0, OK, |life, irp| {
            life.push(UserRead { irp, buffer: 1, offset: 0, length: 8, write: false });
            life.push(UserRead { irp, buffer: 1, offset: 4, length: 4, write: false }).complete(irp, OK);
        });
    }),
    ("PdoRequired", "0xC9/0x24D", |life| {
        *life = Life::started();
        life.push(InterfaceRegistered { interface: ObjectId::NONE, pdo: FDO, status: FAILED });
    }),
    ("InvalidDeviceObject", "0xC9/0x204", |life| stops(life, 0xC9, 0x204)),
    ("InformationTooLarge", "0xC9/0x312", |life| stops(life, 0xC9, 0x312)),
    ("StackLocationsExhausted", "0x35", |life| stops(life, 0x35, 0xFFFF_8000)),
    ("MutexTakenTwice", "0xC4/0x1000", |life| stops(life, 0xC4, 0x1000)),
    ("StaticStreams", "0x144/0x800", |life| stops(life, 0x144, 0x800)),
    ("StaticStreams", "0x144/0x801", |life| stops(life, 0x144, 0x801)),
    ("ChainedMdl", "0x144/0x806", |life| stops(life, 0x144, 0x806)),
    ("ChainedMdl", "0x144/0x807", |life| stops(life, 0x144, 0x807)),
    ("WmiLeftRegistered", "0xC4/0xDA", |life| stops(life, 0xC4, 0xDA)),
    ("WmiLeftRegistered", "0xC4/0xDB", |life| stops(life, 0xC4, 0xDB)),
];

/// The kernel stops the machine, and its code says why.
fn stops(life: &mut Life, code: u32, parameter: u64) {
    life.push(BugCheck { code, parameters: [parameter, 0, 0, 0], text: "it may not".into() });
}

/// Sends an IRP on; the lower driver completes it at once.
pub fn passed_on(life: &mut Life, irp: ObjectId, change: impl FnOnce(&mut IrpSent)) {
    let mut sent =
        IrpSent { irp, by: Actor::Driver, from: FDO, to: PDO, major: mj::READ, ..IrpSent::default() };
    change(&mut sent);
    life.push(sent).completed(irp, Actor::Below, OK).finished(irp, OK).returned(irp, OK);
}

/// What the lower driver answered comes up as another status.
fn converted(life: &mut Life, major: u8, minor: u8) {
    life.dispatch(major, minor, NtStatus::NOT_SUPPORTED, |life, irp| {
        life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
        life.send(irp, major, minor).completed(irp, Actor::Below, FAILED);
        life.completion(irp, false, NtStatus::MORE_PROCESSING_REQUIRED, |_| {}).returned(irp, FAILED);
        life.complete(irp, NtStatus::NOT_SUPPORTED);
    });
}

/// An IRP whose event the I/O manager sets.
pub fn built_with_event(life: &mut Life) -> ObjectId {
    let irp = ObjectId::new(ObjectKind::Irp, 77);
    life.push(IrpCreated {
        irp,
        major: mj::DEVICE_CONTROL,
        origin: IrpOrigin::BuiltDeviceControl,
        user_event: EVENT,
        ..IrpCreated::default()
    });
    irp
}

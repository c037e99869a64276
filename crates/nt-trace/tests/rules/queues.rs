//! Traces that break the rules about queued and cancelled IRPs, about completion routines that may fail to be set,
//! and about IRPs that somebody waits for.

use crate::Case;
use crate::life::*;
use crate::verifier::built_with_event;
use nt_trace::NtStatus;
use nt_trace::event::*;
use nt_trace::names::{mj, pnp};

pub const CASES: &[Case] = &[
    ("IoSetCompletionRoutineExCheck", "", |life| {
        *life = Life::started();
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.acquire(irp).push(refused(irp, FDO)).send(irp, mj::READ, 0);
            life.completed(irp, Actor::Below, OK).finished(irp, OK).returned(irp, OK).release(irp);
        });
    }),
    ("IoSetCompletionExCompleteIrp", "0xC4/0x4100F", |life| {
        *life = Life::started();
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.acquire(irp).push(refused(irp, FDO)).pass_down(irp, mj::READ, 0, OK).release(irp);
        });
    }),
    ("IoSetCompletionExCompleteIrp", "0xC4/0x4100F", |life| {
        *life = Life::started();
        life.dispatch(mj::READ, 0, FAILED, |life, irp| {
            life.push(refused(irp, FDO));
        });
    }),
    ("IoSetCompletionRoutineExCheckDeviceObject", "", |life| {
        *life = Life::started();
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.acquire(irp).push(CompletionRoutineSet { irp, ours: true, ex: true, ..Default::default() });
            life.push(CompletionRoutineExSet { irp, device: PDO, status: OK }).send(irp, mj::READ, 0);
            life.completed(irp, Actor::Below, OK).completion(irp, false, OK, |_| {}).finished(irp, OK);
            life.returned(irp, OK).release(irp);
        });
    }),
    ("IrpCancelField", "", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.on(9, |life| {
                life.push(IrpCancelRequested { irp, ..Default::default() });
            });
            life.push(IrpMarkedPending { irp }).push(CancelRoutineSet { irp });
        });
    }),
    ("MarkingQueuedIrps", "", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            under_lock(life, |life| {
                life.push(IrpQueued { irp, interlocked: false });
            });
            life.push(IrpMarkedPending { irp });
        });
    }),
    ("MarkingInterlockedQueuedIrps", "", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.push(IrpQueued { irp, interlocked: true }).push(IrpMarkedPending { irp });
        });
    }),
    ("MarkStartDevice", "0xC9/0x23E", |life| {
        life.dispatch(mj::PNP, pnp::START_DEVICE, OK, |life, irp| {
            life.push(IrpMarkedPending { irp });
            life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
            life.send(irp, mj::PNP, pnp::START_DEVICE).completed(irp, Actor::Below, OK);
            life.completion(irp, false, NtStatus::MORE_PROCESSING_REQUIRED, |_| {}).returned(irp, OK);
            life.complete(irp, OK);
        });
    }),
    ("MarkStartDevice", "0xC9/0x23D", |life| {
        life.dispatch(mj::PNP, pnp::START_DEVICE, NtStatus::PENDING, |_, _| {});
    }),
    ("MarkStartDevice", "", |life| {
        life.dispatch(mj::PNP, pnp::START_DEVICE, NtStatus::PENDING, |life, irp| {
            life.push(IrpMarkedPending { irp }).pass_down(irp, mj::PNP, pnp::START_DEVICE, OK);
        });
    }),
    ("IoAllocateIrpSignalEventInCompletionTimeout", "", |life| never_back(life, IrpOrigin::Allocated)),
    ("IoBuildDeviceControlWaitTimeout", "", |life| never_back(life, IrpOrigin::BuiltDeviceControl)),
    ("IoBuildFsdIrpSignalEventInCompletionTimeout", "", |life| {
        never_back(life, IrpOrigin::BuiltAsynchronous);
    }),
    ("IoBuildSynchronousFsdRequestWaitTimeout", "", |life| never_back(life, IrpOrigin::BuiltSynchronous)),
    ("IoBuildDeviceIoControlSetEvent", "", |life| {
        built_with_event(life);
        life.push(EventSignalled { object: EVENT, by: Actor::Driver, wait: false });
    }),
    ("IrqlKeWaitForMultipleObjects", "0xC4/0x121", |life| {
        life.at(2, |life| {
            life.push(WaitBegun { object: EVENT, multiple: true, ..WaitBegun::default() });
        });
    }),
    ("IrqlKeWaitForMutexObject", "0xC4/0x122", |life| {
        life.at(2, |life| {
            life.push(WaitBegun { object: EVENT, timeout: Some(-5), ..WaitBegun::default() });
        });
    }),
    ("IrqlExFree3", "0xC4/0x11", |life| {
        life.at(2, |life| {
            let tag = nt_trace::PoolTag(u32::from_le_bytes(*b"Test"));
            life.push(PoolFreed { block: POOL, pool: PoolKind::Paged, tag, size: 8 });
        });
    }),
    ("IrqlExApcLteInline", "", |life| {
        life.at(2, |life| {
            life.call("LookasideListAllocateEx", |life| {
                life.push(PoolAllocated {
                    block: POOL,
                    size: 8,
                    pool: PoolKind::Paged,
                    ..Default::default()
                });
            });
        });
        life.at(2, |life| {
            life.call("LookasideListFreeEx", |life| {
                life.push(PoolFreed { block: POOL, size: 8, pool: PoolKind::Paged, ..Default::default() });
            });
            // The same place twice would be counted, not listed.
            life.events.truncate(life.events.len() - 3);
        });
    }),
];

/// `IoSetCompletionRoutineEx` fails.
pub const fn refused(irp: ObjectId, device: ObjectId) -> CompletionRoutineExSet {
    CompletionRoutineExSet { irp, device, status: FAILED }
}

pub fn under_lock(life: &mut Life, body: impl FnOnce(&mut Life)) {
    life.push(SpinLockAcquired { lock: SPIN, ..Default::default() });
    life.at(2, body);
    life.push(SpinLockReleased { lock: SPIN, ..Default::default() });
}

/// A start waits without a timeout for an IRP that stays below.
fn never_back(life: &mut Life, origin: IrpOrigin) {
    life.push(CallbackEnter {
        callback: Callback::Dispatch {
            major: mj::PNP,
            minor: pnp::START_DEVICE,
            device: FDO,
            irp: ObjectId::new(ObjectKind::Irp, 50),
        },
    });
    let irp = life.created(origin, mj::DEVICE_CONTROL, 0);
    life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
    life.send(irp, mj::DEVICE_CONTROL, 0).returned(irp, NtStatus::PENDING);
    life.push(WaitBegun { object: EVENT, ..WaitBegun::default() });
    life.push(Deadlock { text: "thread#1 waits for event#1".into() });
}

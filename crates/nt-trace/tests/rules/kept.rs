//! Traces that come close to breaking a rule and keep it: a cancelled IRP whose cancel routine is taken back, a lock
//! order that is the same each time, the same bytes read for two requests.

use crate::life::*;
use crate::lock_order::{mutexes, nested};
use crate::ndis::{FILE, initialise, open};
use crate::queues::{refused, under_lock};
use crate::usbd::{STREAM, packets, streams};
use crate::verifier::{built_with_event, passed_on};
use nt_trace::event::*;
use nt_trace::names::{mj, pnp};
use nt_trace::{NtStatus, RuleSet};

/// The rule that is kept, and how.
type Kept = (&'static str, fn(&mut Life));

const KEPT: &[Kept] = &[
    ("NdisFileMapping", |life| {
        // The close takes the mapping along.
        initialise(life, |life| {
            open(life);
            life.push(NdisFileMapped { file: FILE, status: OK }).push(NdisFileUnmapped { file: FILE });
            life.push(NdisFileMapped { file: FILE, status: OK }).push(NdisFileClosed { file: FILE });
        });
    }),
    ("NdisFileOutsideInitialization", |life| {
        // Mapped and closed by another thread while initialisation waits for it.
        initialise(life, |life| {
            open(life);
            life.on(2, |life| {
                life.push(NdisFileMapped { file: FILE, status: OK }).push(NdisFileClosed { file: FILE });
            });
        });
    }),
    ("IsochronousPackets", |life| packets(life, 1024, 1, 1024)),
    ("IsochronousPeriod", |life| packets(life, 3, 8, 4)),
    ("BasePipeAfterStreams", |life| {
        // A stream's own pipe is for transfers, and the endpoint's for resetting and closing.
        let life = streams(life);
        life.on_pipe(0x09, STREAM).urb_done(ObjectId::NONE).on_pipe(0x1E, PIPE).urb_done(ObjectId::NONE);
        life.on_pipe(0x36, PIPE).urb_done(ObjectId::NONE);
    }),
    ("StreamsNotOpen", |life| {
        // A request to close that failed leaves them open.
        let life = streams(life);
        let failed = UrbCompleted { urb: URB, usbd_status: 0x8000_0400, ..UrbCompleted::default() };
        life.on_pipe(0x36, PIPE).push(failed).on_pipe(0x36, PIPE).urb_done(ObjectId::NONE);
    }),
    ("StreamPipeRequest", |life| {
        streams(life).on_pipe(0x02, PIPE).urb_done(ObjectId::NONE);
    }),
    ("IoSetCompletionRoutineExCheck", |life| {
        *life = Life::started();
        life.dispatch(mj::READ, 0, FAILED, |life, irp| {
            life.acquire(irp).push(refused(irp, FDO)).complete(irp, FAILED).release(irp);
        });
    }),
    ("IoSetCompletionExCompleteIrp", |life| {
        // The plain form is a way out, too.
        *life = Life::started();
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.acquire(irp).push(refused(irp, FDO));
            life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() }).send(irp, mj::READ, 0);
            life.completed(irp, Actor::Below, OK).completion(irp, false, OK, |_| {}).finished(irp, OK);
            life.returned(irp, OK).release(irp);
        });
    }),
    ("IoSetCompletionRoutineExCheckDeviceObject", |life| {
        *life = Life::started();
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.acquire(irp).push(CompletionRoutineSet { irp, ours: true, ex: true, ..Default::default() });
            life.push(CompletionRoutineExSet { irp, device: FDO, status: OK }).send(irp, mj::READ, 0);
            life.completed(irp, Actor::Below, OK).completion(irp, false, OK, |_| {}).finished(irp, OK);
            life.returned(irp, OK).release(irp);
        });
    }),
    ("IrpCancelField", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.on(9, |life| cancelled(life, irp, false));
            life.push(IrpMarkedPending { irp }).push(CancelRoutineSet { irp });
            life.push(CancelRoutineCleared { irp }).complete(irp, NtStatus::CANCELLED);
        });
    }),
    ("IrpCancelField", |life| {
        // Cancelled after the routine was set: it is called.
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.push(IrpMarkedPending { irp }).push(CancelRoutineSet { irp });
            life.on(9, |life| {
                cancelled(life, irp, true);
                life.complete(irp, NtStatus::CANCELLED);
            });
        });
    }),
    ("MarkingQueuedIrps", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            under_lock(life, |life| {
                life.push(IrpQueued { irp, interlocked: false }).push(IrpMarkedPending { irp });
            });
            life.on(9, |life| {
                life.complete(irp, OK);
            });
        });
    }),
    ("MarkingInterlockedQueuedIrps", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.push(IrpMarkedPending { irp }).push(IrpQueued { irp, interlocked: true });
            life.on(9, |life| {
                life.complete(irp, OK);
            });
        });
    }),
    ("MarkStartDevice", |life| {
        *life = Life::started();
        let irp = life.dispatch(mj::PNP, pnp::START_DEVICE, NtStatus::PENDING, |life, irp| {
            life.acquire(irp).push(IrpMarkedPending { irp });
            life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
            life.send(irp, mj::PNP, pnp::START_DEVICE).returned(irp, NtStatus::PENDING);
        });
        life.on(9, |life| {
            life.completed(irp, Actor::Below, OK);
            life.completion(irp, true, NtStatus::MORE_PROCESSING_REQUIRED, |_| {});
            life.complete(irp, OK).release(irp);
        });
    }),
    ("IoAllocateIrpSignalEventInCompletionTimeout", |life| {
        // It comes back, however long that takes.
        *life = Life::started();
        life.dispatch(mj::PNP, 0x14, OK, |life, query| {
            life.acquire(query);
            let irp = life.created(IrpOrigin::Allocated, 0, 0);
            life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
            life.send(irp, mj::INTERNAL_DEVICE_CONTROL, 0).returned(irp, NtStatus::PENDING);
            life.push(WaitBegun { object: EVENT, ..WaitBegun::default() });
            life.on(9, |life| {
                life.completed(irp, Actor::Below, OK);
                life.completion(irp, true, NtStatus::MORE_PROCESSING_REQUIRED, |life| {
                    life.push(EventSignalled { object: EVENT, by: Actor::Driver, wait: false });
                });
            });
            life.push(WaitEnded { object: EVENT, status: OK });
            life.push(IrpFreed { irp, by: Actor::Driver });
            life.pass_down(query, mj::PNP, 0x14, OK).release(query);
        });
    }),
    ("IoBuildDeviceIoControlSetEvent", |life| {
        life.push(EventInitialised { object: EVENT, ..Default::default() });
        let irp = built_with_event(life);
        life.send(irp, mj::DEVICE_CONTROL, 0).returned(irp, NtStatus::PENDING);
        life.push(WaitBegun { object: EVENT, ..WaitBegun::default() });
        life.push(EventSignalled { object: EVENT, by: Actor::System, wait: false }).finished(irp, OK);
        life.push(WaitEnded { object: EVENT, status: OK });
        // It is the driver's again.
        life.push(EventSignalled { object: EVENT, by: Actor::Driver, wait: false });
    }),
    ("EventAlreadySignalled", |life| {
        life.push(EventInitialised { object: EVENT, synchronization: true, signalled: true });
        life.push(WaitBegun { object: EVENT, signalled: true, ..WaitBegun::default() });
        life.push(WaitEnded { object: EVENT, status: OK });
        let irp = built_with_event(life);
        life.send(irp, mj::DEVICE_CONTROL, 0).returned(irp, NtStatus::PENDING);
        life.push(WaitBegun { object: EVENT, ..WaitBegun::default() });
    }),
    ("IrqlKeWaitForMultipleObjects", |life| {
        life.at(2, |life| {
            let timeout = Some(0);
            life.push(WaitBegun { object: EVENT, timeout, multiple: true, ..WaitBegun::default() });
        });
    }),
    ("IrqlExApcLteInline", |life| {
        life.at(1, |life| {
            life.call("LookasideListAllocateEx", |life| {
                life.push(PoolAllocated {
                    block: POOL,
                    size: 8,
                    pool: PoolKind::Paged,
                    ..Default::default()
                });
                life.push(PoolFreed { block: POOL, size: 8, pool: PoolKind::Paged, ..Default::default() });
            });
        });
    }),
    ("PagedCode", |life| {
        life.at(1, |life| {
            life.push(PagedTouched { section: "PAGE".into(), execute: true, ..PagedTouched::default() });
        });
    }),
    ("DoubleFetch", |life| {
        for _ in 0..2 {
            life.dispatch(mj::DEVICE_CONTROL, 0, OK, |life, irp| {
                let read = |offset, write| UserRead { irp, buffer: 1, offset, length: 8, write };
                life.push(read(0, false)).push(read(8, false)).push(read(0, true)).push(read(0, true));
                life.complete(irp, OK);
            });
        }
    }),
    ("LockOrder", |life| {
        let lock = |number| ObjectId::new(ObjectKind::Lock, number);
        nested(life, &[lock(20), lock(21), lock(22)]);
        life.on(7, |life| nested(life, &[lock(20), lock(22)]));
        nested(life, &[lock(21), lock(22)]);
        mutexes(life, &[lock(30), lock(31)]);
        life.on(7, |life| mutexes(life, &[lock(30), lock(31)]));
        // An attempt in the other order gives up instead of waiting.
        life.push(SpinLockAcquired { lock: lock(21), ..Default::default() });
        life.push(SpinLockAcquired { lock: lock(20), attempt: true, ..Default::default() });
        life.push(SpinLockReleased { lock: lock(20), ..Default::default() });
        life.push(SpinLockReleased { lock: lock(21), ..Default::default() });
    }),
    ("MutexKept", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            mutexes(life, &[ObjectId::new(ObjectKind::Lock, 30)]);
            life.complete(irp, OK);
        });
    }),
    ("ForwardControlNotZeroed", |life| {
        // A skipped location is the driver's own, mark and all.
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.push(StackSkipped { irp });
            passed_on(life, irp, |sent| sent.control = 0xE1);
        });
    }),
    ("IrpReservedForOthers", |life| {
        life.dispatch(mj::PNP, 0x13, OK, |life, irp| {
            passed_on(life, irp, |sent| {
                (sent.major, sent.minor, sent.status) = (mj::PNP, 0x13, NtStatus::NOT_SUPPORTED);
            });
        });
    }),
    ("CancelledIrpNotCompleted", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.push(IrpMarkedPending { irp });
            life.on(9, |life| {
                cancelled(life, irp, true);
                life.complete(irp, NtStatus::CANCELLED);
            });
        });
    }),
    ("AllocateWhileUnloading", |life| {
        life.callback(Callback::Unload, OK, |life| {
            life.push(PoolAllocated { block: POOL, size: 8, ..PoolAllocated::default() });
            life.push(PoolFreed { block: POOL, size: 8, ..PoolFreed::default() });
        });
    }),
];

fn cancelled(life: &mut Life, irp: ObjectId, routine_called: bool) {
    life.push(IrpCancelRequested { irp, by: Actor::System, routine_called });
}

#[test]
fn what_comes_close_to_breaking_a_rule_keeps_it() {
    let known = RuleSet::all().names();
    for (rule, keeps) in KEPT {
        assert!(known.contains(rule), "{rule}");
        let mut life = Life::new();
        keeps(&mut life);
        assert_eq!(crate::words(&RuleSet::judge(&life.events)), Vec::<String>::new(), "{rule}");
    }
}

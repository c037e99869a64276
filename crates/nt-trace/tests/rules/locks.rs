//! Traces that break the rules about remove locks and spin locks.

use crate::Case;
use crate::life::*;
use nt_trace::NtStatus;
use nt_trace::event::*;
use nt_trace::names::{mj, pnp};

pub const CASES: &[Case] = &[
    ("RemoveLock", "0xC4/0xD7", |life| {
        *life = Life::started();
        life.push(RemoveLockInitialised { lock: LOCK, device: FDO });
    }),
    ("MultRemoveLock", "", |life| {
        *life = Life::started();
        life.push(RemoveLockInitialised { lock: ObjectId::new(ObjectKind::Lock, 9), device: FDO });
    }),
    ("RemoveLockCheck", "0xC4/0xD6", |life| {
        *life = Life::started();
        life.free_urb().remove_with(|life, irp| {
            life.acquire(irp).interface(false).close_handle();
            life.pass_down(irp, mj::PNP, pnp::REMOVE_DEVICE, OK).wait_for_lock(URB);
            life.detach().free_interface().delete().release(irp);
        });
    }),
    ("RemoveLockRelease2", "0xC4/0xD5", |life| {
        *life = Life::started();
        life.release(URB);
    }),
    ("RemoveLockRelease2", "", |life| left_held(life, 0x09)),
    ("RemoveLockReleaseCleanup", "", |life| left_held(life, mj::CLEANUP)),
    ("RemoveLockReleaseClose", "", |life| left_held(life, mj::CLOSE)),
    ("RemoveLockReleaseCreate", "", |life| left_held(life, mj::CREATE)),
    ("RemoveLockReleaseDeviceControl", "", |life| left_held(life, mj::DEVICE_CONTROL)),
    ("RemoveLockReleaseInternalDeviceControl", "", |life| left_held(life, mj::INTERNAL_DEVICE_CONTROL)),
    ("RemoveLockReleaseRead", "", |life| left_held(life, mj::READ)),
    ("RemoveLockReleaseShutdown", "", |life| left_held(life, mj::SHUTDOWN)),
    ("RemoveLockReleaseWrite", "", |life| left_held(life, mj::WRITE)),
    ("RemoveLockReleasePnp", "", |life| left_held_after_skip(life, mj::PNP, 0x14)),
    ("RemoveLockReleasePower", "", |life| left_held_after_skip(life, mj::POWER, 2)),
    ("RemoveLockReleaseSystemControl", "", |life| left_held_after_skip(life, mj::SYSTEM_CONTROL, 0)),
    ("RemoveLockReleaseRead", "", removal_never_ends),
    ("IoReleaseRemoveLockAndWaitOutsideRemoveDevice", "", |life| {
        *life = Life::started();
        life.dispatch(mj::PNP, pnp::SURPRISE_REMOVAL, OK, |life, irp| {
            life.acquire(irp).interface(false).push(StackSkipped { irp });
            life.send(irp, mj::PNP, pnp::SURPRISE_REMOVAL).completed(irp, Actor::Below, OK).finished(irp, OK);
            life.returned(irp, OK).wait_for_lock(irp);
        });
    }),
    ("RemoveLockMnRemove", "", |life| {
        *life = Life::started();
        life.free_urb().remove_with(|life, irp| {
            life.acquire(irp).interface(false).close_handle();
            life.pass_down(irp, mj::PNP, pnp::REMOVE_DEVICE, OK)
                .detach()
                .free_interface()
                .delete()
                .release(irp);
        });
    }),
    ("RemoveLockMnRemove", "", |life| {
        *life = Life::started();
        life.free_urb().remove_with(|life, irp| {
            life.acquire(irp).acquire(irp).interface(false).close_handle().wait_for_lock(irp);
            life.pass_down(irp, mj::PNP, pnp::REMOVE_DEVICE, OK).release(irp);
            life.detach().free_interface().delete();
        });
    }),
    ("RemoveLockMnRemove2", "", |life| {
        *life = Life::started();
        life.free_urb().remove_with(|life, irp| {
            life.interface(false).close_handle().pass_down(irp, mj::PNP, pnp::REMOVE_DEVICE, OK);
            life.acquire(irp).wait_for_lock(irp).detach().free_interface().delete();
        });
    }),
    ("RemoveLockMnSurpriseRemove", "", |life| unprotected(life, mj::PNP, pnp::SURPRISE_REMOVAL)),
    ("RemoveLockQueryMnRemove", "", |life| unprotected(life, mj::PNP, pnp::QUERY_REMOVE_DEVICE)),
    ("RemoveLockForward", "", |life| unprotected(life, mj::SYSTEM_CONTROL, 0)),
    ("RemoveLockForwardDeviceControl", "", |life| unprotected(life, mj::DEVICE_CONTROL, 0)),
    ("RemoveLockForwardDeviceControl", "", |life| {
        *life = Life::started();
        life.dispatch(mj::DEVICE_CONTROL, 0, OK, |life, irp| {
            life.pass_down(irp, mj::INTERNAL_DEVICE_CONTROL, 0, OK);
        });
    }),
    ("RemoveLockForwardDeviceControlInternal", "", |life| unprotected(life, mj::INTERNAL_DEVICE_CONTROL, 0)),
    ("RemoveLockForwardRead", "", |life| unprotected(life, mj::READ, 0)),
    ("RemoveLockForwardWrite", "", |life| unprotected(life, mj::WRITE, 0)),
    ("SpinLock", "0xC4/0x40009", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.complete(irp, OK).push(taken(SpinLockForm::Normal));
        });
    }),
    ("SpinLock", "0xC4/0x40009", |life| {
        life.push(taken(SpinLockForm::Normal)).push(taken(SpinLockForm::Normal));
    }),
    ("SpinLockDpc", "", |life| {
        life.push(given(SpinLockForm::AtDpcLevel));
    }),
    ("SpinlockRelease", "0xC4/0x4000B", |life| {
        life.push(given(SpinLockForm::Normal));
    }),
    ("QueuedSpinLock", "0xC4/0x40006", |life| {
        life.push(taken(SpinLockForm::InStackQueued)).push(taken(SpinLockForm::InStackQueued));
    }),
    ("QueuedSpinLockRelease", "0xC4/0x40007", |life| {
        life.push(given(SpinLockForm::InStackQueued));
    }),
    ("CancelSpinLock", "", |life| {
        life.push(taken(SpinLockForm::Cancel)).push(taken(SpinLockForm::Cancel));
    }),
    ("CancelSpinlockRelease", "", |life| {
        life.push(given(SpinLockForm::Cancel));
    }),
    ("CriticalRegions", "0xC4/0x40003", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.call("KeEnterCriticalRegion", |_| {}).call("KeEnterCriticalRegion", |_| {});
            life.call("KeLeaveCriticalRegion", |_| {}).complete(irp, OK);
        });
    }),
    ("GuardedRegions", "0xC4/0x4000E", |life| {
        life.call("KeLeaveGuardedRegion", |_| {});
    }),
    ("SpinLockSafe", "", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.push(taken(SpinLockForm::Normal)).complete(irp, OK).push(given(SpinLockForm::Normal));
        });
    }),
];

const fn taken(form: SpinLockForm) -> SpinLockAcquired {
    SpinLockAcquired { lock: SPIN, form, old_irql: 0, attempt: false }
}

const fn given(form: SpinLockForm) -> SpinLockReleased {
    SpinLockReleased { lock: SPIN, form, new_irql: 0 }
}

fn left_held(life: &mut Life, major: u8) {
    *life = Life::started();
    life.dispatch(major, 0, OK, |life, irp| {
        life.acquire(irp).complete(irp, OK);
    });
}

fn left_held_after_skip(life: &mut Life, major: u8, minor: u8) {
    *life = Life::started();
    life.dispatch(major, minor, OK, |life, irp| {
        life.acquire(irp).pass_down(irp, major, minor, OK);
    });
}

fn unprotected(life: &mut Life, major: u8, minor: u8) {
    *life = Life::started();
    life.dispatch(major, minor, OK, |life, irp| {
        life.pass_down(irp, major, minor, OK);
    });
}

/// A pended read never gives the lock back, and the removal waits for ever.
fn removal_never_ends(life: &mut Life) {
    *life = Life::started();
    let read = life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
        life.acquire(irp).push(IrpMarkedPending { irp });
    });
    life.complete(read, OK).free_urb().remove_with(|life, irp| {
        life.acquire(irp).interface(false).close_handle().pass_down(irp, mj::PNP, pnp::REMOVE_DEVICE, OK);
        life.push(RemoveLockWaitBegun { lock: LOCK, tag: irp });
        life.push(Deadlock { text: "thread#1 waits for lock#1".into() });
    });
    let stop = life.events.iter().rposition(|event| event.kind.tag() == nt_trace::Tag::Deadlock);
    life.events.truncate(stop.unwrap_or(0) + 1);
}

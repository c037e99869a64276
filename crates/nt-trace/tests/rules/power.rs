//! Traces that break the rules about power, and some that keep them.

use crate::Case;
use crate::life::*;
use nt_trace::event::*;
use nt_trace::names::{mj, power};
use nt_trace::{NtStatus, RuleSet};

const S0: u32 = 1;
const S3: u32 = 4;
const D0: u32 = 1;
const D2: u32 = 3;
const D3: u32 = 4;

pub const CASES: &[Case] = &[
    ("PowerDownFail", "", |life| {
        set(life, true, S3, S0, FAILED, |life, irp| {
            life.complete(irp, FAILED);
        });
    }),
    ("PowerDownFail", "", |life| {
        set(life, false, D2, D0, NtStatus::PENDING, |life, irp| {
            handled(life, irp, FAILED, |_| {});
        });
    }),
    ("PowerUpFail", "", |life| {
        set(life, false, D0, D2, FAILED, |life, irp| {
            life.complete(irp, FAILED);
        });
    }),
    ("PowerConvertedToNotSupported", "0xC9/0x21A", |life| {
        set(life, true, S3, S0, NtStatus::PENDING, |life, irp| {
            handled(life, irp, NtStatus::NOT_SUPPORTED, |_| {});
        });
    }),
    ("MarkPower", "", |life| {
        set(life, true, S0, S3, OK, not_marked);
    }),
    ("MarkPowerDown", "", |life| {
        set(life, true, S3, S0, OK, not_marked);
    }),
    ("MarkDevicePower", "", |life| {
        set(life, false, D2, D0, OK, not_marked);
    }),
    ("PowerDownAllocate", "", |life| {
        set(life, true, S3, S0, OK, |life, irp| {
            life.call("ExAllocatePool2", |life| {
                let block = ObjectId::new(ObjectKind::Pool, 1);
                life.push(PoolAllocated { block, size: 8, ..Default::default() });
                life.push(PoolFreed { block, ..Default::default() });
            });
            down(life, irp);
        });
    }),
    ("PowerIrpDDIs", "", |life| {
        set(life, false, D2, D0, OK, |life, irp| {
            life.call("IoGetDeviceProperty", |_| {});
            down(life, irp);
        });
    }),
    ("PowerIrpDDIs", "", |life| {
        set(life, true, S3, S0, OK, |life, irp| {
            life.call("ZwClose", |_| {});
            down(life, irp);
        });
    }),
    ("PowerDispatchWaits", "", |life| {
        set(life, false, D2, D0, OK, |life, irp| {
            life.push(WaitBegun { object: EVENT, ..Default::default() });
            life.push(WaitEnded { object: EVENT, status: OK });
            down(life, irp);
        });
    }),
    ("RequestedPowerIrp", "0xC4/0x4100B", |life| {
        life.push(PowerIrpRequested {
            device: PDO,
            minor: power::SET_POWER,
            wants_irp: true,
            ..Default::default()
        });
    }),
    ("WaitWakeAtBadIrql", "", |life| {
        life.at(2, |life| {
            let asked = PowerIrpRequested {
                device: PDO,
                minor: power::WAIT_WAKE,
                wants_irp: true,
                ..Default::default()
            };
            life.push(asked);
        });
    }),
    ("PagedCodeAtPowerTrans", "", |life| {
        set(life, true, S3, S0, OK, |life, irp| {
            life.push(PagedTouched { section: "PAGE".into(), execute: true, ..Default::default() });
            down(life, irp);
        });
    }),
    ("PagedMemoryAsleep", "0x9F/0x3", |life| {
        life.push(SystemPowerChanged { state: S0, paging: false });
        life.push(PagedTouched { object: ObjectId::new(ObjectKind::Pool, 1), ..Default::default() });
    }),
    ("DeviceFreedWithPowerIrp", "0x9F/0x1", |life| {
        life.load().add_device().start();
        let irp = request(life, D2);
        life.remove().push(PowerIrpCompleted { irp, status: OK, callback: false }).finished(irp, OK);
    }),
    ("DeviceFreedWithPowerIrp", "0x9F/0x1", |life| {
        life.load().add_device().start();
        let irp = request(life, D0);
        life.push(PowerIrpCompleted { irp, status: OK, callback: true }).remove();
        life.push(PowerCallbackReturned { irp, pdo: PDO }).finished(irp, OK);
    }),
    ("PowerIrpBlocked", "0x9F/0x3", |life| {
        let text = "ten minutes".into();
        life.push(BugCheck { code: 0x9F, parameters: [3, 0, 0, 0], text });
    }),
    ("SystemIrpBeforeDeviceIrp", "", |life| {
        life.load().add_device().start();
        let mut device = ObjectId::NONE;
        set(life, true, S3, S0, NtStatus::PENDING, |life, irp| {
            handled(life, irp, OK, |life| device = request(life, D2));
        });
        // The device has a policy owner: it was asked for, if too late.
        life.push(SystemPowerChanged { state: S3, paging: false });
        life.push(PowerIrpCompleted { irp: device, status: OK, callback: false }).finished(device, OK);
    }),
    ("SystemWorkingHeld", "", |life| {
        set(life, true, S0, S3, NtStatus::PENDING, |life, irp| {
            life.push(IrpMarkedPending { irp }).push(CompletionRoutineSet {
                irp,
                ours: true,
                ..Default::default()
            });
            life.send(irp, mj::POWER, power::SET_POWER).completed(irp, Actor::Below, OK);
            life.completion(irp, false, NtStatus::MORE_PROCESSING_REQUIRED, |_| {}).returned(irp, OK);
            life.complete(irp, OK);
        });
    }),
    ("PowerPolicyOwner", "", |life| {
        life.load().add_device().start();
        life.push(SystemPowerChanged { state: S3, paging: false });
        life.push(SystemPowerChanged { state: S3, paging: false });
    }),
    ("WaitWakeLeftArmed", "", |life| {
        life.push(DevicePowerChanged { pdo: PDO, from: D0, to: D3, armed: true, in_flight: 0 });
    }),
    ("UsbRequestOutsideD0", "", |life| {
        let irp = life.created(IrpOrigin::IoManager, mj::INTERNAL_DEVICE_CONTROL, 0);
        life.push(RequestOutsideD0 { pdo: PDO, irp, state: D2 });
    }),
    ("UsbIdleRequest", "", |life| {
        life.push(IdleSubmitted { pdo: PDO, state: D2, ..Default::default() });
    }),
    ("UsbIdleRequest", "", |life| {
        life.push(IdleSubmitted { pdo: PDO, state: D0, another: true, ..Default::default() });
    }),
    ("UsbIdleCallback", "", |life| {
        life.push(IdleCallbackReturned { pdo: PDO, state: D0, ..Default::default() });
    }),
];

/// The driver is sent `IRP_MN_SET_POWER`; `body` is its dispatch routine.
fn set(
    life: &mut Life,
    system: bool,
    state: u32,
    from: u32,
    status: NtStatus,
    body: impl FnOnce(&mut Life, ObjectId),
) -> ObjectId {
    let minor = power::SET_POWER;
    let irp = life.created(IrpOrigin::PowerManager, mj::POWER, minor);
    let requested = !system;
    life.push(PowerIrpCreated { irp, pdo: PDO, minor, system, state, from, requested });
    let sent = IrpSent {
        irp,
        to: FDO,
        major: mj::POWER,
        minor,
        status: NtStatus::NOT_SUPPORTED,
        ..Default::default()
    };
    life.push(sent);
    let callback = Callback::Dispatch { major: mj::POWER, minor, device: FDO, irp };
    life.callback(callback, status, |life| body(life, irp));
    irp
}

/// The driver asks for a device IRP, which is under way.
fn request(life: &mut Life, state: u32) -> ObjectId {
    let minor = power::SET_POWER;
    let irp = life.created(IrpOrigin::PowerManager, mj::POWER, minor);
    life.push(PowerIrpCreated { irp, pdo: PDO, minor, system: false, state, from: D0, requested: true });
    irp
}

/// Skipped, sent, completed below.
fn down(life: &mut Life, irp: ObjectId) {
    life.push(StackSkipped { irp }).send(irp, mj::POWER, power::SET_POWER).completed(irp, Actor::Below, OK);
    life.push(PowerIrpCompleted { irp, status: OK, callback: false }).finished(irp, OK).returned(irp, OK);
}

/// Marked, sent with a completion routine, completed below; the routine lets it go with a status.
fn handled(life: &mut Life, irp: ObjectId, status: NtStatus, routine: impl FnOnce(&mut Life)) {
    life.acquire(irp);
    life.push(IrpMarkedPending { irp }).push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
    life.send(irp, mj::POWER, power::SET_POWER).completed(irp, Actor::Below, OK);
    life.completion(irp, false, OK, |life| {
        routine(life);
        life.release(irp);
    });
    life.push(PowerIrpCompleted { irp, status, callback: false }).finished(irp, status).returned(irp, OK);
}

/// Handled, and not marked pending.
fn not_marked(life: &mut Life, irp: ObjectId) {
    life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
    life.send(irp, mj::POWER, power::SET_POWER).completed(irp, Actor::Below, OK);
    life.completion(irp, false, OK, |_| {});
    life.push(PowerIrpCompleted { irp, status: OK, callback: false }).finished(irp, OK).returned(irp, OK);
}

/// A driver that owns power policy: down in order, up at once, paged memory only while the system works.
#[test]
fn a_good_sleep_is_silent() {
    let mut life = Life::new();
    life.load().add_device().start();
    life.push(PagedTouched { section: "PAGE".into(), ..Default::default() });
    life.push(SystemPowerChanged { state: S0, paging: false });
    let system = set(&mut life, true, S3, S0, NtStatus::PENDING, |life, irp| {
        life.acquire(irp).push(IrpMarkedPending { irp }).push(CompletionRoutineSet {
            irp,
            ours: true,
            ..Default::default()
        });
        life.send(irp, mj::POWER, power::SET_POWER).completed(irp, Actor::Below, OK);
        life.completion(irp, false, NtStatus::MORE_PROCESSING_REQUIRED, |_| {}).returned(irp, OK);
    });
    let device = set(&mut life, false, D2, D0, NtStatus::PENDING, |life, irp| {
        handled(life, irp, OK, |_| {});
    });
    life.push(DevicePowerChanged { pdo: PDO, from: D0, to: D2, armed: true, in_flight: 0 });
    life.callback(Callback::PowerCompletion { device: PDO, minor: power::SET_POWER }, OK, |life| {
        life.completed(system, Actor::Driver, OK).release(system);
        life.push(PowerIrpCompleted { irp: system, status: OK, callback: false }).finished(system, OK);
    });
    life.push(PowerCallbackReturned { irp: device, pdo: PDO });
    life.push(SystemPowerChanged { state: S3, paging: false });
    set(&mut life, true, S0, S3, NtStatus::PENDING, |life, irp| handled(life, irp, OK, |_| {}));
    life.push(SystemPowerChanged { state: S0, paging: true });
    set(&mut life, false, D0, D2, NtStatus::PENDING, |life, irp| handled(life, irp, OK, |_| {}));
    life.push(PagedTouched { section: "PAGE".into(), ..Default::default() });
    life.surprise_removal().remove().unload();
    let words: Vec<String> = RuleSet::judge(&life.events).iter().map(ToString::to_string).collect();
    assert_eq!(words, Vec::<String>::new());
}

/// A filter skips what it does not handle, and fails what it gets after the remove lock was waited for.
#[test]
fn a_filter_is_silent() {
    let mut life = Life::new();
    set(&mut life, true, S3, S0, OK, down);
    set(&mut life, false, D0, D2, NtStatus::DELETE_PENDING, |life, irp| {
        life.complete(irp, NtStatus::DELETE_PENDING);
    });
    let words: Vec<String> = RuleSet::judge(&life.events).iter().map(ToString::to_string).collect();
    assert_eq!(words, Vec::<String>::new());
}

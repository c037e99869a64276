//! Traces that break the rules about IRQL.

use crate::Case;
use crate::life::*;
use nt_trace::event::*;
use nt_trace::names::{mj, pnp};

pub const CASES: &[Case] = &[
    ("IrqlApcLte", "0xC4/0x20002", |life| call_at(life, 2, "ObGetObjectSecurity")),
    ("IrqlDdi", "", |life| call_at(life, 3, "IofCallDriver")),
    ("IrqlDispatch", "0xC4/0x20003", |life| call_at(life, 0, "KeAcquireSpinLockAtDpcLevel")),
    ("IrqlExAllocatePool", "0xC4/0x20004", |life| call_at(life, 3, "ExAllocatePool2")),
    ("IrqlExAllocatePool", "0xC4/0x20004", |life| {
        life.at(2, |life| {
            life.push(PoolAllocated { block: POOL, size: 8, pool: PoolKind::Paged, ..Default::default() });
        });
    }),
    ("IrqlExApcLte1", "0xC4/0x20005", |life| call_at(life, 2, "ExAcquireFastMutex")),
    ("IrqlExApcLte3", "0xC4/0x20007", |life| call_at(life, 2, "ExAcquireResourceSharedLite")),
    ("IrqlIoPassive2", "0xC4/0x2000B", |life| call_at(life, 1, "IoCreateController")),
    ("IrqlExApcLte2", "0xC4/0x20006", |life| call_at(life, 2, "ProbeForRead")),
    ("IrqlExFree1", "", |life| call_at(life, 3, "ExFreePoolWithTag")),
    ("IrqlExFree2", "0xC4/0x11", |life| {
        life.at(2, |life| {
            life.push(PoolFreed { block: POOL, pool: PoolKind::Paged, ..PoolFreed::default() });
        });
    }),
    ("IrqlExPassive", "0xC4/0x20008", |life| call_at(life, 1, "ExUuidCreate")),
    ("IrqlIoApcLte", "0xC4/0x20009", |life| call_at(life, 2, "IoDeleteDevice")),
    ("IrqlIoDispatch", "0xC4/0x20022", |life| call_at(life, 3, "IoGetDeviceToVerify")),
    ("IrqlIoPassive1", "0xC4/0x2000A", |life| call_at(life, 2, "IoCreateDevice")),
    ("IrqlIoPassive3", "0xC4/0x2000C", |life| call_at(life, 1, "IoDetachDevice")),
    ("IrqlIoPassive4", "0xC4/0x2000D", |life| call_at(life, 1, "IoCreateSymbolicLink")),
    ("IrqlIoPassive5", "0xC4/0x2000E", |life| call_at(life, 1, "IoGetDeviceObjectPointer")),
    ("IrqlIoRtlZwPassive", "0xC4/0x20023", |life| call_at(life, 1, "IoOpenDeviceRegistryKey")),
    ("IrqlKeApcLte1", "0xC4/0x2000F", |life| call_at(life, 2, "KeDelayExecutionThread")),
    ("IrqlKeApcLte2", "0xC4/0x20010", |life| call_at(life, 2, "KeAreApcsDisabled")),
    ("IrqlKeDispatchLte", "0xC4/0x20011", |life| call_at(life, 3, "KeSetTimer")),
    ("IrqlKeReleaseSpinLock", "0xC4/0x20015", |life| call_at(life, 0, "KeReleaseSpinLock")),
    ("IrqlMmApcLte", "0xC4/0x20019", |life| call_at(life, 2, "MmLockPagableDataSection")),
    ("IrqlMmDispatch", "0xC4/0x2001A", |life| call_at(life, 3, "MmFreeContiguousMemory")),
    ("IrqlObPassive", "0xC4/0x2001B", |life| call_at(life, 1, "ObReferenceObjectByHandle")),
    ("IrqlPsPassive", "0xC4/0x2001C", |life| call_at(life, 1, "PsCreateSystemThread")),
    ("IrqlRtlPassive", "0xC4/0x2001E", |life| call_at(life, 1, "RtlDeleteRegistryValue")),
    ("IrqlZwPassive", "0xC4/0x2001F", |life| call_at(life, 1, "ZwClose")),
    ("IrqlKeSetEvent", "0xC4/0x20016", |life| {
        life.at(2, |life| {
            life.push(EventSignalled { object: EVENT, by: Actor::Driver, wait: true });
        });
    }),
    ("IrqlKeWaitForMutexObject", "0xC4/0x121", |life| {
        life.at(2, |life| {
            life.push(WaitBegun { object: EVENT, ..WaitBegun::default() });
        });
    }),
    ("IrqlKeRaiseLower", "0xC4/0x30", |life| {
        life.push(IrqlRaised { from: 2, to: 1 });
    }),
    ("IrqlKeRaiseLower2", "0xC4/0x31", |life| {
        life.push(IrqlLowered { from: 0, to: 2 });
    }),
    ("IrqlReturn", "0xC4/0x2001D", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.complete(irp, OK);
            life.irql = 2;
        });
    }),
    ("ForwardedAtBadIrql", "0xC9/0x23A", |life| {
        life.at(2, |life| {
            life.dispatch(mj::PNP, pnp::STOP_DEVICE, OK, |life, irp| {
                life.pass_down(irp, mj::PNP, pnp::STOP_DEVICE, OK);
            });
        });
    }),
    ("ForwardedAtBadIrqlAllocate", "0xC9/0x23A", |life| own_irp_at_dispatch(life, IrpOrigin::Allocated)),
    ("ForwardedAtBadIrqlFsdAsync", "0xC9/0x23A", |life| {
        own_irp_at_dispatch(life, IrpOrigin::BuiltAsynchronous);
    }),
    ("ForwardedAtBadIrqlFsdSync", "0xC9/0x23A", |life| {
        own_irp_at_dispatch(life, IrpOrigin::BuiltSynchronous);
    }),
];

fn call_at(life: &mut Life, irql: u8, routine: &'static str) {
    life.at(irql, |life| {
        life.call(routine, |_| {});
    });
}

fn own_irp_at_dispatch(life: &mut Life, origin: IrpOrigin) {
    life.at(2, |life| {
        let irp = life.created(origin, 0x09, 0);
        life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() }).send(irp, 0x09, 0);
    });
}

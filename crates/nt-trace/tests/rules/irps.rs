//! Traces that break the rules about IRPs.

use crate::Case;
use crate::life::*;
use nt_trace::NtStatus;
use nt_trace::event::*;
use nt_trace::names::{mj, pnp, power};

pub const CASES: &[Case] = &[
    ("DoubleCompletion", "0x44", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.completed(irp, Actor::Driver, OK).completed(irp, Actor::Driver, OK).finished(irp, OK);
        });
    }),
    ("DoubleCompletion", "0x44", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.complete(irp, OK).completed(irp, Actor::Driver, OK);
        });
    }),
    ("DoubleCompletion", "0x44", |life| {
        sent_with_completion(life, OK, |life, irp| {
            life.completed(irp, Actor::Driver, OK);
        });
    }),
    ("CompleteRequest", "0xC9/0x209", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.push(IrpMarkedPending { irp }).send(irp, mj::READ, 0).returned(irp, NtStatus::PENDING);
            life.completed(irp, Actor::Driver, OK);
        });
    }),
    ("CompleteRequestStatusCheck", "0xC9/0x6", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.push(IrpMarkedPending { irp }).complete(irp, NtStatus::PENDING);
        });
    }),
    ("CompleteRequestStatusCheck", "", |life| {
        life.dispatch(mj::PNP, pnp::START_DEVICE, OK, |life, irp| {
            life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
            life.send(irp, mj::PNP, pnp::START_DEVICE).completed(irp, Actor::Below, FAILED);
            life.completion(irp, false, NtStatus::MORE_PROCESSING_REQUIRED, |_| {}).returned(irp, FAILED);
            life.complete(irp, OK);
        });
    }),
    ("CompleteWithCancelRoutine", "0xC9/0x7", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            let call =
                IrpCompleteCalled { irp, by: Actor::Driver, cancel_routine: true, ..Default::default() };
            life.push(call).finished(irp, OK);
        });
    }),
    ("ForwardWithCancelRoutine", "0xC9/0x203", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            let sent = IrpSent {
                irp,
                by: Actor::Driver,
                major: mj::READ,
                cancel_routine: true,
                ..Default::default()
            };
            life.push(sent).completed(irp, Actor::Below, OK).finished(irp, OK).returned(irp, OK);
        });
    }),
    ("ForwardNotOwned", "0xC9/0x205", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.push(IrpMarkedPending { irp }).send(irp, mj::READ, 0).send(irp, mj::READ, 0);
        });
    }),
    ("ForwardNotOwned", "0xC9/0x3", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.complete(irp, OK).send(irp, mj::READ, 0);
        });
    }),
    ("FailedIrpForwarded", "0xC9/0x215", |life| {
        life.dispatch(mj::PNP, pnp::QUERY_STOP_DEVICE, OK, |life, irp| {
            let sent = IrpSent {
                irp,
                by: Actor::Driver,
                major: mj::PNP,
                minor: 5,
                status: FAILED,
                ..Default::default()
            };
            life.push(sent).completed(irp, Actor::Below, OK).finished(irp, OK).returned(irp, OK);
        });
    }),
    ("StackCopiedNotSkipped", "0xC9/0x21C", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.push(StackCopied { irp, ..StackCopied::default() }).send(irp, mj::READ, 0);
            life.completed(irp, Actor::Below, OK).finished(irp, OK).returned(irp, OK);
        });
    }),
    ("CompletionRoutineCopied", "0xC9/0x207", |life| {
        sent_with_completion(life, NtStatus::MORE_PROCESSING_REQUIRED, |life, irp| {
            life.push(StackCopied { irp, with_completion_routine: true });
        });
    }),
    ("CompletionRoutineRegistered", "", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.push(CompletionRoutineSet { irp, ours: true, ex: true, ..Default::default() });
            life.completed(irp, Actor::Driver, OK);
        });
    }),
    ("PnpIrpCompletion", "0xC9/0x22E", |life| {
        life.dispatch(mj::PNP, pnp::STOP_DEVICE, OK, |life, irp| {
            life.complete(irp, OK);
        });
    }),
    ("PnpIrpCompletion", "0xC9/0x22F", |life| {
        life.dispatch(mj::PNP, 0x14, NtStatus::NOT_SUPPORTED, |life, irp| {
            life.complete(irp, NtStatus::NOT_SUPPORTED);
        });
    }),
    ("PowerIrpCompletion", "0xC9/0x231", |life| {
        life.dispatch(mj::POWER, power::SET_POWER, OK, |life, irp| {
            life.complete(irp, OK);
        });
    }),
    ("WmiForward", "0xC9/0x220", |life| {
        life.dispatch(mj::SYSTEM_CONTROL, 0, NtStatus::NOT_SUPPORTED, |life, irp| {
            life.complete(irp, NtStatus::NOT_SUPPORTED);
        });
    }),
    ("SignalEventInCompletion", "", |life| nobody_signals(life, false)),
    ("IoAllocateIrpSignalEventInCompletion", "", |life| nobody_signals(life, true)),
    ("WmiComplete", "", |life| {
        life.dispatch(mj::SYSTEM_CONTROL, 0, NtStatus::PENDING, |life, irp| {
            life.push(IrpMarkedPending { irp });
        });
    }),
    ("MarkIrpPending", "0xC9/0x23E", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.push(IrpMarkedPending { irp }).complete(irp, OK);
        });
    }),
    ("MarkIrpPending2", "0xC9/0x23D", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |_, _| {});
    }),
    ("PendedCompletedRequest", "0xC9/0x23D", |life| {
        life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.complete(irp, OK);
        });
    }),
    ("LowerDriverReturn", "0xC9/0x224", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.pass_down(irp, mj::READ, 0, FAILED);
        });
    }),
    ("LowerDriverReturn", "0xC9/0x224", |life| {
        life.dispatch(mj::READ, 0, OK, |life, irp| {
            life.complete(irp, FAILED);
        });
    }),
    ("IrpProcessingComplete", "0xC9/0x226", |life| {
        life.dispatch(mj::READ, 0, OK, |_, _| {});
    }),
    ("PnpRemove", "0xC9/0x306", |life| {
        life.dispatch(mj::PNP, pnp::CANCEL_STOP_DEVICE, FAILED, |life, irp| {
            life.complete(irp, FAILED);
        });
    }),
    ("PnpRemove", "0xC9/0x306", |life| {
        life.dispatch(mj::PNP, pnp::SURPRISE_REMOVAL, FAILED, |life, irp| {
            life.pass_down(irp, mj::PNP, pnp::SURPRISE_REMOVAL, OK);
        });
    }),
    ("NsRemoveLockMnRemove", "0xC9/0x306", |life| not_supported(life, pnp::REMOVE_DEVICE)),
    ("NsRemoveLockMnSurpriseRemove", "0xC9/0x306", |life| not_supported(life, pnp::SURPRISE_REMOVAL)),
    ("NsRemoveLockQueryMnRemove", "", |life| not_supported(life, pnp::QUERY_REMOVE_DEVICE)),
    ("PendingReturnedPropagation", "0xC9/0x228", |life| {
        let irp = life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
            life.send(irp, mj::READ, 0).returned(irp, NtStatus::PENDING);
        });
        life.completed(irp, Actor::Below, OK).completion(irp, true, OK, |_| {}).finished(irp, OK);
    }),
    ("CompletionEventChecking", "", |life| {
        let irp = life.dispatch(mj::READ, 0, NtStatus::PENDING, |life, irp| {
            life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
            life.send(irp, mj::READ, 0).returned(irp, NtStatus::PENDING);
        });
        life.completed(irp, Actor::Below, OK).completion(irp, true, OK, |life| {
            life.push(IrpMarkedPending { irp });
            life.push(EventSignalled { object: EVENT, by: Actor::Driver, wait: false });
        });
        life.finished(irp, OK);
    }),
];

/// A request that comes back to a completion routine which ends with `disposition`.
fn sent_with_completion(life: &mut Life, disposition: NtStatus, routine: impl FnOnce(&mut Life, ObjectId)) {
    let pending = NtStatus::PENDING;
    let irp = life.dispatch(mj::READ, 0, pending, |life, irp| {
        life.push(IrpMarkedPending { irp }).push(CompletionRoutineSet {
            irp,
            ours: true,
            ..Default::default()
        });
        life.send(irp, mj::READ, 0).returned(irp, pending);
    });
    life.completed(irp, Actor::Below, OK).completion(irp, true, disposition, |life| routine(life, irp));
}

fn not_supported(life: &mut Life, minor: u8) {
    life.dispatch(mj::PNP, minor, NtStatus::NOT_SUPPORTED, |life, irp| {
        life.complete(irp, NtStatus::NOT_SUPPORTED);
    });
}

/// A start waits for an IRP whose completion routine says nothing.
fn nobody_signals(life: &mut Life, own: bool) {
    let pending = NtStatus::PENDING;
    life.dispatch(mj::PNP, pnp::START_DEVICE, OK, |life, start| {
        let irp = if own { life.created(IrpOrigin::Allocated, 0, 0) } else { start };
        life.push(CompletionRoutineSet { irp, ours: true, ..Default::default() });
        life.send(irp, if own { mj::INTERNAL_DEVICE_CONTROL } else { mj::PNP }, 0).returned(irp, pending);
        life.push(WaitBegun { object: EVENT, ..WaitBegun::default() });
        life.on(9, |life| {
            life.completed(irp, Actor::Below, OK);
            life.completion(irp, true, NtStatus::MORE_PROCESSING_REQUIRED, |_| {});
        });
        life.push(Deadlock { text: "thread#1 waits for event#1".into() });
    });
    let stop = life.events.iter().rposition(|event| event.kind.tag() == nt_trace::Tag::Deadlock);
    life.events.truncate(stop.unwrap_or(0) + 1);
}

//! `CYCLE_PORT`: the request goes down with the caller's own IRP, and nobody waits for it.

use usbclient_core::{
    dispatch::Pended,
    recovery::{Scope, prepare_cycle},
};
use usbclient_protocol::status::NtStatus;

use super::{Job, finish, quiet::set_held, start_next, tell};
use crate::{
    holding,
    nt::{
        Nt,
        device::Device,
        irql::{AtMostDispatch, Passive},
        port,
    },
    reader,
};

/// Makes the device quiet and sends the request. From then on nothing that removal waits for is held: the run ends, and
/// the IRP has the remove lock only, which removal waits for after it has gone down.
pub(super) fn cycle(device: Device, pended: Pended<Nt>, passive: &mut Passive) {
    match prepare_cycle::<Nt>(device, passive) {
        Ok(_quiet) => {
            device.gate.lock(passive).recovery.is_cycling = true;
            port::send_cycle(pended, passive);
        }
        Err(status) => finish(device, pended, Job::CyclePort, status.nt(), 0),
    }
}

/// The bus driver has answered: requests pass again, if the device is still there. Answers the status for the caller.
/// The IRP holds the remove lock.
pub fn cycled(device: Device, status: NtStatus, irql: &mut AtMostDispatch) -> NtStatus {
    let mut gate = device.gate.lock(irql);
    gate.recovery.is_cycling = false;
    set_held(&mut gate, Scope::Device, false);
    let gone = gate.machine.overriding_status();
    drop(gate);
    holding::send_held(device, irql);
    reader::pump_all(device, irql);
    start_next(device, irql);
    let status = match gone {
        Some(gone) if !status.is_success() => gone.nt(),
        _ => status,
    };
    tell(device, Job::CyclePort, status);
    status
}

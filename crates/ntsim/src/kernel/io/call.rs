//! `IoCallDriver`.

use nt_trace::{
    NtStatus, ObjectId,
    event::{Actor, Callback, IrpReturned, IrpSent},
};

use super::HOST_ROUTINE;
use crate::{
    abi::{
        IO_STACK_LOCATION,
        irp_major::{IRP_MJ_DEVICE_CONTROL, IRP_MJ_INTERNAL_DEVICE_CONTROL},
        status::STATUS_INVALID_DEVICE_REQUEST,
    },
    kernel::{
        Kernel,
        bug_check::{NO_MORE_IRP_STACK_LOCATIONS, bug_check, verifier_io},
        callback::{self, Frame, low_half},
        shadow::location,
    },
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// `IoCallDriver`: hands the IRP to the driver of `device` and gives what its dispatch routine returned.
/// `from` is the sender's device object, NULL for the IRP's creator.
///
/// # Errors
/// When the machine stops.
pub async fn call_driver(cpu: &Cpu, from: Addr, device: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    let (sent, target) = {
        let mut kernel = cpu.k();
        let sent = kernel.send(from, device, irp)?;
        let target = kernel.target(device, sent.major)?;
        (sent, target)
    };
    let status = match target {
        Target::Sim(driver) => driver.dispatch(cpu.clone(), device, irp).await?,
        Target::Driver(routine) => {
            let (major, minor) = (sent.major, sent.minor);
            cpu.k().keep_invariant(irp, major)?;
            let what = Callback::Dispatch { major, minor, device: sent.to, irp: sent.irp };
            let frame = Frame { device, irp };
            low_half(callback::call_in(cpu, what, routine, &[device, irp], frame).await?)
        }
        Target::Nobody => {
            cpu.k().set_io_status(irp, STATUS_INVALID_DEVICE_REQUEST, 0)?;
            super::complete_request(cpu, Addr::NULL, irp).await?;
            STATUS_INVALID_DEVICE_REQUEST
        }
    };
    cpu.k().emit(IrpReturned { irp: sent.irp, by: sent.by, to: sent.to, status });
    Ok(status)
}

struct Sent {
    irp: ObjectId,
    to: ObjectId,
    by: Actor,
    major: u8,
    minor: u8,
}

enum Target {
    Sim(std::rc::Rc<dyn super::SimDriver>),
    Driver(Addr),
    Nobody,
}

impl Kernel {
    /// Moves the IRP on to the next stack location, for the driver of `device`.
    fn send(&mut self, from: Addr, device: Addr, irp: Addr) -> Result<Sent, Stop> {
        self.sync_irp(irp);
        let id = self.object(irp);
        if !self.io.irps.contains_key(&irp) {
            let text = format!("IoCallDriver with {irp} ({id}), which is no IRP or was freed");
            return Err(verifier_io(0x03, text));
        }
        if device.is_null() {
            return Err(verifier_io(0x204, format!("IoCallDriver with {id} and no device object")));
        }
        if !self.io.devices.contains_key(&device) {
            let text = format!("IoCallDriver of {device} ({}), no device object", self.object(device));
            return Err(verifier_io(0x04, text));
        }
        self.check_not_below(from, device, irp)?;
        let number = self.irp(irp)?.CurrentLocation.saturating_sub(1);
        if number <= 0 {
            let text = format!("{id} has no stack location for {}", self.object(device));
            return Err(bug_check(NO_MORE_IRP_STACK_LOCATIONS, irp.0, text));
        }
        let at = location(irp, u64::try_from(number).unwrap_or(0));
        if let Some(record) = self.io.irps.get_mut(&irp) {
            record.queued = false;
        }
        self.irp_mut(irp, |header| {
            header.CurrentLocation = number;
            header.Tail.CurrentStackLocation = at;
        })?;
        let request: IO_STACK_LOCATION = self.location_mut(irp, number, |next| {
            next.DeviceObject = device;
            *next
        })?;
        let by = if from.is_null() { self.creator(irp) } else { self.actor_of(from) };
        let (major, minor) = (request.MajorFunction, request.MinorFunction);
        let has_code = matches!(major, IRP_MJ_DEVICE_CONTROL | IRP_MJ_INTERNAL_DEVICE_CONTROL);
        let control_code = if has_code { request.Parameters.DeviceIoControl().IoControlCode } else { 0 };
        let header = self.irp(irp)?;
        let (status, cancel_routine) = (NtStatus(header.IoStatus.Status), !header.CancelRoutine.is_null());
        let (from, to) = (self.object(from), self.object(device));
        let control = request.Control;
        self.emit(IrpSent {
            irp: id,
            by,
            from,
            to,
            major,
            minor,
            control_code,
            status,
            cancel_routine,
            control,
        });
        if by == Actor::Driver {
            self.check_invariant_sent(irp)?;
            self.irp_given_away(irp);
        }
        Ok(Sent { irp: id, to, by, major, minor })
    }

    /// Whether a driver below the one under test has the IRP.
    pub(super) fn is_below(&self, irp: Addr) -> bool {
        let Ok(header) = self.irp(irp) else { return false };
        let in_use = header.CurrentLocation <= header.StackCount;
        in_use && self.current_location(irp).is_ok_and(|at| self.actor_of(at.DeviceObject) == Actor::Below)
    }

    /// Forwarding an IRP that is below already is told and stops the machine.
    fn check_not_below(&mut self, from: Addr, device: Addr, irp: Addr) -> Result<(), Stop> {
        if self.actor_of(from) != Actor::Driver || !self.is_below(irp) {
            return Ok(());
        }
        let at = self.current_location(irp)?;
        let (major, minor) = (at.MajorFunction, at.MinorFunction);
        let status = NtStatus(self.irp(irp)?.IoStatus.Status);
        let (irp, from, to) = (self.object(irp), self.object(from), self.object(device));
        self.emit(IrpSent { irp, by: Actor::Driver, from, to, major, minor, status, ..Default::default() });
        Err(verifier_io(0x205, format!("{irp} is sent to {to}, but a driver below has it already")))
    }

    fn target(&self, device: Addr, major: u8) -> Result<Target, Stop> {
        let Some(record) = self.io.devices.get(&device) else { return Ok(Target::Nobody) };
        if let Some(sim) = &record.sim {
            return Ok(Target::Sim(sim.clone()));
        }
        let routine = self.dispatch_routine(record.driver, major)?;
        Ok(if routine.is_null() || routine == HOST_ROUTINE {
            Target::Nobody
        } else {
            Target::Driver(routine)
        })
    }

    /// Who made an IRP.
    pub(super) fn creator(&self, irp: Addr) -> Actor {
        use nt_trace::event::IrpOrigin;
        match self.io.irps.get(&irp).map(|record| record.origin) {
            Some(
                IrpOrigin::Allocated
                | IrpOrigin::BuiltDeviceControl
                | IrpOrigin::BuiltAsynchronous
                | IrpOrigin::BuiltSynchronous,
            ) => Actor::Driver,
            Some(IrpOrigin::OtherDriver) => Actor::Below,
            _ => Actor::System,
        }
    }
}

//! Idle notifications: `IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION`.
//!
//! The hub calls the driver's idle callback when the device may be suspended: within `IoCallDriver` if the stack
//! completes inline, otherwise later, in a thread of its own. It holds the IRP until the device is asked into D0 (or
//! D3), the system changes its state, the IRP is cancelled, or the device is removed.
//!
//! Page: `usbcon/usb-selective-suspend`.

use nt_trace::{
    NtStatus,
    event::{Callback, IdleCallbackReturned, IdleSubmitted},
};

use super::bus::complete;
use crate::{
    abi::{
        power::POWER_DEVICE_D0,
        status::{
            STATUS_CANCELLED, STATUS_DEVICE_BUSY, STATUS_INVALID_LEVEL, STATUS_INVALID_PARAMETER,
            STATUS_NO_SUCH_DEVICE, STATUS_PENDING, STATUS_POWER_STATE_INVALID,
        },
    },
    kernel::{
        Kernel,
        callback::{self, Frame},
        ke::CANCEL_SPIN_LOCK,
    },
    mem::Addr,
    sched::{Cpu, PASSIVE_LEVEL, Time},
    stop::Stop,
};

/// Bytes of a `USB_IDLE_CALLBACK_INFO`: the callback, its context.
const CALLBACK_INFO: u32 = 16;
/// How long a hub takes to call back, in units of 100 ns.
const LATE: Time = 50_000;

/// An idle notification that the hub holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Idle {
    irp: Addr,
    routine: Addr,
    context: Addr,
    phase: Phase,
    /// Why it ends when the callback returns.
    ended: Option<NtStatus>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Waiting,
    Calling,
    Called,
}

/// An idle notification arrives.
///
/// # Errors
/// When the machine stops.
pub(super) async fn submit(cpu: &Cpu, pdo: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    let refused = cpu.k().usb_take_idle(pdo, irp)?;
    if let Some(status) = refused {
        return complete(cpu, pdo, irp, status).await;
    }
    let inline = cpu.look().usb_completion(pdo).is_inline();
    if inline {
        call_back(cpu, pdo, irp).await?;
    } else {
        cpu.k().sched.spawn("USB hub: idle", PASSIVE_LEVEL, move |cpu| async move {
            cpu.sleep(LATE).await;
            call_back(&cpu, pdo, irp).await
        });
    }
    Ok(STATUS_PENDING)
}

/// Calls the driver's callback, if the notification still waits for that.
async fn call_back(cpu: &Cpu, pdo: Addr, irp: Addr) -> Result<(), Stop> {
    let (idle, owner, name) = {
        let mut kernel = cpu.k();
        let Some(idle) = kernel.usb_idle(pdo, irp).filter(|idle| idle.phase == Phase::Waiting) else {
            return Ok(());
        };
        idle.phase = Phase::Calling;
        let idle = *idle;
        (idle, kernel.usb_client(pdo), kernel.object(irp))
    };
    let frame = Frame { device: owner, irp: Addr::NULL };
    callback::call_in(cpu, Callback::Idle { irp: name }, idle.routine, &[idle.context], frame).await?;
    let ended = {
        let mut kernel = cpu.k();
        let state = kernel.usb_power_state(pdo);
        let ended = kernel.usb_idle(pdo, irp).and_then(|idle| {
            idle.phase = Phase::Called;
            idle.ended
        });
        let (pdo_name, irp_name) = (kernel.object(pdo), kernel.object(irp));
        let excused = ended.is_some();
        kernel.emit(IdleCallbackReturned { pdo: pdo_name, irp: irp_name, state, excused });
        if ended.is_some() {
            kernel.usb_forget_idle(pdo);
            kernel.clear_cancel(irp)?;
        }
        ended
    };
    match ended {
        Some(status) => complete(cpu, pdo, irp, status).await.map(drop),
        None => Ok(()),
    }
}

/// The notification of a device ends: now, or when the callback returns.
///
/// # Errors
/// When the machine stops.
pub(super) async fn end(cpu: &Cpu, pdo: Addr, status: NtStatus) -> Result<(), Stop> {
    let irp = cpu.k().usb_end_idle(pdo, status)?;
    match irp {
        Some(irp) => complete(cpu, pdo, irp, status).await.map(drop),
        None => Ok(()),
    }
}

/// The cancel routine of an idle notification. It is called with the cancel spin lock held.
async fn cancelled(cpu: Cpu, pdo: Addr, irp: Addr) -> Result<(), Stop> {
    let now = {
        let mut kernel = cpu.k();
        let irql = kernel.irp(irp)?.CancelIrql;
        kernel.release_spin_lock(CANCEL_SPIN_LOCK, irql)?;
        match kernel.usb_idle(pdo, irp) {
            Some(idle) if idle.phase == Phase::Calling => {
                idle.ended = Some(STATUS_CANCELLED);
                false
            }
            Some(_) => {
                kernel.usb_forget_idle(pdo);
                true
            }
            None => false,
        }
    };
    if now {
        complete(&cpu, pdo, irp, STATUS_CANCELLED).await?;
    }
    Ok(())
}

impl Kernel {
    fn usb_idle(&mut self, pdo: Addr, irp: Addr) -> Option<&mut Idle> {
        self.usb.devices.get_mut(&pdo)?.idle.as_mut().filter(|idle| idle.irp == irp)
    }

    fn usb_forget_idle(&mut self, pdo: Addr) {
        if let Some(device) = self.usb.devices.get_mut(&pdo) {
            device.idle = None;
        }
    }

    /// The device object above the physical one: the client's.
    fn usb_client(&self, pdo: Addr) -> Addr {
        self.mem.at::<crate::abi::DEVICE_OBJECT>(pdo).map_or(Addr::NULL, |object| object.AttachedDevice)
    }

    /// Holds an idle notification, or gives the status that it is refused with.
    fn usb_take_idle(&mut self, pdo: Addr, irp: Addr) -> Result<Option<NtStatus>, Stop> {
        let control = *self.current_location(irp)?.Parameters.DeviceIoControl();
        let (state, irql) = (self.usb_power_state(pdo), self.sched.irql());
        let another = self.usb.devices.get(&pdo).is_some_and(|device| device.idle.is_some());
        let info = control.Type3InputBuffer;
        let refused = if self.usb.is_gone(pdo) {
            Some(STATUS_NO_SUCH_DEVICE)
        } else if irql > PASSIVE_LEVEL {
            Some(STATUS_INVALID_LEVEL)
        } else if info.is_null() || control.InputBufferLength < CALLBACK_INFO {
            Some(STATUS_INVALID_PARAMETER)
        } else if another {
            Some(STATUS_DEVICE_BUSY)
        } else {
            (state != POWER_DEVICE_D0).then_some(STATUS_POWER_STATE_INVALID)
        };
        let (pdo_name, irp_name) = (self.object(pdo), self.object(irp));
        let status = refused.unwrap_or(STATUS_PENDING);
        self.emit(IdleSubmitted { pdo: pdo_name, irp: irp_name, state, another, status });
        if refused.is_some() {
            return Ok(refused);
        }
        let (routine, context) = (self.mem.read(info)?, self.mem.read(info.field(8))?);
        let idle = Idle { irp, routine, context, phase: Phase::Waiting, ended: None };
        if let Some(device) = self.usb.devices.get_mut(&pdo) {
            device.idle = Some(idle);
        }
        self.mark_pending(irp)?;
        self.set_cancel(
            irp,
            Box::new(move |cpu, _, irp| Box::pin(async move { cancelled(cpu, pdo, irp).await })),
        )?;
        if self.irp(irp)?.Cancel != 0 && self.clear_cancel(irp)? {
            // Cancelled before it arrived.
            self.usb_forget_idle(pdo);
            return Ok(Some(STATUS_CANCELLED));
        }
        Ok(None)
    }

    /// The notification is over. Gives the IRP if it is to be completed now.
    fn usb_end_idle(&mut self, pdo: Addr, status: NtStatus) -> Result<Option<Addr>, Stop> {
        let Some(idle) = self.usb.devices.get_mut(&pdo).and_then(|device| device.idle.as_mut()) else {
            return Ok(None);
        };
        if idle.phase == Phase::Calling {
            idle.ended = idle.ended.or(Some(status));
            return Ok(None);
        }
        let irp = idle.irp;
        if !self.clear_cancel(irp)? {
            return Ok(None);
        }
        self.usb_forget_idle(pdo);
        Ok(Some(irp))
    }
}

//! Power requests at the physical device object: states of the device, and wake.
//!
//! A device that leaves D0 fails what is in flight with `USBD_STATUS_CANCELED`; a request that comes while it is not
//! in D0 is refused with the same status (no page names one) and told in the trace. Configuration and pipe handles
//! survive every state; after S4 the device was without power, and the stack configures it again.

use nt_trace::{
    NtStatus,
    event::{DevicePowerChanged, RequestOutsideD0, WakeSignalled},
};

use super::{
    Completion,
    bus::{complete, complete_unchanged},
    idle,
};
use crate::{
    abi::{
        irp_minor::{IRP_MN_QUERY_POWER, IRP_MN_SET_POWER, IRP_MN_WAIT_WAKE},
        power::{
            POWER_DEVICE_D0, POWER_DEVICE_D1, POWER_DEVICE_D2, POWER_DEVICE_D3, POWER_SYSTEM_HIBERNATE,
            POWER_SYSTEM_SLEEPING3, POWER_SYSTEM_WORKING, SYSTEM_POWER_STATE,
        },
        status::{
            STATUS_CANCELLED, STATUS_DEVICE_BUSY, STATUS_INVALID_DEVICE_STATE, STATUS_NO_SUCH_DEVICE,
            STATUS_PENDING, STATUS_POWER_STATE_INVALID, STATUS_SUCCESS,
        },
        usbd_status::USBD_STATUS_CANCELED,
    },
    kernel::{Kernel, ke::CANCEL_SPIN_LOCK},
    mem::Addr,
    sched::{Cpu, DISPATCH_LEVEL},
    stop::Stop,
};

/// The deepest state of the system from which a USB device may wake it: `SystemWake` of its capabilities.
pub(super) const SYSTEM_WAKE: u32 = POWER_SYSTEM_SLEEPING3;
/// The deepest state of the device from which it may signal wake: `DeviceWake` of its capabilities.
pub(super) const DEVICE_WAKE: u32 = POWER_DEVICE_D2;
/// How often a racing dispatch routine lets others run before it gives up and returns.
const PATIENCE: u32 = 64;

/// Answers a power request.
///
/// # Errors
/// When the machine stops.
pub(super) async fn dispatch(cpu: &Cpu, pdo: Addr, irp: Addr, minor: u8) -> Result<NtStatus, Stop> {
    let (system, state) = {
        let kernel = cpu.look();
        let power = *kernel.current_location(irp)?.Parameters.Power();
        (power.Type == SYSTEM_POWER_STATE, power.State)
    };
    match minor {
        IRP_MN_QUERY_POWER => finish(cpu, pdo, irp, STATUS_SUCCESS).await,
        IRP_MN_SET_POWER if system => {
            if state != POWER_SYSTEM_WORKING {
                // "A system power state change is required."
                idle::end(cpu, pdo, STATUS_CANCELLED).await?;
            }
            finish(cpu, pdo, irp, STATUS_SUCCESS).await
        }
        IRP_MN_SET_POWER => set_device_state(cpu, pdo, irp, state).await,
        IRP_MN_WAIT_WAKE => wait_wake(cpu, pdo, irp).await,
        _ => complete_unchanged(cpu, pdo, irp).await,
    }
}

async fn set_device_state(cpu: &Cpu, pdo: Addr, irp: Addr, state: u32) -> Result<NtStatus, Stop> {
    let gone = cpu.look().usb.is_gone(pdo);
    if gone && state == POWER_DEVICE_D0 {
        return finish(cpu, pdo, irp, STATUS_NO_SUCH_DEVICE).await;
    }
    cpu.k().usb_set_power(pdo, state);
    match state {
        POWER_DEVICE_D0 => idle::end(cpu, pdo, STATUS_SUCCESS).await?,
        POWER_DEVICE_D3 => idle::end(cpu, pdo, STATUS_POWER_STATE_INVALID).await?,
        _ => {}
    }
    finish(cpu, pdo, irp, STATUS_SUCCESS).await
}

/// Completes a power request when and where the stack completes URBs.
async fn finish(cpu: &Cpu, pdo: Addr, irp: Addr, status: NtStatus) -> Result<NtStatus, Stop> {
    let completion = cpu.look().usb_completion(pdo);
    match completion {
        Completion::Inline => return complete(cpu, pdo, irp, status).await,
        Completion::InlinePending => {
            cpu.k().mark_pending(irp)?;
            complete(cpu, pdo, irp, status).await?;
            return Ok(STATUS_PENDING);
        }
        _ => {}
    }
    {
        let mut kernel = cpu.k();
        kernel.mark_pending(irp)?;
        kernel.usb_complete_later(pdo, irp, status, completion.irql());
    }
    if completion == Completion::Racing {
        for _ in 0..PATIENCE {
            if !cpu.look().power.is_outstanding(irp) {
                break;
            }
            cpu.yield_now().await;
        }
    }
    Ok(STATUS_PENDING)
}

/// `IRP_MN_WAIT_WAKE`: held until the device signals wake, it is cancelled, or the stack is removed.
async fn wait_wake(cpu: &Cpu, pdo: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    let refused = cpu.k().usb_take_wait_wake(pdo, irp)?;
    match refused {
        Some(status) => complete(cpu, pdo, irp, status).await,
        None => Ok(STATUS_PENDING),
    }
}

/// The cancel routine of a wait/wake IRP. It is called with the cancel spin lock held.
async fn wait_wake_cancelled(cpu: Cpu, pdo: Addr, irp: Addr) -> Result<(), Stop> {
    {
        let mut kernel = cpu.k();
        let irql = kernel.irp(irp)?.CancelIrql;
        kernel.release_spin_lock(CANCEL_SPIN_LOCK, irql)?;
        if let Some(device) = kernel.usb.devices.get_mut(&pdo) {
            device.wait_wake.take_if(|held| *held == irp);
        }
    }
    complete(&cpu, pdo, irp, STATUS_CANCELLED).await.map(drop)
}

/// The stack is removed: a wait/wake IRP that is left comes back.
///
/// # Errors
/// When the machine stops.
pub(super) async fn removed(cpu: &Cpu, pdo: Addr) -> Result<(), Stop> {
    let (irp, status) = {
        let mut kernel = cpu.k();
        let status = if kernel.usb.is_gone(pdo) { STATUS_NO_SUCH_DEVICE } else { STATUS_CANCELLED };
        (kernel.usb_give_wait_wake(pdo)?, status)
    };
    match irp {
        Some(irp) => complete(cpu, pdo, irp, status).await.map(drop),
        None => Ok(()),
    }
}

/// The device signals wake: a wait/wake IRP that waits for it is completed. False: nothing is armed.
pub fn signal_wake(kernel: &mut Kernel, pdo: Addr) -> bool {
    let system = kernel.power.system;
    let armed = system <= SYSTEM_WAKE
        && kernel.usb.devices.get(&pdo).is_some_and(|device| {
            let low = matches!(device.power, POWER_DEVICE_D1 | POWER_DEVICE_D2);
            !device.gone && low && device.wait_wake.is_some()
        });
    let name = kernel.object(pdo);
    kernel.emit_at(None, WakeSignalled { pdo: name, armed });
    if !armed {
        return false;
    }
    let Ok(Some(irp)) = kernel.usb_give_wait_wake(pdo) else { return false };
    kernel.usb_complete_later(pdo, irp, STATUS_SUCCESS, DISPATCH_LEVEL);
    true
}

/// The system sleeps in this state.
pub fn system_sleeps(kernel: &mut Kernel, state: u32) {
    if state < POWER_SYSTEM_HIBERNATE {
        return;
    }
    // Devices lose their power, whatever their drivers did.
    let pdos: Vec<Addr> = kernel.usb.devices.keys().copied().collect();
    for pdo in pdos {
        if let Some(device) = kernel.usb.devices.get_mut(&pdo) {
            device.lost_power = true;
        }
    }
}

/// The system wakes: what a controller that was off had of requests fails, devices that were without power are
/// configured again.
pub fn system_wakes(kernel: &mut Kernel) {
    let slept = kernel.power.system;
    let pdos: Vec<Addr> = kernel.usb.devices.keys().copied().collect();
    for pdo in pdos {
        let Some(device) = kernel.usb.devices.get_mut(&pdo) else { continue };
        if std::mem::take(&mut device.lost_power) {
            kernel.usb_reset_port(pdo);
        } else if slept >= POWER_SYSTEM_SLEEPING3 {
            kernel.usb_abort(pdo, USBD_STATUS_CANCELED, |_, _| true);
            kernel.usb_pump(pdo);
        }
    }
}

impl Kernel {
    /// The state of the device behind a physical device object, a `DEVICE_POWER_STATE`. D0 for an unknown one.
    #[must_use]
    pub fn usb_power_state(&self, pdo: Addr) -> u32 {
        self.usb.devices.get(&pdo).map_or(POWER_DEVICE_D0, |device| device.power)
    }

    /// The device gets into another state.
    pub(super) fn usb_set_power(&mut self, pdo: Addr, state: u32) {
        let name = self.object(pdo);
        let Some(device) = self.usb.devices.get_mut(&pdo) else { return };
        let from = std::mem::replace(&mut device.power, state);
        if from == state {
            return;
        }
        let armed = device.wait_wake.is_some();
        let in_flight = u32::try_from(device.transfers.len()).unwrap_or(u32::MAX);
        self.emit(DevicePowerChanged { pdo: name, from, to: state, armed, in_flight });
        if from == POWER_DEVICE_D0 {
            self.usb_abort(pdo, USBD_STATUS_CANCELED, |_, _| true);
            self.usb_pump(pdo);
        }
        self.pnp_changed();
    }

    /// Whether a request may be carried out: only in D0. Tells of one that may not.
    pub(super) fn usb_is_powered(&mut self, pdo: Addr, irp: Addr) -> bool {
        let state = self.usb_power_state(pdo);
        if state == POWER_DEVICE_D0 {
            return true;
        }
        let (pdo, irp) = (self.object(pdo), self.object(irp));
        self.emit(RequestOutsideD0 { pdo, irp, state });
        false
    }

    /// Completes an IRP on a thread of its own.
    fn usb_complete_later(&mut self, pdo: Addr, irp: Addr, status: NtStatus, irql: u8) {
        if irql >= DISPATCH_LEVEL {
            self.begin_dpc();
        }
        self.sched.spawn("USB hub", irql, move |cpu| async move {
            complete(&cpu, pdo, irp, status).await?;
            if irql >= DISPATCH_LEVEL {
                cpu.k().end_dpc();
            }
            Ok(())
        });
    }

    /// Holds a wait/wake IRP, or gives the status that it is refused with.
    fn usb_take_wait_wake(&mut self, pdo: Addr, irp: Addr) -> Result<Option<NtStatus>, Stop> {
        let from = self.current_location(irp)?.Parameters.Argument1.0;
        let Some(device) = self.usb.devices.get_mut(&pdo).filter(|device| !device.gone) else {
            return Ok(Some(STATUS_NO_SUCH_DEVICE));
        };
        if device.wait_wake.is_some() {
            return Ok(Some(STATUS_DEVICE_BUSY));
        }
        if device.power > DEVICE_WAKE || from > u64::from(SYSTEM_WAKE) {
            return Ok(Some(STATUS_INVALID_DEVICE_STATE));
        }
        device.wait_wake = Some(irp);
        self.mark_pending(irp)?;
        self.set_cancel(
            irp,
            Box::new(move |cpu, _, irp| Box::pin(async move { wait_wake_cancelled(cpu, pdo, irp).await })),
        )?;
        Ok(None)
    }

    /// The wait/wake IRP that is held, if nobody cancels it just now.
    fn usb_give_wait_wake(&mut self, pdo: Addr) -> Result<Option<Addr>, Stop> {
        let Some(irp) = self.usb.devices.get(&pdo).and_then(|device| device.wait_wake) else {
            return Ok(None);
        };
        if !self.clear_cancel(irp)? {
            return Ok(None);
        }
        if let Some(device) = self.usb.devices.get_mut(&pdo) {
            device.wait_wake = None;
        }
        Ok(Some(irp))
    }
}

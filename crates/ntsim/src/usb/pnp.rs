//! PnP requests at the physical device object.

use nt_trace::NtStatus;

use super::{
    bus::{complete, complete_unchanged, complete_with},
    complete::complete_all,
    idle, power, query_id,
};
use crate::{
    abi::{
        DEVICE_CAPABILITIES, DEVICE_RELATIONS,
        device_flags::DO_POWER_PAGABLE,
        irp_minor::{
            IRP_MN_CANCEL_REMOVE_DEVICE, IRP_MN_CANCEL_STOP_DEVICE, IRP_MN_DEVICE_USAGE_NOTIFICATION,
            IRP_MN_QUERY_CAPABILITIES, IRP_MN_QUERY_DEVICE_RELATIONS, IRP_MN_QUERY_ID,
            IRP_MN_QUERY_PNP_DEVICE_STATE, IRP_MN_QUERY_REMOVE_DEVICE, IRP_MN_QUERY_STOP_DEVICE,
            IRP_MN_REMOVE_DEVICE, IRP_MN_START_DEVICE, IRP_MN_STOP_DEVICE, IRP_MN_SURPRISE_REMOVAL,
        },
        power::{POWER_DEVICE_D0, POWER_DEVICE_D2, POWER_DEVICE_D3, POWER_DEVICE_UNSPECIFIED},
        status::{
            STATUS_CANCELLED, STATUS_INVALID_PARAMETER, STATUS_NO_SUCH_DEVICE, STATUS_PENDING, STATUS_SUCCESS,
        },
        usbd_status::{USBD_STATUS_CANCELED, USBD_STATUS_DEVICE_GONE},
    },
    kernel::Kernel,
    mem::{Addr, Fill},
    sched::{Cpu, PASSIVE_LEVEL},
    stop::Stop,
};

/// `TargetDeviceRelation`
const TARGET_DEVICE_RELATION: u32 = 4;

/// Answers a PnP request.
///
/// # Errors
/// When the machine stops.
pub(super) async fn dispatch(cpu: &Cpu, pdo: Addr, irp: Addr, minor: u8) -> Result<NtStatus, Stop> {
    match minor {
        IRP_MN_START_DEVICE => {
            // A device is in D0 when it starts.
            cpu.k().usb_set_power(pdo, POWER_DEVICE_D0);
            let gone = cpu.look().usb.is_gone(pdo);
            finish(cpu, pdo, irp, if gone { STATUS_NO_SUCH_DEVICE } else { STATUS_SUCCESS }).await
        }
        IRP_MN_QUERY_STOP_DEVICE
        | IRP_MN_CANCEL_STOP_DEVICE
        | IRP_MN_STOP_DEVICE
        | IRP_MN_QUERY_REMOVE_DEVICE
        | IRP_MN_CANCEL_REMOVE_DEVICE => complete(cpu, pdo, irp, STATUS_SUCCESS).await,
        IRP_MN_SURPRISE_REMOVAL => {
            idle::end(cpu, pdo, STATUS_CANCELLED).await?;
            complete(cpu, pdo, irp, STATUS_SUCCESS).await
        }
        IRP_MN_DEVICE_USAGE_NOTIFICATION => {
            cpu.k().usb_usage_changed(pdo, irp)?;
            complete(cpu, pdo, irp, STATUS_SUCCESS).await
        }
        IRP_MN_QUERY_PNP_DEVICE_STATE => {
            // Bits that a driver above has set already stay.
            let information = cpu.look().irp(irp)?.IoStatus.Information;
            complete_with(cpu, pdo, irp, STATUS_SUCCESS, information).await
        }
        IRP_MN_REMOVE_DEVICE => remove(cpu, pdo, irp).await,
        IRP_MN_QUERY_CAPABILITIES => {
            let status = cpu.k().usb_capabilities(pdo, irp)?;
            finish(cpu, pdo, irp, status).await
        }
        IRP_MN_QUERY_ID => {
            let answer = cpu.k().usb_query_id(pdo, irp)?;
            answer_or_leave(cpu, pdo, irp, answer).await
        }
        IRP_MN_QUERY_DEVICE_RELATIONS => {
            let answer = cpu.k().usb_relations(pdo, irp)?;
            answer_or_leave(cpu, pdo, irp, answer).await
        }
        // QUERY_INTERFACE among them: the status stays STATUS_NOT_SUPPORTED, which is the answer.
        _ => complete_unchanged(cpu, pdo, irp).await,
    }
}

/// Completes a request that a hub may take its time for: at once, or from a thread at `PASSIVE_LEVEL` when the
/// stack completes URBs later too.
async fn finish(cpu: &Cpu, pdo: Addr, irp: Addr, status: NtStatus) -> Result<NtStatus, Stop> {
    if cpu.look().usb_completion(pdo).is_inline() {
        return complete(cpu, pdo, irp, status).await;
    }
    let mut kernel = cpu.k();
    kernel.mark_pending(irp)?;
    kernel.sched.spawn("USB hub", PASSIVE_LEVEL, move |cpu| async move {
        complete(&cpu, pdo, irp, status).await.map(drop)
    });
    Ok(STATUS_PENDING)
}

async fn answer_or_leave(cpu: &Cpu, pdo: Addr, irp: Addr, answer: Option<Addr>) -> Result<NtStatus, Stop> {
    match answer {
        Some(answer) => complete_with(cpu, pdo, irp, STATUS_SUCCESS, answer.0).await,
        None => complete_unchanged(cpu, pdo, irp).await,
    }
}

/// `REMOVE`: whatever the stack still holds comes back. The device object goes if the bus has found the device
/// missing; it stays, for a stack to come, if the device is still there.
async fn remove(cpu: &Cpu, pdo: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    {
        let mut kernel = cpu.k();
        let gone = kernel.usb.is_gone(pdo);
        let usbd = if gone { USBD_STATUS_DEVICE_GONE } else { USBD_STATUS_CANCELED };
        kernel.usb_abort(pdo, usbd, |_, _| true);
        kernel.usb_deconfigure(pdo);
        let now = kernel.usb_now();
        if let Some(device) = kernel.usb.devices.get_mut(&pdo).filter(|device| !device.gone) {
            // The port is reset for the next driver. A device that refuses is no worse off.
            let _ = device.model.set_configuration(now, 0);
        }
    }
    complete_all(cpu, pdo).await?;
    idle::end(cpu, pdo, STATUS_CANCELLED).await?;
    power::removed(cpu, pdo).await?;
    cpu.k().usb_check_left(pdo)?;
    let status = complete(cpu, pdo, irp, STATUS_SUCCESS).await?;
    let mut kernel = cpu.k();
    if kernel.usb.is_missing(pdo) && kernel.io.devices.get(&pdo).is_some_and(|device| !device.deleted) {
        kernel.delete_device(pdo)?;
    }
    Ok(status)
}

impl Kernel {
    /// `DEVICE_USAGE_NOTIFICATION`: a stack in the path of a paging file gets its power IRPs at `DISPATCH_LEVEL`,
    /// because paged memory cannot be reached while it is powered up.
    fn usb_usage_changed(&mut self, pdo: Addr, irp: Addr) -> Result<(), Stop> {
        let usage = *self.current_location(irp)?.Parameters.UsageNotification();
        let (set, clear) = if usage.InPath == 0 { (DO_POWER_PAGABLE, 0) } else { (0, DO_POWER_PAGABLE) };
        Ok(self.set_device_flags(pdo, set, clear)?)
    }

    /// `QUERY_CAPABILITIES`: what a USB device can do. `SurpriseRemovalOK` is the function driver's to set.
    fn usb_capabilities(&mut self, pdo: Addr, irp: Addr) -> Result<NtStatus, Stop> {
        let at = self.current_location(irp)?.Parameters.DeviceCapabilities().Capabilities;
        let port = self.usb.devices.get(&pdo).map_or(0, |device| device.port);
        let capabilities: &mut DEVICE_CAPABILITIES = self.mem.at_mut(at)?;
        let size = usize::from(capabilities.Size);
        if capabilities.Version != 1 || size < size_of::<DEVICE_CAPABILITIES>() {
            return Ok(STATUS_INVALID_PARAMETER);
        }
        capabilities.Flags |= DEVICE_CAPABILITIES::REMOVABLE
            | DEVICE_CAPABILITIES::DEVICE_D2
            | DEVICE_CAPABILITIES::WAKE_FROM_D0
            | DEVICE_CAPABILITIES::WAKE_FROM_D2;
        capabilities.Address = port;
        capabilities.DeviceState = [
            POWER_DEVICE_UNSPECIFIED,
            POWER_DEVICE_D0,
            POWER_DEVICE_D2,
            POWER_DEVICE_D2,
            POWER_DEVICE_D2,
            POWER_DEVICE_D3,
            POWER_DEVICE_D3,
        ];
        capabilities.SystemWake = power::SYSTEM_WAKE;
        capabilities.DeviceWake = power::DEVICE_WAKE;
        Ok(STATUS_SUCCESS)
    }

    /// `QUERY_DEVICE_RELATIONS`: of the target relation it is the only one, with a reference that whoever
    /// asks gives back. No answer for the others.
    fn usb_relations(&mut self, pdo: Addr, irp: Addr) -> Result<Option<Addr>, Stop> {
        let kind = self.current_location(irp)?.Parameters.QueryDeviceRelations().Type;
        if kind != TARGET_DEVICE_RELATION {
            return Ok(None);
        }
        let answer = self.system_allocate(size_of::<DEVICE_RELATIONS>() as u64, Fill::Zero)?;
        let relations: &mut DEVICE_RELATIONS = self.mem.at_mut(answer)?;
        relations.Count = 1;
        relations.Objects = [pdo];
        self.reference_device(pdo, true)?;
        Ok(Some(answer))
    }

    /// `QUERY_ID`: a string in memory of its own, which whoever asks frees.
    fn usb_query_id(&mut self, pdo: Addr, irp: Addr) -> Result<Option<Addr>, Stop> {
        let kind = self.current_location(irp)?.Parameters.QueryId().IdType;
        let Some(device) = self.usb.devices.get(&pdo) else { return Ok(None) };
        let Some(text) = query_id::text(device, kind) else { return Ok(None) };
        let answer = self.system_allocate(text.len() as u64 * 2, Fill::Zero)?;
        for (index, unit) in (0..).zip(&text) {
            self.mem.write(answer.add(index * 2), unit)?;
        }
        Ok(Some(answer))
    }
}

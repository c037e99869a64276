//! Power requests to a child's physical device object.

use alloc::sync::Arc;

use wdk_sys::{
    _DEVICE_POWER_STATE::{PowerDeviceD0, PowerDeviceD3},
    _SYSTEM_POWER_STATE::PowerSystemWorking,
    IRP_MN_QUERY_POWER, IRP_MN_SET_POWER, IRP_MN_WAIT_WAKE,
};

use super::Child;
use crate::{
    nt::{
        irp::{Irp, Power},
        status::{
            NTSTATUS, STATUS_CANCELLED, STATUS_NO_SUCH_DEVICE, STATUS_POWER_STATE_INVALID, STATUS_SUCCESS,
        },
    },
    shared::line::trace,
    usb::{engine, idle, wake},
};

/// A power request.
pub fn dispatch(child: &Arc<Child>, irp: Irp) -> NTSTATUS {
    let minor = irp.minor();
    let power = irp.power();
    match u32::from(minor) {
        IRP_MN_WAIT_WAKE => {
            trace!("~bus power {} {minor:02x}", child.number);
            wake::wait_wake(child, irp)
        }
        IRP_MN_SET_POWER | IRP_MN_QUERY_POWER => {
            let kind = if power.is_system { 'S' } else { 'D' };
            // The states count from 1: PowerSystemWorking is S0, PowerDeviceD0 is D0.
            trace!("~bus power {} {minor:02x} {kind}{}", child.number, power.state - 1);
            if u32::from(minor) == IRP_MN_QUERY_POWER {
                return irp.complete(STATUS_SUCCESS);
            }
            set(child, irp, power)
        }
        _ => irp.finish(),
    }
}

fn set(child: &Arc<Child>, irp: Irp, power: Power) -> NTSTATUS {
    match power {
        Power { is_system: true, state: PowerSystemWorking } => irp.complete(STATUS_SUCCESS),
        Power { is_system: true, .. } => {
            // "A system power state change is required."
            idle::end(child, STATUS_CANCELLED);
            irp.complete(STATUS_SUCCESS)
        }
        Power { is_system: false, state } => {
            let gone = {
                let mut gate = child.gate.lock();
                let gone = gate.usb.is_gone();
                if !gone || state != PowerDeviceD0 {
                    gate.usb.set_powered(state == PowerDeviceD0);
                }
                gone
            };
            if gone && state == PowerDeviceD0 {
                return irp.complete(STATUS_NO_SUCH_DEVICE);
            }
            engine::pump(child);
            match state {
                PowerDeviceD0 => idle::end(child, STATUS_SUCCESS),
                PowerDeviceD3 => idle::end(child, STATUS_POWER_STATE_INVALID),
                _ => {}
            }
            irp.complete(STATUS_SUCCESS)
        }
    }
}

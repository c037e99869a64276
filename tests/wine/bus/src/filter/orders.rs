//! Requests that Windows sends and Wine never does, made here.

use wdk_sys::{
    _SYSTEM_POWER_STATE::{PowerSystemHibernate, PowerSystemWorking},
    IRP_MN_CANCEL_REMOVE_DEVICE, IRP_MN_CANCEL_STOP_DEVICE, IRP_MN_QUERY_POWER, IRP_MN_QUERY_REMOVE_DEVICE,
    IRP_MN_QUERY_STOP_DEVICE, IRP_MN_SET_POWER, IRP_MN_START_DEVICE, IRP_MN_STOP_DEVICE,
    POWER_ACTION::{PowerActionHibernate, PowerActionSleep},
};

use crate::{
    child::Child,
    nt::{
        own_irp::{self, Request},
        status::{NTSTATUS, STATUS_INVALID_PARAMETER, is_success},
    },
};

/// Sends a PnP request without parameters to the top of a child's stack.
pub fn send(child: &Child, minor: u32) -> NTSTATUS {
    own_irp::send(child.physical().top(), Request::Pnp(minor as u8))
}

/// `IRP_MN_QUERY_REMOVE_DEVICE`, then `IRP_MN_CANCEL_REMOVE_DEVICE`. Gives the first one's status.
pub fn query_remove_and_cancel(child: &Child) -> NTSTATUS {
    let status = send(child, IRP_MN_QUERY_REMOVE_DEVICE);
    send(child, IRP_MN_CANCEL_REMOVE_DEVICE);
    status
}

/// The device is stopped and started again, as when resources are given out anew.
pub fn rebalance(child: &Child) -> NTSTATUS {
    let status = send(child, IRP_MN_QUERY_STOP_DEVICE);
    if !is_success(status) {
        send(child, IRP_MN_CANCEL_STOP_DEVICE);
        return status;
    }
    let status = send(child, IRP_MN_STOP_DEVICE);
    if !is_success(status) {
        return status;
    }
    send(child, IRP_MN_START_DEVICE)
}

/// The system goes to another state: the stack is asked, if it is not to work, and told.
pub fn system_power(child: &Child, state: u32) -> NTSTATUS {
    if !(PowerSystemWorking..=PowerSystemHibernate).contains(&state) {
        return STATUS_INVALID_PARAMETER;
    }
    if state == PowerSystemWorking {
        return power(child, IRP_MN_SET_POWER, state);
    }
    let status = power(child, IRP_MN_QUERY_POWER, state);
    if !is_success(status) {
        power(child, IRP_MN_SET_POWER, PowerSystemWorking);
        return status;
    }
    power(child, IRP_MN_SET_POWER, state)
}

fn power(child: &Child, minor: u32, state: u32) -> NTSTATUS {
    let action = if state == PowerSystemHibernate { PowerActionHibernate } else { PowerActionSleep };
    own_irp::send(child.physical().top(), Request::SystemPower { minor: minor as u8, state, action })
}

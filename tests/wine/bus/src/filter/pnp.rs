//! PnP requests that pass the filter.

use alloc::sync::Arc;

use wdk_sys::{
    DEVICE_CAPABILITIES, IRP_MN_QUERY_ID, IRP_MN_QUERY_PNP_DEVICE_STATE, IRP_MN_REMOVE_DEVICE,
    IRP_MN_START_DEVICE, IRP_MN_SURPRISE_REMOVAL, PNP_DEVICE_FAILED, PNP_DEVICE_REMOVED,
};

use super::{detach, forward};
use crate::{
    child::{Child, Start},
    entry::PNP,
    nt::{
        device::Device,
        irp::Irp,
        own_irp::{self, Request},
        status::{NTSTATUS, STATUS_SUCCESS, is_success},
    },
    shared::line::trace,
};

/// Whether this is what Wine sends when a driver asks for a property of its device.
pub fn is_query_id(irp: Irp) -> bool {
    irp.major() == PNP && u32::from(irp.minor()) == IRP_MN_QUERY_ID
}

/// A PnP request. None is returned as pending: Wine's PnP thread would wait for it for ever.
pub fn dispatch(child: &Arc<Child>, irp: Irp, lower: Device) -> NTSTATUS {
    match u32::from(irp.minor()) {
        // Past the function driver, which gets none on Windows.
        IRP_MN_QUERY_ID => irp.pass_down(child.physical()),
        IRP_MN_START_DEVICE => start(child, irp, lower),
        IRP_MN_SURPRISE_REMOVAL if child.gate.lock().life.is_ejected => {
            trace!("~flt swallow {} 17", child.number);
            irp.complete(STATUS_SUCCESS)
        }
        IRP_MN_REMOVE_DEVICE => {
            wait_for_files(child);
            begin_remove(child);
            let status = forward::and_back(child, irp, lower);
            end_remove(child, status);
            irp.finish()
        }
        _ => {
            forward::and_back(child, irp, lower);
            irp.finish()
        }
    }
}

/// START, and what the PnP manager does when it has come back.
fn start(child: &Arc<Child>, irp: Irp, lower: Device) -> NTSTATUS {
    let is_first = matches!(child.gate.lock().life.start, Start::None);
    let status = forward::and_back(child, irp, lower);
    trace!("~flt start {} {status:08x}", child.number);
    child.buffer_like(lower);
    match (is_success(status), is_first) {
        (true, _) => {
            child.start_is_over();
            after_start(child, lower);
        }
        (false, true) => {
            child.start_has_failed();
            begin_remove(child);
            let status = own_irp::send(lower, Request::Pnp(IRP_MN_REMOVE_DEVICE as u8));
            end_remove(child, status);
        }
        // After a later START that failed comes a surprise removal, and REMOVE.
        (false, false) => child.vanish(),
    }
    irp.finish()
}

/// What follows a START that succeeded.
fn after_start(child: &Child, lower: Device) {
    let mut capabilities = DEVICE_CAPABILITIES {
        Size: size_of::<DEVICE_CAPABILITIES>() as u16,
        Version: 1,
        Address: u32::MAX,
        UINumber: u32::MAX,
        ..Default::default()
    };
    let status = own_irp::send(lower, Request::Capabilities(&raw mut capabilities));
    if !is_success(status) {
        trace!("~flt broken {} QUERY_CAPABILITIES ends with {status:08x}", child.number);
    }
    let (status, bits) = own_irp::ask(lower, Request::Pnp(IRP_MN_QUERY_PNP_DEVICE_STATE as u8));
    let failed = (PNP_DEVICE_FAILED | PNP_DEVICE_REMOVED) as usize;
    if is_success(status) && bits & failed != 0 {
        child.vanish();
        return;
    }
    let (_, relations) = own_irp::ask(lower, Request::BusRelations);
    if relations != 0 {
        trace!("~flt broken {} a device without children has relations", child.number);
    }
}

/// REMOVE is passed on when no file is open.
fn wait_for_files(child: &Child) {
    let files = child.files();
    if files > 0 {
        trace!("~flt hold {} {files}", child.number);
        child.closed.wait();
        trace!("~flt release {}", child.number);
    }
}

fn begin_remove(child: &Child) {
    child.gate.lock().filter.removed = true;
    trace!("~flt remove {}", child.number);
}

/// The stack is no more, and the filter goes with it.
fn end_remove(child: &Child, status: NTSTATUS) {
    if !is_success(status) {
        trace!("~flt broken {} REMOVE ends with {status:08x}", child.number);
    }
    detach(child);
    if child.physical().has_above() {
        trace!("~flt broken {} a device object is still attached after REMOVE", child.number);
    }
}

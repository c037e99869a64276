//! PnP requests that pass the filter.

use alloc::sync::Arc;

use wdk_sys::{IRP_MN_QUERY_ID, IRP_MN_REMOVE_DEVICE, IRP_MN_SURPRISE_REMOVAL};

use super::forward;
use crate::{
    child::{Child, Start},
    entry::PNP,
    nt::{
        device::Device,
        irp::Irp,
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
        IRP_MN_SURPRISE_REMOVAL if is_no_surprise(child) => {
            trace!("~flt swallow {} 17", child.number);
            irp.complete(STATUS_SUCCESS)
        }
        IRP_MN_REMOVE_DEVICE => remove(child, irp, lower),
        _ => {
            forward::and_back(child, irp, lower);
            irp.finish()
        }
    }
}

/// The device goes in an orderly way, or its START has failed: Windows sends REMOVE alone.
fn is_no_surprise(child: &Child) -> bool {
    let life = child.gate.lock().life;
    life.is_ejected || life.start == Start::Failed
}

/// REMOVE goes down when no file is open, and the filter goes with it.
fn remove(child: &Arc<Child>, irp: Irp, lower: Device) -> NTSTATUS {
    let files = child.files();
    if files > 0 {
        trace!("~flt hold {} {files}", child.number);
        child.closed.wait();
        trace!("~flt release {}", child.number);
    }
    child.gate.lock().filter.removed = true;
    trace!("~flt remove {}", child.number);
    let status = forward::and_back(child, irp, lower);
    if !is_success(status) {
        trace!("~flt broken {} REMOVE ends with {status:08x}", child.number);
    }
    let attached = child.gate.lock().filter.attached.take();
    if let Some(attached) = attached {
        lower.detach_above();
        // Both are still looked at by whoever sent this request.
        child.bus.bury_later(attached.device.delete());
    }
    irp.finish()
}

//! The filter: a device object on top of a child's stack.
//!
//! It is attached when the function driver has attached itself and Wine asks the bus for an identifier next, which happens
//! when the driver registers its device interface in `AddDevice`; or when START has reached the bottom, for a driver that
//! registers none.
//!
//! Wine removes a stack at once whoever has a file open, and sends no `IRP_MJ_CLEANUP`. The filter restores what Windows
//! does, and looks at what the drivers below do with their requests:
//!
//! | Windows | here |
//! |---|---|
//! | START may be pending | is waited for here, because Wine's PnP thread never sees the end of a pending one |
//! | `IRP_MN_QUERY_CAPABILITIES`, `IRP_MN_QUERY_PNP_DEVICE_STATE` and `IRP_MN_QUERY_DEVICE_RELATIONS` after START | are sent |
//! | `IRP_MN_REMOVE_DEVICE` after a START that failed | is sent |
//! | no file is opened before START has come back to the PnP manager | `IRP_MJ_CREATE` waits for that |
//! | `IRP_MJ_CLEANUP` at the last handle, `IRP_MJ_CLOSE` when no request of the file is left | the first is sent before the second is passed on, which waits for the file's requests |
//! | `IRP_MN_REMOVE_DEVICE` after `IRP_MN_SURPRISE_REMOVAL` when the last file is closed | is held until then |
//! | no `IRP_MN_SURPRISE_REMOVAL` in an orderly removal | is not passed on |
//! | no `IRP_MN_QUERY_ID` to drivers that ask for properties of their device | goes to the bus past them |

mod files;
mod forward;
pub mod orders;
mod pnp;

use alloc::{sync::Arc, vec::Vec};

use wdk_sys::{FILE_DEVICE_UNKNOWN, IRP_MJ_CLOSE, IRP_MJ_CREATE};

use crate::{
    child::Child,
    entry::PNP,
    nt::{
        device::{Device, Reference},
        irp::Irp,
        status::{NTSTATUS, STATUS_NO_SUCH_DEVICE},
    },
    role::Role,
    shared::line::trace,
};
use files::File;

/// What a filter knows.
#[derive(Default)]
pub struct Known {
    attached: Option<Attached>,
    /// Open files.
    files: Vec<File>,
    /// REMOVE was passed on.
    removed: bool,
    /// Threads that are in a dispatch routine below, for a request that is not waited for here.
    inside: Vec<usize>,
}

/// Where the filter is.
struct Attached {
    device: Device,
    /// The function driver's device object, which it deletes before the filter has detached from it.
    lower: Reference,
}

/// Attaches a filter to a child's stack, if there is a stack, and unless there is a filter. Gives whether it did.
///
/// # Errors
///
/// The kernel's.
pub fn attach(child: &Arc<Child>) -> Result<bool, NTSTATUS> {
    let top = child.physical().top();
    let known = child.gate.lock().filter.attached.as_ref().map(|attached| attached.device);
    if top == child.physical() || known == Some(top) {
        return Ok(false);
    }
    if known.is_some() {
        // Its AddDevice failed after all, and this is another stack.
        detach(child);
    }
    let device = child.bus.driver.create(FILE_DEVICE_UNKNOWN, false, Role::Filter(Arc::clone(child)))?;
    let Some(lower) = device.attach(child.physical()) else {
        drop(device.delete());
        return Err(STATUS_NO_SUCH_DEVICE);
    };
    device.buffer_like(lower);
    let lower = lower.reference();
    let known = Known { attached: Some(Attached { device, lower }), ..Known::default() };
    child.gate.lock().filter = known;
    child.closed.set();
    device.initialised();
    Ok(true)
}

/// Detaches the filter, if there is one. Whoever sent the request that this is part of may still look at it.
fn detach(child: &Child) {
    let attached = child.gate.lock().filter.attached.take();
    if let Some(Attached { device, lower }) = attached {
        lower.device().detach_above();
        child.bus.bury_later(device.delete());
    }
}

/// A request to the filter.
pub fn dispatch(child: &Arc<Child>, irp: Irp) -> NTSTATUS {
    let major = irp.major();
    let (lower, removed) = {
        let gate = child.gate.lock();
        (gate.filter.attached.as_ref().map(|attached| attached.lower.device()), gate.filter.removed)
    };
    let Some(lower) = lower.filter(|_| !removed || pnp::is_query_id(irp)) else {
        trace!("~flt broken {} {major:02x} {:02x} comes after REMOVE", child.number, irp.minor());
        return irp.complete(STATUS_NO_SUCH_DEVICE);
    };
    match u32::from(major) {
        _ if major == PNP => pnp::dispatch(child, irp, lower),
        IRP_MJ_CREATE => files::create(child, irp, lower),
        IRP_MJ_CLOSE => files::close(child, irp, lower),
        _ => forward::through(child, irp, lower),
    }
}

impl Known {
    /// Whether a thread is in a dispatch routine below.
    pub fn is_inside(&self, thread: usize) -> bool {
        self.inside.contains(&thread)
    }

    /// Files that are open.
    pub const fn files(&self) -> usize {
        self.files.len()
    }
}

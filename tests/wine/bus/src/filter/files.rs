//! Open files.

use alloc::sync::Arc;

use super::{Known, forward};
use crate::{
    child::{Child, Start},
    nt::{
        device::Device,
        irp::Irp,
        own_irp::{self, Request},
        status::{NTSTATUS, STATUS_SUCCESS, is_success},
        time,
    },
    shared::line::trace,
};

/// How long a START may take, and requests after their CLEANUP, in units of 100 ns: 10 s.
const PATIENCE: u64 = 100_000_000;
/// Between two looks at what a file still waits for: 1 ms.
const PAUSE: u32 = 10_000;

/// An open file.
#[derive(Clone, Copy, Debug)]
pub struct File {
    object: usize,
    /// Requests of it that are below.
    in_flight: u32,
}

impl Known {
    fn file(&mut self, object: usize) -> Option<&mut File> {
        self.files.iter_mut().find(|file| file.object == object)
    }

    /// A request of a file goes down.
    pub(super) fn begins(&mut self, object: usize) {
        if let Some(file) = self.file(object) {
            file.in_flight += 1;
        }
    }

    /// A request of a file has ended.
    pub(super) fn ended(&mut self, object: usize) {
        if let Some(file) = self.file(object) {
            file.in_flight = file.in_flight.saturating_sub(1);
        }
    }
}

/// `IRP_MJ_CREATE`
pub fn create(child: &Arc<Child>, irp: Irp, lower: Device) -> NTSTATUS {
    let starting = child.gate.lock().life.start == Start::Running;
    if starting && !child.started.wait_for(PATIENCE) {
        trace!("~flt broken {} START does not come to an end", child.number);
    }
    // Counted before it goes down: REMOVE may come while it is there.
    let object = irp.file().addr();
    {
        let mut gate = child.gate.lock();
        gate.filter.files.push(File { object, in_flight: 0 });
        child.closed.clear();
    }
    let status = forward::and_back(child, irp, lower);
    if is_success(status) {
        trace!("~flt create {} {}", child.number, child.files());
    } else {
        trace!("~flt create {} {} {status:08x}", child.number, child.files());
        leave(child, object);
    }
    irp.finish()
}

/// `IRP_MJ_CLOSE`: CLEANUP first, then what is left of the file's requests, then CLOSE.
pub fn close(child: &Arc<Child>, irp: Irp, lower: Device) -> NTSTATUS {
    let object = irp.file().addr();
    let known = child.gate.lock().filter.file(object).is_some();
    if !known {
        trace!("~flt broken {} a file is closed that is not open", child.number);
    }
    trace!("~flt cleanup {} {}", child.number, child.files());
    let status = own_irp::send(lower, Request::Cleanup(irp.file()));
    if status != STATUS_SUCCESS {
        trace!("~flt broken {} CLEANUP ends with {status:08x}", child.number);
    }
    wait_for_requests(child, object);
    trace!("~flt close {} {}", child.number, child.files());
    let status = forward::and_back(child, irp, lower);
    if status != STATUS_SUCCESS {
        trace!("~flt broken {} CLOSE ends with {status:08x}", child.number);
    }
    leave(child, object);
    irp.finish()
}

fn wait_for_requests(child: &Child, object: usize) {
    let end = time::now() + PATIENCE;
    loop {
        let left = child.gate.lock().filter.file(object).map_or(0, |file| file.in_flight);
        if left == 0 {
            return;
        }
        if time::now() > end {
            trace!("~flt broken {} {left} requests of a file are left after its CLEANUP", child.number);
            return;
        }
        time::pause(PAUSE);
    }
}

/// A file is no more.
fn leave(child: &Child, object: usize) {
    let mut gate = child.gate.lock();
    gate.filter.files.retain(|file| file.object != object);
    if gate.filter.files.is_empty() {
        child.closed.set();
    }
}

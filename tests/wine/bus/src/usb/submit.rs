//! `IOCTL_INTERNAL_USB_SUBMIT_URB`: what arrives is checked, and taken or refused.

use alloc::sync::Arc;

use usb_models::{SubmitError, Time, Transfer as ModelTransfer, TransferId};

use super::{
    Usb, cancel,
    data::{self, LENGTH},
    engine,
    function::Shape,
    outcome::{Outcome, Refused},
    select, status,
    transfer::{Job, Stage, Transfer, Wire},
};
use crate::{
    child::Child,
    nt::{
        irp::Irp,
        status::{NTSTATUS, STATUS_INVALID_PARAMETER, STATUS_PENDING},
        thread, time,
        urb::Urb,
    },
    shared::line::trace,
};

/// Units of 100 ns in a millisecond.
const PER_MILLISECOND: u64 = 10_000;
/// How long a transfer that is done waits for the dispatch routine that sent it: 50 ms.
const LONGEST_HOLD: u64 = 500_000;

/// An URB is submitted.
pub fn submit(child: &Arc<Child>, irp: Irp) -> NTSTATUS {
    let Some(urb) = Urb::at(irp.argument1()) else {
        trace!("~bus broken {} an URB at NULL", child.number);
        return irp.complete(STATUS_INVALID_PARAMETER);
    };
    let function = urb.function();
    let length = asked(urb, function);
    trace!("~bus urb {} {function:02x} {length}", child.number);
    if child.gate.lock().usb.transfers.values().any(|transfer| transfer.urb == urb) {
        trace!("~bus broken {} an URB is submitted while the stack has it", child.number);
    }
    if !child.gate.lock().usb.handles.contains(&irp.file().addr()) {
        trace!(
            "~bus broken {} an URB was not assigned to its stack location with an open handle",
            child.number
        );
    }
    let refused = {
        let mut gate = child.gate.lock();
        let thread = thread::current();
        let held = gate.filter.is_inside(thread).then_some(thread);
        gate.usb.accept(irp, urb, function, held).err()
    };
    let Some(usbd) = refused else {
        // The engine sees what is new, and what an abort has ended.
        engine::kick();
        return STATUS_PENDING;
    };
    let outcome = Outcome::new(usbd, 0);
    urb.set_status(usbd);
    if usbd == status::SUCCESS {
        engine::kick();
    }
    done(child, function, outcome);
    irp.complete(outcome.status())
}

/// Tells how an URB has ended.
pub fn done(child: &Child, function: u16, outcome: Outcome) {
    trace!("~bus urbdone {} {function:02x} {} {:08x}", child.number, outcome.length, outcome.usbd);
}

/// Bytes that an URB asks for.
fn asked(urb: Urb, function: u16) -> u32 {
    let shape = Shape::of(function).filter(|shape| shape.has_buffer() && shape.accepts_length(urb.length()));
    if shape.is_some() { urb.get(LENGTH) } else { 0 }
}

impl Usb {
    /// Takes an URB, whose IRP is pending then; or says how it ends at once.
    ///
    /// `held`: the thread that is in a dispatch routine of the client's. The transfer is not completed before that has
    /// returned, so that it does not depend on the machine's mood whether `IoCallDriver` returns before or after the
    /// completion; or before a dispatch routine that waits has waited for a while.
    fn accept(&mut self, irp: Irp, urb: Urb, function: u16, held: Option<usize>) -> Result<(), Refused> {
        let now = time::now();
        if irp.is_cancelled() {
            return Err(status::CANCELED);
        }
        let job = self.plan(now, urb, function)?;
        self.latest += 1;
        let id = TransferId(self.latest);
        let (endpoint, length) = (job.endpoint, job.length);
        let request = match job.wire {
            Wire::Control(setup) => ModelTransfer::control(id, setup),
            Wire::Stream(stream) => ModelTransfer::stream(id, endpoint, stream, length),
            Wire::Data => ModelTransfer::bulk_or_interrupt(id, endpoint, length),
            Wire::Isochronous(schedule) => ModelTransfer::isochronous(id, endpoint, length, schedule),
        };
        self.model.submit(now, request).map_err(|error| match error {
            SubmitError::NoSuchEndpoint => status::INVALID_PIPE_HANDLE,
            SubmitError::Gone => status::DEVICE_GONE,
            SubmitError::OutOfMemory => status::INSUFFICIENT_RESOURCES,
        })?;
        let wait = u64::from(job.timeout_ms) * PER_MILLISECOND;
        let deadline = (wait > 0).then(|| now + wait);
        urb.set_status(status::PENDING);
        irp.mark_pending();
        let armed = cancel::arm(irp);
        let stage = if armed {
            Stage::InModel
        } else {
            // Cancelled while it arrived, and no cancel routine runs: the engine completes it.
            self.model.abort(now, id);
            Stage::Finished(Outcome::new(status::CANCELED, 0))
        };
        let held = held.map(|thread| (thread, now + LONGEST_HOLD));
        let taken = urb.bytes();
        self.transfers.insert(id, Transfer { irp, urb, function, job, stage, armed, deadline, held, taken });
        Ok(())
    }

    /// Checks an URB and says what is to be done.
    fn plan(&mut self, now: Time, urb: Urb, function: u16) -> Result<Job, Refused> {
        if self.gone {
            return Err(status::DEVICE_GONE);
        }
        let shape = Shape::of(function).ok_or(status::INVALID_URB_FUNCTION)?;
        if !self.powered {
            if shape == Shape::CloseStreams {
                trace!("~bus broken static streams are closed while the device is not in D0");
            }
            return Err(status::CANCELED);
        }
        if !shape.accepts_length(urb.length()) {
            return Err(status::INVALID_PARAMETER);
        }
        match shape {
            Shape::SelectConfiguration => select::configuration(urb),
            Shape::SelectInterface => self.select_interface(urb),
            Shape::AbortPipe => self.abort_pipe(now, urb),
            Shape::ResetPipe { device, host } => self.reset_pipe(urb, device, host),
            Shape::FrameNumber => data::frame_number(now, urb),
            Shape::Data { chained } => self.data_job(urb, chained),
            Shape::Isochronous { chained } => self.isochronous_job(now, urb, chained),
            Shape::OpenStreams => self.open_streams(urb),
            Shape::CloseStreams => self.close_streams(urb),
            Shape::Unsupported => Err(status::NOT_SUPPORTED),
            _ => self.control_job(urb, shape),
        }
    }
}

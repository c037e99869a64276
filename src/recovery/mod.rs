//! The device's work item: requests that need `PASSIVE_LEVEL`, and to wait.
//!
//! ```text
//! DEVICE_CONTROL -> admit (under the lock) -> held: Wait::Recovery -> start -> IoQueueWorkItem
//! work item      -> the first that is held -> admit again -> the recovery, by core's order -> completed
//!                -> the next, until none is left
//! ```
//!
//! One runs at a time. Until its turn comes a request is in the queue of held ones, where it can be cancelled; then it
//! goes to its end, which is not far, because every wait is bounded. The run counts as a user of the handle, so STOP and
//! REMOVE wait for it; what it waits for does not wait for them, and it looks at the device's state after every wait.
//! `CYCLE_PORT` is the exception: the request below is not waited for, and holds the remove lock only.

mod calls;
mod cycle;
mod own;
mod quiet;
mod settings;

use core::ffi::CStr;

use usbclient_core::{
    dispatch::Pended,
    recovery::{Task, Tasks, reset_pipe, reset_port, select_configuration, select_interface},
    timeout::Deadline,
};
use usbclient_protocol::status::{
    NtStatus, STATUS_DEVICE_NOT_CONNECTED, STATUS_INVALID_DEVICE_REQUEST, STATUS_SUCCESS, Status,
};

pub use self::{cycle::cycled, own::hold_for_resume};
use crate::{
    events,
    gate::Gate,
    holding::carry_on,
    nt::{
        Nt, Sender,
        device::Device,
        held::{Key, Wait},
        irp::FileId,
        irql::{AtMostDispatch, Passive},
        work_item::{self, Work, WorkItem},
    },
    streams,
    transfer::complete_cancelled,
};

/// What the device's lock guards of recoveries.
#[expect(clippy::struct_excessive_bools, reason = "each is one fact")]
pub struct State {
    /// A recovery has taken the whole device out of use: requests wait.
    pub is_device_held: bool,
    /// A recovery waits for requests to end.
    pub is_awaited: bool,
    /// What is to be done that no request asks for.
    pub tasks: Tasks,
    /// Whose streams are being closed, reset or opened anew. `None`: nobody's, or their file is closed by now.
    pub stream_owner: Option<FileId>,
    /// For requests of this driver's own, one at a time. Taken out while it is used.
    pub sender: Option<Sender>,
    /// The work item is queued or runs.
    is_claimed: bool,
    /// The bus driver has `IOCTL_INTERNAL_USB_CYCLE_PORT`: nothing else starts until it is back.
    is_cycling: bool,
}

impl State {
    /// Nothing runs.
    pub const fn new() -> Self {
        Self {
            is_device_held: false,
            is_awaited: false,
            tasks: Tasks::NONE,
            stream_owner: None,
            sender: None,
            is_claimed: false,
            is_cycling: false,
        }
    }
}

/// What is to be done in the work item.
#[derive(Clone, Copy, Debug)]
pub enum Job {
    /// Clear the halt of the endpoint.
    ResetPipe(u8),
    /// Reset the port.
    ResetPort,
    /// Open so many streams of the endpoint.
    OpenStreams(u8, u32),
    /// Close the streams of the endpoint.
    CloseStreams(u8),
    /// Make the device appear anew.
    CyclePort,
    /// Select an alternate setting.
    SelectInterface {
        /// `bInterfaceNumber`
        number: u8,
        /// `bAlternateSetting`
        alternate: u8,
    },
    /// Select the configuration with this `bConfigurationValue`.
    SelectConfiguration(u8),
}

impl Job {
    /// As event tracing says it.
    const fn name(self) -> &'static CStr {
        match self {
            Self::ResetPipe(_) => c"reset pipe",
            Self::ResetPort => c"reset port",
            Self::OpenStreams(..) => c"open streams",
            Self::CloseStreams(_) => c"close streams",
            Self::CyclePort => c"cycle port",
            Self::SelectInterface { .. } => c"select interface",
            Self::SelectConfiguration(_) => c"select configuration",
        }
    }
}

/// The right to queue the work item: one at a time has it. Counted as a user of the handle.
#[must_use = "whoever has it must start the work item"]
pub struct Claim(());

/// Allocates what recoveries send their requests with, so that they need no memory for that.
///
/// # Errors
///
/// `STATUS_INSUFFICIENT_RESOURCES`
pub fn prepare(device: Device, passive: &mut Passive) -> Result<(), Status> {
    calls::with_sender(device, passive, |_handle, _sender, _passive| Ok(()))
}

/// Whether a recovery may start: the device admits requests, and none runs.
fn may_run(gate: &Gate) -> bool {
    !gate.recovery.is_cycling && gate.admits_io()
}

/// Whether there is something for the work item.
pub fn has_work(gate: &Gate) -> bool {
    !gate.recovery.tasks.is_empty() || gate.held.has_recovery()
}

/// Claims the work item if it has something to do, and nobody has claimed it.
pub fn claim(gate: &mut Gate) -> Option<Claim> {
    if gate.recovery.is_claimed || !may_run(gate) || !has_work(gate) {
        return None;
    }
    gate.recovery.is_claimed = true;
    gate.count_user();
    Some(Claim(()))
}

/// Starts the work item, if it was claimed.
#[expect(clippy::needless_pass_by_value, reason = "the claim is used up")]
pub fn start(device: Device, claim: Option<Claim>, irql: &mut AtMostDispatch) {
    let Some(Claim(())) = claim else { return };
    if !work_item::queue::<Recovery>(device) {
        let mut guard = device.gate.lock(irql);
        let (gate, irql) = guard.split();
        gate.recovery.is_claimed = false;
        gate.discount_user(device, irql);
    }
}

/// Starts the work item, if it has something to do.
pub fn start_next(device: Device, irql: &mut AtMostDispatch) {
    let claim = claim(&mut device.gate.lock(irql));
    start(device, claim, irql);
}

/// Lets a request wait for its turn. It was out of the queue meanwhile: what ended all that waited because the device is
/// gone has not seen it.
pub fn enqueue(device: Device, pended: Pended<Nt>, sequence: u64, irql: &mut AtMostDispatch) {
    let mut gate = device.gate.lock(irql);
    if let Err(status) = gone(&gate) {
        drop(gate);
        return pended.complete(status.nt(), 0);
    }
    let refused = gate.held.insert(pended, Key { wait: Wait::Recovery, sequence, deadline: Deadline::NEVER });
    let claim = claim(&mut gate);
    drop(gate);
    complete_cancelled(refused);
    start(device, claim, irql);
}

/// The work item.
struct Recovery;

impl Work for Recovery {
    fn item(device: &Device) -> &WorkItem {
        &device.recovery
    }

    fn run(device: Device, passive: &mut Passive) {
        run(device, passive);
    }
}

/// What the work item does next.
enum Next {
    /// What a request asks for.
    Request(Pended<Nt>, Key),
    /// What nobody asked for.
    Own(Task),
}

/// The work item's routine: everything that waits, one after another.
fn run(device: Device, passive: &mut Passive) {
    while let Some(next) = next(device, passive) {
        match next {
            Next::Request(pended, key) => perform(device, pended, key, passive),
            Next::Own(task) => own::perform(device, task, passive),
        }
    }
}

/// Takes what is next. `None`: there is nothing, and this was the run's last look.
fn next(device: Device, passive: &mut Passive) -> Option<Next> {
    let mut guard = device.gate.lock(passive);
    let (gate, irql) = guard.split();
    let next = if may_run(gate) { choose(gate, device) } else { None };
    if next.is_none() {
        gate.recovery.is_claimed = false;
        gate.discount_user(device, irql);
    }
    next
}

fn choose(gate: &mut Gate, device: Device) -> Option<Next> {
    if let Some(task) = gate.recovery.tasks.before_requests() {
        return Some(Next::Own(task));
    }
    let request = gate.held.take(device, |key, _file| key.wait.is_recovery());
    if let Some((pended, key)) = request {
        return Some(Next::Request(pended, key));
    }
    gate.recovery.tasks.after_requests().map(Next::Own)
}

/// Does what the request asks for, if that is still allowed.
fn perform(device: Device, mut pended: Pended<Nt>, key: Key, passive: &mut Passive) {
    if let Wait::Halt { endpoint } = key.wait {
        // Whatever comes of it: the request ends as it did on the bus.
        let result = reset_pipe::<Nt>(device, endpoint, passive);
        tell(device, Job::ResetPipe(endpoint), as_status(result));
        let (status, information) = (pended.raw().status(), pended.raw().information());
        return pended.complete(status, information);
    }
    if let Some((pended, job)) = carry_on(device, pended, key, passive) {
        carry_out(device, pended, job, passive);
    }
}

fn carry_out(device: Device, pended: Pended<Nt>, job: Job, passive: &mut Passive) {
    let result = match job {
        Job::ResetPipe(endpoint) if has_streams(device, endpoint, passive) => {
            return with_streams(device, pended, Job::ResetPipe(endpoint), passive);
        }
        Job::ResetPipe(endpoint) => reset_pipe::<Nt>(device, endpoint, passive),
        Job::OpenStreams(..) | Job::CloseStreams(_) => return with_streams(device, pended, job, passive),
        Job::ResetPort => reset_port::<Nt>(device, passive),
        Job::CyclePort => return cycle::cycle(device, pended, passive),
        Job::SelectInterface { number, alternate } => {
            select_interface::<Nt>(device, number, alternate, passive)
        }
        Job::SelectConfiguration(value) => select_configuration::<Nt>(device, value, passive),
    };
    finish(device, pended, job, as_status(result), 0);
}

/// Whether the endpoint has streams open: it is reset by another order then.
fn has_streams(device: Device, endpoint: u8, irql: &mut AtMostDispatch) -> bool {
    let gate = device.gate.lock(irql);
    let pipe = gate.configured.as_ref().and_then(|configured| configured.pipe_of(endpoint));
    pipe.is_some_and(|pipe| pipe.state.streams().is_some())
}

/// Opens, closes or resets streams.
fn with_streams(device: Device, mut pended: Pended<Nt>, job: Job, passive: &mut Passive) {
    if matches!(job, Job::OpenStreams(..)) {
        streams::close_abandoned(device, passive);
    }
    let mut gate = device.gate.lock(passive);
    let work = match job {
        Job::OpenStreams(endpoint, count) => streams::begin_open(&mut gate, endpoint, count, pended.raw()),
        Job::ResetPipe(endpoint) => streams::begin_close(&mut gate, endpoint, streams::Work::Reset),
        Job::CloseStreams(endpoint) => streams::begin_close(&mut gate, endpoint, streams::Work::Close),
        Job::ResetPort | Job::CyclePort | Job::SelectInterface { .. } | Job::SelectConfiguration(_) => {
            Err(STATUS_INVALID_DEVICE_REQUEST)
        }
    };
    drop(gate);
    let (status, information) = match work {
        Ok(work) => streams::run(device, work, pended.raw(), passive),
        Err(status) => (status.nt(), 0),
    };
    finish(device, pended, job, status, information);
}

/// Tells event tracing how a job went, while its request keeps the device, and completes the request.
fn finish(device: Device, pended: Pended<Nt>, job: Job, status: NtStatus, information: usize) {
    tell(device, job, status);
    pended.complete(status, information);
}

fn tell(device: Device, job: Job, status: NtStatus) {
    events::device_changed(device, job.name(), status);
}

fn as_status(result: Result<(), Status>) -> NtStatus {
    result.map_or_else(Status::nt, |()| STATUS_SUCCESS)
}

/// `STATUS_DEVICE_NOT_CONNECTED` once the device is gone.
const fn gone(gate: &Gate) -> Result<(), Status> {
    match gate.machine.overriding_status() {
        Some(_status) => Err(STATUS_DEVICE_NOT_CONNECTED),
        None => Ok(()),
    }
}

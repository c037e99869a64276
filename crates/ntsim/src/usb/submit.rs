//! `IOCTL_INTERNAL_USB_SUBMIT_URB`: what arrives is checked, and taken or refused.

use std::mem::offset_of;

use nt_trace::{
    NtStatus, ObjectId,
    event::{StalePipeUsed, UrbCompleted, UrbKind, UrbSubmitted},
};
use usb_models::{Transfer as ModelTransfer, TransferId};

use super::{
    Completion,
    function::Shape,
    status::{BUGCODE_USB_DRIVER, BUGCODE_USB3_DRIVER, Outcome, Refusal},
    transfer::{Job, Stage, Transfer, Wire},
    urb::Urb,
};
use crate::{
    abi::{
        status::STATUS_PENDING,
        urb::{URB_BULK_OR_INTERRUPT_TRANSFER, URB_FUNCTION_CLOSE_STATIC_STREAMS, URB_HEADER},
        usbd_status::{
            USBD_STATUS_INSUFFICIENT_RESOURCES, USBD_STATUS_INVALID_PARAMETER,
            USBD_STATUS_INVALID_PIPE_HANDLE, USBD_STATUS_INVALID_URB_FUNCTION, USBD_STATUS_PENDING,
        },
    },
    kernel::{Kernel, io::complete_request},
    mem::{Addr, BadAccess, Mode},
    sched::{Cpu, PASSIVE_LEVEL},
    stop::Stop,
};

/// Where an URB has its pipe handle, if it has one.
const PIPE: usize = offset_of!(URB_BULK_OR_INTERRUPT_TRANSFER, PipeHandle);
/// Where an URB has the length of its buffer, if it has one.
pub(super) const LENGTH: usize = offset_of!(URB_BULK_OR_INTERRUPT_TRANSFER, TransferBufferLength);
/// Where an URB has the address of its buffer, if it has one.
pub(super) const BUFFER: usize = offset_of!(URB_BULK_OR_INTERRUPT_TRANSFER, TransferBuffer);
/// Where an URB has the MDL of its buffer, if it has one.
pub(super) const BUFFER_MDL: usize = offset_of!(URB_BULK_OR_INTERRUPT_TRANSFER, TransferBufferMDL);

/// An URB is submitted: the whole way through the stack.
///
/// # Errors
/// When the machine stops.
pub(super) async fn submit(cpu: &Cpu, pdo: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    let accepted = cpu.k().usb_accept(pdo, irp)?;
    match accepted {
        Accepted::Done { status, pended } => {
            complete_request(cpu, pdo, irp).await?;
            return Ok(if pended { STATUS_PENDING } else { status });
        }
        Accepted::Pending(id) => {
            let racing = cpu.look().usb_completion(pdo) == Completion::Racing;
            if racing {
                super::engine::race(cpu, pdo, id).await;
            }
        }
    }
    Ok(STATUS_PENDING)
}

/// What became of an URB.
enum Accepted {
    /// The IRP is to be completed with its status, at once.
    Done { status: NtStatus, pended: bool },
    /// The stack holds it.
    Pending(TransferId),
}

impl Kernel {
    /// When and where the stack below this physical device object completes.
    pub(crate) fn usb_completion(&self, pdo: Addr) -> Completion {
        self.usb.devices.get(&pdo).map_or(Completion::Inline, |device| device.options.completion)
    }

    fn usb_accept(&mut self, pdo: Addr, irp: Addr) -> Result<Accepted, Stop> {
        let urb = self.current_location(irp)?.Parameters.Argument1;
        let function = self.usb_receive(pdo, irp, urb)?;
        match self.usb_plan(pdo, irp, urb, function) {
            Ok(job) => self.usb_take(pdo, irp, urb, job),
            Err(Refusal::Stopped(stop)) => Err(stop),
            Err(Refusal::Refused(outcome)) => {
                self.usb_answer(irp, urb, outcome)?;
                Ok(Accepted::Done { status: outcome.status, pended: false })
            }
        }
    }

    /// Tells what came, and stops where Windows does. Gives the function.
    fn usb_receive(&mut self, pdo: Addr, irp: Addr, urb: Addr) -> Result<u16, Stop> {
        let Ok(header) = self.mem.read::<URB_HEADER>(urb) else {
            self.emit(UrbSubmitted {
                urb: self.object(urb),
                irp: self.object(irp),
                kind: UrbKind::Foreign,
                ..UrbSubmitted::default()
            });
            let text = format!("an URB at {urb}, which is no memory of the driver's");
            return Err(self.usb_bug(BUGCODE_USB3_DRIVER, 0x3, pdo, irp, urb, text));
        };
        let location = self.irp(irp)?.Tail.CurrentStackLocation;
        let record = self.usb.urbs.get_mut(&urb);
        let kind = record.as_ref().map_or(UrbKind::Foreign, |record| record.kind);
        let active = record.as_ref().is_some_and(|record| record.active);
        let assigned_to = record.map_or(Addr::NULL, |record| std::mem::take(&mut record.assigned));
        let event = self.usb_submitted(pdo, irp, urb, &header);
        self.emit(UrbSubmitted { kind, assigned: assigned_to == location, ..event });
        let name = self.object(urb);
        let usb3 = self.usb_is_usb3(pdo);
        if active && usb3 {
            let text = format!("{name} is submitted while the USB stack has it");
            return Err(self.usb_bug(BUGCODE_USB3_DRIVER, 0x1, pdo, irp, urb, text));
        }
        if active {
            let text = format!("{name} is submitted while the USB stack has it");
            return Err(self.usb_bug(BUGCODE_USB_DRIVER, 0x2, pdo, irp, urb, text));
        }
        if self
            .usb
            .devices
            .get(&pdo)
            .is_some_and(|device| device.transfers.values().any(|held| held.irp == irp))
        {
            let text = format!("{} is sent while the USB stack has it", self.object(irp));
            return Err(self.usb_bug(BUGCODE_USB_DRIVER, 0x4, pdo, irp, urb, text));
        }
        // A client of the older contract makes its URBs itself; one that has a handle must not.
        let has_handle = self.usb.handles.values().any(|handle| handle.pdo == pdo && !handle.closed);
        if kind == UrbKind::Foreign && usb3 && has_handle {
            let text =
                format!("the URB at {urb} ({name}) does not come from USBD_UrbAllocate or its siblings");
            return Err(self.usb_bug(BUGCODE_USB3_DRIVER, 0x3, pdo, irp, urb, text));
        }
        Ok(header.Function)
    }

    fn usb_submitted(&self, pdo: Addr, irp: Addr, urb: Addr, header: &URB_HEADER) -> UrbSubmitted {
        let shape = Shape::of(header.Function);
        let pipe =
            if shape.is_some_and(Shape::names_pipe) { self.mem.read(urb.field(PIPE)).ok() } else { None };
        let pipe = pipe.unwrap_or(Addr::NULL);
        let length =
            if shape.is_some_and(Shape::has_buffer) { self.mem.read(urb.field(LENGTH)).ok() } else { None };
        let device = self.usb.devices.get(&pdo);
        let endpoint = device.and_then(|device| device.pipes.get(&pipe)).map_or(0, |pipe| pipe.endpoint);
        UrbSubmitted {
            urb: self.object(urb),
            irp: self.object(irp),
            function: header.Function,
            pipe: self.usb_pipe_name(pipe),
            endpoint,
            length: length.unwrap_or(0),
            ..UrbSubmitted::default()
        }
    }

    pub(super) fn usb_is_usb3(&self, pdo: Addr) -> bool {
        self.usb.devices.get(&pdo).is_some_and(|device| device.options.face == super::Face::Usb3)
    }

    /// A bug check of the USB stack, with IRP, URB and the client's device object as parameters.
    pub(super) fn usb_bug(
        &self,
        code: u32,
        parameter: u64,
        pdo: Addr,
        irp: Addr,
        urb: Addr,
        text: String,
    ) -> Stop {
        let client = self.usb.handles.values().find(|handle| handle.pdo == pdo);
        let client = client.map_or(Addr::NULL, |handle| handle.device);
        Stop::BugCheck { code, parameters: [parameter, irp.0, urb.0, client.0], text }
    }

    /// Checks an URB and says what is to be done.
    fn usb_plan(&mut self, pdo: Addr, irp: Addr, urb: Addr, function: u16) -> Result<Job, Refusal> {
        if self.usb.is_gone(pdo) {
            return Err(Refusal::Refused(Outcome::GONE));
        }
        if function == URB_FUNCTION_CLOSE_STATIC_STREAMS {
            self.usb_check_closing(pdo, irp, urb)?;
        }
        if !self.usb_is_powered(pdo, irp) || self.irp(irp)?.Cancel != 0 {
            return Err(Refusal::Refused(Outcome::CANCELLED));
        }
        let length = self.mem.at::<URB_HEADER>(urb)?.Length;
        let shape = Shape::of(function).ok_or(Refusal::usbd(USBD_STATUS_INVALID_URB_FUNCTION))?;
        if !shape.accepts_length(length) || !self.usb_holds(urb, length) {
            return Err(Refusal::usbd(USBD_STATUS_INVALID_PARAMETER));
        }
        if shape.needs_passive_level() && self.sched.irql() > PASSIVE_LEVEL {
            return Err(Refusal::Refused(Outcome::INVALID_LEVEL));
        }
        self.usb_check_kind(urb, shape)?;
        self.usb_look_for_pending(pdo, irp, urb, shape)?;
        match shape {
            Shape::SelectConfiguration => self.usb_select_configuration(urb, length),
            Shape::SelectInterface => self.usb_select_interface(pdo, urb, length),
            Shape::AbortPipe => self.usb_abort_pipe(pdo, urb),
            Shape::ResetPipe { device, host } => self.usb_reset_pipe(pdo, urb, device, host),
            Shape::FrameNumber => self.usb_frame_number(urb),
            Shape::Data { chained } => self.usb_data_job(pdo, irp, urb, chained),
            Shape::Isochronous { chained } => self.usb_isochronous_job(pdo, irp, urb, chained),
            Shape::OpenStreams => self.usb_open_streams(pdo, irp, urb),
            Shape::CloseStreams => self.usb_close_streams(pdo, urb),
            Shape::Unsupported => Err(Refusal::usbd(crate::abi::usbd_status::USBD_STATUS_NOT_SUPPORTED)),
            _ => self.usb_control_job(pdo, urb, shape),
        }
    }

    /// Whether the memory at `urb` has room for what its header says.
    fn usb_holds(&self, urb: Addr, length: u16) -> bool {
        self.mem.bytes(urb, u64::from(length)).is_ok()
    }

    /// The pipe handle in an URB, if it is one that is open. A stale one is told.
    pub(super) fn usb_pipe_of(&mut self, pdo: Addr, urb: Addr) -> Result<Addr, Refusal> {
        let handle: Addr = self.mem.read(urb.field(PIPE))?;
        if self.usb.devices.get(&pdo).is_some_and(|device| device.pipes.contains_key(&handle)) {
            return Ok(handle);
        }
        let (urb, pipe) = (self.object(urb), self.usb_pipe_name(handle));
        if pipe.is_some() {
            self.emit(StalePipeUsed { urb, pipe });
        }
        Err(Refusal::usbd(USBD_STATUS_INVALID_PIPE_HANDLE))
    }

    /// The stack takes an URB: the device gets it, the driver may not touch it.
    fn usb_take(&mut self, pdo: Addr, irp: Addr, urb: Addr, job: Job) -> Result<Accepted, Stop> {
        self.usb.transfers += 1;
        let id = TransferId(self.usb.transfers);
        let now = self.usb_now();
        let never = self.usb_completion(pdo) == Completion::Never
            && !matches!(job.wire, Wire::Control(_) | Wire::Nothing);
        let Some(device) = self.usb.devices.get_mut(&pdo) else {
            return Err(Stop::Host("an URB for a device that was never plugged".into()));
        };
        let (endpoint, length) = (job.endpoint, job.length);
        let request = match job.wire {
            Wire::Control(setup) => Some(ModelTransfer::control(id, setup)),
            Wire::Data => Some(ModelTransfer::bulk_or_interrupt(id, endpoint, length)),
            Wire::Stream(stream) => Some(ModelTransfer::stream(id, endpoint, stream, length)),
            Wire::Isochronous(schedule) => Some(ModelTransfer::isochronous(id, endpoint, length, schedule)),
            Wire::Nothing => None,
        };
        let done = request.is_none();
        let refused = request.filter(|_| !never).and_then(|request| device.model.submit(now, request).err());
        if let Some(error) = refused {
            let usbd = match error {
                usb_models::SubmitError::NoSuchEndpoint => USBD_STATUS_INVALID_PIPE_HANDLE,
                usb_models::SubmitError::Gone => Outcome::GONE.usbd,
                usb_models::SubmitError::OutOfMemory => USBD_STATUS_INSUFFICIENT_RESOURCES,
            };
            let outcome = Outcome::new(usbd, 0);
            self.usb_answer(irp, urb, outcome)?;
            return Ok(Accepted::Done { status: outcome.status, pended: false });
        }
        let timeout_ms = job.timeout_ms;
        let data = self.usb_data_sent(&job);
        let mut transfer = Transfer::new(irp, urb, job);
        transfer.data = data;
        if never {
            transfer.stage = Stage::Held;
        }
        if done {
            transfer.stage = Stage::Finished;
        }
        if let Some(device) = self.usb.devices.get_mut(&pdo) {
            device.finished.extend(done.then_some((id, Outcome::SUCCESS)));
            device.transfers.insert(id, transfer);
        }
        self.usb_set_timeout(pdo, id, timeout_ms);
        self.usb_hide(pdo, id, urb)?;
        self.usb_start(pdo, irp, id)
    }

    /// The transfer is under way: completed at once where the options say so, otherwise left pending.
    fn usb_start(&mut self, pdo: Addr, irp: Addr, id: TransferId) -> Result<Accepted, Stop> {
        let completion = self.usb_completion(pdo);
        if completion == Completion::InlinePending {
            self.mark_pending(irp)?;
        }
        let pended = completion == Completion::InlinePending;
        if completion.is_inline()
            && let Some(outcome) = self.usb_run_ahead(pdo, id)?
        {
            self.usb_finish(pdo, id, outcome)?;
            self.usb_pump(pdo);
            let status = NtStatus(self.irp(irp)?.IoStatus.Status);
            return Ok(Accepted::Done { status, pended });
        }
        if !pended {
            self.mark_pending(irp)?;
        }
        self.usb_arm(pdo, irp, id)?;
        self.usb_pump(pdo);
        Ok(Accepted::Pending(id))
    }

    /// Takes the URB's memory from the driver, or remembers what it holds.
    fn usb_hide(&mut self, pdo: Addr, id: TransferId, urb: Addr) -> Result<(), BadAccess> {
        self.mem.at_mut::<URB_HEADER>(urb)?.Status = USBD_STATUS_PENDING;
        let name = self.object(urb);
        let record = self.usb.urbs.entry(urb).or_insert_with(|| Urb::foreign(name));
        record.active = true;
        if record.kind == UrbKind::Foreign {
            return Ok(());
        }
        let length = record.length;
        if self.mem.mode() == Mode::Guarded {
            self.mem.set_revoked(urb, true);
            return Ok(());
        }
        let snapshot = self.mem.bytes(urb, length)?.to_vec();
        if let Some(transfer) =
            self.usb.devices.get_mut(&pdo).and_then(|device| device.transfers.get_mut(&id))
        {
            transfer.snapshot = snapshot;
        }
        Ok(())
    }

    /// Answers an URB that the stack did not take.
    fn usb_answer(&mut self, irp: Addr, urb: Addr, outcome: Outcome) -> Result<(), Stop> {
        self.mem.at_mut::<URB_HEADER>(urb)?.Status = outcome.usbd;
        let (urb, name): (ObjectId, ObjectId) = (self.object(urb), self.object(irp));
        self.emit(UrbCompleted { urb, irp: name, usbd_status: outcome.usbd, length: 0, endpoint: 0 });
        self.set_io_status(irp, outcome.status, 0)?;
        Ok(())
    }
}

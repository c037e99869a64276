//! Requests of user mode: started, waited for, cancelled.

use nt_trace::{
    NtStatus,
    event::{Actor, IrpOrigin},
};

use super::{Handle, Process, READ, WRITE, file::OpenHandle};
use crate::{
    abi::{
        ioctl,
        irp_major::{IRP_MJ_DEVICE_CONTROL, IRP_MJ_READ, IRP_MJ_WRITE},
        status::{STATUS_ACCESS_DENIED, STATUS_INVALID_HANDLE},
    },
    kernel::{
        Kernel,
        io::{Finish, IrpSpec, call_driver, cancel_irp},
        ke::Latch,
    },
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// Names a request of user mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// What user mode asks for.
#[derive(Clone, Debug)]
pub enum UserIo {
    /// `DeviceIoControl`
    Control {
        /// The control code.
        code: u32,
        /// The input buffer.
        input: Vec<u8>,
        /// The output buffer, with what it holds before the call. With `METHOD_IN_DIRECT` it is input.
        output: Vec<u8>,
    },
    /// `ReadFile`
    Read {
        /// How many bytes to read.
        length: u32,
        /// Where in the file.
        offset: i64,
    },
    /// `WriteFile`
    Write {
        /// The bytes.
        data: Vec<u8>,
        /// Where in the file.
        offset: i64,
    },
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The final status.
    pub status: NtStatus,
    /// The final information value.
    pub information: u64,
    /// What is in the output buffer: as many bytes as the information value says, none after an error of a
    /// buffered request.
    pub output: Vec<u8>,
}

/// A request that was started.
#[derive(Debug)]
pub(super) struct Request {
    process: Process,
    file: Addr,
    /// NULL once it is finished.
    irp: Addr,
    outcome: Option<Outcome>,
    done: Latch,
}

/// Starts a request: sends its IRP down and comes back when the dispatch routines returned. A request that
/// the I/O manager refuses has its outcome at once.
///
/// # Errors
/// When the machine stops.
pub async fn start(cpu: &Cpu, handle: Handle, io: UserIo) -> Result<RequestId, Stop> {
    let (id, sent) = {
        let mut kernel = cpu.k();
        kernel.io.user.next_request += 1;
        let id = RequestId(kernel.io.user.next_request);
        (id, kernel.prepare(id, handle, &io)?)
    };
    if let Some((top, irp)) = sent {
        call_driver(cpu, Addr::NULL, top, irp).await?;
    }
    Ok(id)
}

/// Waits until a request is finished, and leaves its outcome for who asks for it.
pub(super) async fn finish(cpu: &Cpu, id: RequestId) {
    let done = cpu.look().io.user.requests.get(&id).map(|request| request.done.clone());
    if let Some(done) = done {
        done.wait(cpu, "a cancelled request of a process that exits").await;
    }
}

/// Waits until a request is finished. One that was waited for before, or never started, ends with
/// `STATUS_INVALID_HANDLE`.
pub async fn wait(cpu: &Cpu, id: RequestId) -> Outcome {
    let (done, name) = {
        let kernel = cpu.look();
        let Some(request) = kernel.io.user.requests.get(&id) else {
            return refused(STATUS_INVALID_HANDLE);
        };
        (request.done.clone(), kernel.object(request.irp))
    };
    done.wait(cpu, name.to_string()).await;
    let mut kernel = cpu.k();
    kernel.take_outcome(id).unwrap_or_else(|| refused(STATUS_INVALID_HANDLE))
}

/// Cancels a request, as `CancelIoEx` does. False when it is finished already.
///
/// # Errors
/// When the machine stops.
pub async fn cancel(cpu: &Cpu, id: RequestId) -> Result<bool, Stop> {
    let irp = cpu.look().io.user.requests.get(&id).map_or(Addr::NULL, |request| request.irp);
    if irp.is_null() {
        return Ok(false);
    }
    cancel_irp(cpu, irp, Actor::System).await?;
    Ok(true)
}

/// Cancels every request on a handle's file, as `CancelIoEx` without a request does. Gives how many.
///
/// # Errors
/// When the machine stops.
pub async fn cancel_file(cpu: &Cpu, handle: Handle) -> Result<usize, Stop> {
    let ids: Vec<RequestId> = {
        let kernel = cpu.look();
        let file = kernel.io.user.handles.get(&handle).map_or(Addr::NULL, |open| open.file);
        let requests = kernel.io.user.requests.iter();
        requests.filter(|(_, one)| one.file == file && !one.irp.is_null()).map(|(id, _)| *id).collect()
    };
    let mut cancelled = 0;
    for id in ids {
        cancelled += usize::from(cancel(cpu, id).await?);
    }
    Ok(cancelled)
}

/// The requests of a process that are not finished.
pub(super) fn of_process(kernel: &Kernel, process: Process) -> Vec<RequestId> {
    let requests = kernel.io.user.requests.iter();
    requests.filter(|(_, one)| one.process == process && !one.irp.is_null()).map(|(id, _)| *id).collect()
}

/// The requests of everybody that are not finished.
pub(super) fn unfinished(kernel: &Kernel) -> Vec<RequestId> {
    let requests = kernel.io.user.requests.iter();
    requests.filter(|(_, one)| !one.irp.is_null()).map(|(id, _)| *id).collect()
}

const fn refused(status: NtStatus) -> Outcome {
    Outcome { status, information: 0, output: Vec::new() }
}

impl Kernel {
    /// How a request ended, if it did.
    #[must_use]
    pub fn outcome(&self, id: RequestId) -> Option<&Outcome> {
        self.io.user.requests.get(&id)?.outcome.as_ref()
    }

    /// How a request ended, if it did; it is forgotten then.
    pub fn take_outcome(&mut self, id: RequestId) -> Option<Outcome> {
        let outcome = self.io.user.requests.get_mut(&id)?.outcome.take()?;
        self.io.user.requests.remove(&id);
        Some(outcome)
    }

    /// The IRP of a request, NULL once it is finished.
    #[must_use]
    pub fn request_irp(&self, id: RequestId) -> Addr {
        self.io.user.requests.get(&id).map_or(Addr::NULL, |request| request.irp)
    }

    /// Builds the IRP of a request and gives it with the device object to send it to; none when the request
    /// is refused.
    fn prepare(&mut self, id: RequestId, handle: Handle, io: &UserIo) -> Result<Option<(Addr, Addr)>, Stop> {
        let open = self.io.user.handles.get(&handle).copied();
        let allowed = open.filter(|open| open.access & needed(io) == needed(io));
        let Some(open) = allowed else {
            let status = if open.is_some() { STATUS_ACCESS_DENIED } else { STATUS_INVALID_HANDLE };
            self.refuse(id, open.map(|open| open.process).unwrap_or_default(), status);
            return Ok(None);
        };
        self.enter_process(open.process);
        let Some(pdo) = self.io.user.files.get(&open.file).map(|file| file.pdo) else {
            self.refuse(id, open.process, STATUS_INVALID_HANDLE);
            return Ok(None);
        };
        let top = self.top_of_stack(pdo)?;
        let irp = self.build_request(id, top, open, io)?;
        Ok(Some((top, irp)))
    }

    fn refuse(&mut self, id: RequestId, process: Process, status: NtStatus) {
        let done = Latch::default();
        done.open(self);
        let request =
            Request { process, file: Addr::NULL, irp: Addr::NULL, outcome: Some(refused(status)), done };
        self.io.user.requests.insert(id, request);
    }

    fn build_request(
        &mut self,
        id: RequestId,
        top: Addr,
        open: OpenHandle,
        io: &UserIo,
    ) -> Result<Addr, Stop> {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut spec = IrpSpec::new(IrpOrigin::IoManager, IRP_MJ_READ, 0);
        (spec.file, spec.user_mode) = (open.file, true);
        let buffers = match io {
            UserIo::Control { code, input, output } => {
                let buffers = self.control_buffers(*code, input, output)?;
                spec.major = IRP_MJ_DEVICE_CONTROL;
                let parameters = spec.parameters.DeviceIoControl_mut();
                parameters.IoControlCode = *code;
                parameters.InputBufferLength = length(input);
                parameters.OutputBufferLength = length(output);
                parameters.Type3InputBuffer = buffers.type3_input();
                buffers
            }
            UserIo::Read { length, offset } => {
                let parameters = spec.parameters.Read_mut();
                (parameters.Length, parameters.ByteOffset) = (*length, *offset);
                // CAST: a length that a test asked for.
                self.transfer_buffers(top, &vec![0; *length as usize], false)?
            }
            UserIo::Write { data, offset } => {
                spec.major = IRP_MJ_WRITE;
                let parameters = spec.parameters.Read_mut();
                (parameters.Length, parameters.ByteOffset) = (length(data), *offset);
                self.transfer_buffers(top, data, true)?
            }
        };
        let finish: Finish = Box::new(move |kernel, irp| {
            let block = kernel.irp(irp)?.IoStatus;
            let (status, information) = (NtStatus(block.Status), block.Information);
            let output = kernel.take_buffers(irp, &buffers, status, information)?;
            kernel.finished(id, Outcome { status, information, output });
            Ok(())
        });
        let irp = self.build_irp(top, &spec, Some(finish))?;
        self.attach_buffers(irp, &buffers)?;
        if let Some(file) = self.io.user.files.get_mut(&open.file) {
            file.references += 1;
        }
        let done = Latch::default();
        let request = Request { process: open.process, file: open.file, irp, outcome: None, done };
        self.io.user.requests.insert(id, request);
        Ok(irp)
    }

    fn finished(&mut self, id: RequestId, outcome: Outcome) {
        let Some(request) = self.io.user.requests.get_mut(&id) else { return };
        request.irp = Addr::NULL;
        request.outcome = Some(outcome);
        let (done, file) = (request.done.clone(), request.file);
        done.open(self);
        self.release_file(file);
    }
}

/// The access that a request needs, as [`READ`] and [`WRITE`].
const fn needed(io: &UserIo) -> u32 {
    match io {
        UserIo::Control { code, .. } => ioctl::access(*code),
        UserIo::Read { .. } => READ,
        UserIo::Write { .. } => WRITE,
    }
}

const _: () = assert!(READ == ioctl::FILE_READ_ACCESS && WRITE == ioctl::FILE_WRITE_ACCESS);

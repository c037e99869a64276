//! File objects and handles.

use nt_trace::{
    NtStatus, ObjectId, ObjectKind,
    event::{FileCleanup, FileClosed, FileOpened, IrpOrigin},
};

use super::{Process, READ, WRITE, cancel, request};
use crate::{
    abi::{
        DEVICE_OBJECT, FILE_OBJECT, LIST_ENTRY, UNICODE_STRING,
        irp_major::{IRP_MJ_CLEANUP, IRP_MJ_CLOSE, IRP_MJ_CREATE},
        status::{STATUS_ACCESS_DENIED, STATUS_INVALID_HANDLE, STATUS_NO_SUCH_DEVICE, STATUS_SUCCESS},
    },
    kernel::{
        Kernel,
        io::{IrpSpec, send_irp},
        ke::Latch,
    },
    mem::{Addr, Fill, Request},
    sched::{Cpu, PASSIVE_LEVEL},
    stop::Stop,
};

/// A handle of a process. Numbers are not reused within a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub u32);

/// What a handle stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenHandle {
    pub file: Addr,
    pub process: Process,
    /// [`READ`] and [`WRITE`].
    pub access: u32,
}

/// A file object that is not closed yet.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Its name in the trace.
    pub id: ObjectId,
    /// The physical device object of its stack.
    pub pdo: Addr,
    /// Handles, requests in flight and references; CLOSE is sent when there is none.
    pub references: u32,
    /// References that the driver under test took and has not given back.
    pub driver_references: u32,
    /// Where the call that took the latest of them returns to.
    pub referenced_at: Addr,
    /// Handles that are open.
    pub handles: u32,
}

/// Opens a device: what `CreateFile` does with a device interface of `pdo`. `access` is [`READ`] and
/// [`WRITE`]; `name` is what follows the interface's name in the path.
///
/// # Errors
/// When the machine stops. A refusal is a status inside.
pub async fn open(
    cpu: &Cpu,
    process: Process,
    pdo: Addr,
    access: u32,
    name: &str,
) -> Result<Result<Handle, NtStatus>, Stop> {
    let (file, spec, context) = {
        let mut kernel = cpu.k();
        kernel.enter_process(process);
        if let Some(status) = kernel.refuses_create(pdo)? {
            let device = kernel.object(pdo);
            kernel.emit(FileOpened { file: ObjectId::NONE, device, status });
            return Ok(Err(status));
        }
        let file = kernel.create_file(pdo, access, name)?;
        let mut spec = IrpSpec::new(IrpOrigin::IoManager, IRP_MJ_CREATE, 0);
        (spec.file, spec.user_mode) = (file, true);
        // FILE_OPEN in the upper byte, and sharing both ways.
        let context = kernel.security_context(access)?;
        let parameters = spec.parameters.Create_mut();
        (parameters.Options, parameters.ShareAccess) = (0x0100_0000, 3);
        parameters.SecurityContext = context;
        (file, spec, context)
    };
    let result = send_irp(cpu, pdo, &spec).await?;
    let mut kernel = cpu.k();
    kernel.pool_free(context, 0)?;
    let (id, device) = (kernel.object(file), kernel.object(pdo));
    kernel.emit(FileOpened { file: id, device, status: result.status });
    if !result.status.is_success() {
        kernel.forget_file(file)?;
        return Ok(Err(result.status));
    }
    kernel.mem.at_mut::<FILE_OBJECT>(file)?.Flags |= FILE_OBJECT::HANDLE_CREATED;
    kernel.io.user.next_handle += 4;
    let handle = Handle(kernel.io.user.next_handle);
    kernel.io.user.handles.insert(handle, OpenHandle { file, process, access });
    Ok(Ok(handle))
}

/// Makes a second handle of a file, as `DuplicateHandle` does. None when the first is closed.
pub fn duplicate(kernel: &mut Kernel, handle: Handle) -> Option<Handle> {
    let open = *kernel.io.user.handles.get(&handle)?;
    let file = kernel.io.user.files.get_mut(&open.file)?;
    file.handles += 1;
    file.references += 1;
    kernel.io.user.next_handle += 4;
    let handle = Handle(kernel.io.user.next_handle);
    kernel.io.user.handles.insert(handle, open);
    Some(handle)
}

/// Closes a handle: CLEANUP when it is the file's last, CLOSE when nothing refers to the file any more.
///
/// # Errors
/// When the machine stops.
pub async fn close(cpu: &Cpu, handle: Handle) -> Result<NtStatus, Stop> {
    let (file, pdo, last) = {
        let mut kernel = cpu.k();
        let Some(open) = kernel.io.user.handles.remove(&handle) else { return Ok(STATUS_INVALID_HANDLE) };
        let Some(file) = kernel.io.user.files.get_mut(&open.file) else { return Ok(STATUS_INVALID_HANDLE) };
        file.handles -= 1;
        let (pdo, last) = (file.pdo, file.handles == 0);
        (open.file, pdo, last)
    };
    if last {
        let spec = {
            let mut kernel = cpu.k();
            let id = kernel.object(file);
            kernel.emit(FileCleanup { file: id });
            kernel.mem.at_mut::<FILE_OBJECT>(file)?.Flags |= FILE_OBJECT::CLEANUP_COMPLETE;
            let mut spec = IrpSpec::new(IrpOrigin::IoManager, IRP_MJ_CLEANUP, 0);
            spec.file = file;
            spec
        };
        send_irp(cpu, pdo, &spec).await?;
    }
    let unused = cpu.k().drop_file_reference(file);
    if unused {
        send_close(cpu, file).await?;
    }
    Ok(STATUS_SUCCESS)
}

/// Ends a process: cancels its requests, waits for them, and closes its handles.
///
/// # Errors
/// When the machine stops.
pub async fn exit_process(cpu: &Cpu, process: Process) -> Result<(), Stop> {
    let requests = request::of_process(&cpu.look(), process);
    for id in &requests {
        cancel(cpu, *id).await?;
    }
    for id in requests {
        request::finish(cpu, id).await;
    }
    let handles: Vec<Handle> = {
        let kernel = cpu.look();
        let of_process = kernel.io.user.handles.iter().filter(|(_, open)| open.process == process);
        of_process.map(|(handle, _)| *handle).collect()
    };
    for handle in handles {
        close(cpu, handle).await?;
    }
    Ok(())
}

/// Ends everything that user mode has: closes every handle, then cancels what is left of the requests and waits
/// for them.
///
/// # Errors
/// When the machine stops.
pub async fn end_everything(cpu: &Cpu) -> Result<(), Stop> {
    let handles: Vec<Handle> = cpu.look().io.user.handles.keys().copied().collect();
    for handle in handles {
        close(cpu, handle).await?;
    }
    let requests = request::unfinished(&cpu.look());
    for id in &requests {
        cancel(cpu, *id).await?;
    }
    for id in requests {
        request::finish(cpu, id).await;
    }
    Ok(())
}

/// Waits until the last file object of a device's stack is closed.
pub async fn wait_until_closed(cpu: &Cpu, pdo: Addr) {
    loop {
        let latch = {
            let mut kernel = cpu.k();
            if kernel.open_files(pdo) == 0 {
                return;
            }
            let latch = Latch::default();
            kernel.io.user.closed.push((pdo, latch.clone()));
            latch
        };
        latch.wait(cpu, "the last file object to be closed").await;
    }
}

async fn send_close(cpu: &Cpu, file: Addr) -> Result<(), Stop> {
    let Some(pdo) = cpu.look().io.user.files.get(&file).map(|record| record.pdo) else { return Ok(()) };
    let mut spec = IrpSpec::new(IrpOrigin::IoManager, IRP_MJ_CLOSE, 0);
    spec.file = file;
    send_irp(cpu, pdo, &spec).await?;
    let mut kernel = cpu.k();
    let id = kernel.object(file);
    kernel.emit(FileClosed { file: id });
    kernel.forget_file(file)
}

impl Kernel {
    /// The file object that a handle stands for, NULL when it is closed.
    #[must_use]
    pub(in crate::kernel) fn file_of(&self, handle: Handle) -> Addr {
        self.io.user.handles.get(&handle).map_or(Addr::NULL, |open| open.file)
    }

    fn refuses_create(&self, pdo: Addr) -> Result<Option<NtStatus>, Stop> {
        let Some(device) = self.io.devices.get(&pdo) else { return Ok(Some(STATUS_NO_SUCH_DEVICE)) };
        if device.deleted {
            return Ok(Some(STATUS_NO_SUCH_DEVICE));
        }
        if let Some(status) = self.io.create_refused.get(&pdo) {
            return Ok(Some(*status));
        }
        let top = self.top_of_stack(pdo)?;
        let exclusive = self.device_flags(top)? & crate::abi::device_flags::DO_EXCLUSIVE != 0;
        Ok((exclusive && self.open_files(pdo) > 0).then_some(STATUS_ACCESS_DENIED))
    }

    /// An `IO_SECURITY_CONTEXT` that says what the caller wants to do.
    fn security_context(&mut self, access: u32) -> Result<Addr, Stop> {
        const SIZE: u64 = 24;
        const DESIRED_ACCESS: u64 = 16;
        let context = self.system_allocate(SIZE, Fill::Zero)?;
        self.mem.write(context.add(DESIRED_ACCESS), &access)?;
        Ok(context)
    }

    fn create_file(&mut self, pdo: Addr, access: u32, name: &str) -> Result<Addr, Stop> {
        let text: Vec<u16> = name.encode_utf16().collect();
        let header = size_of::<FILE_OBJECT>() as u64;
        let bytes = text.len() as u64 * 2;
        let request = Request {
            kind: ObjectKind::File,
            length: header + bytes,
            tag: 0,
            fill: Fill::Zero,
            site: Addr::NULL,
        };
        let file = self.mem.allocate(request)?;
        for (index, unit) in text.iter().enumerate() {
            self.mem.write(file.add(header + index as u64 * 2), unit)?;
        }
        let length = u16::try_from(bytes).unwrap_or(u16::MAX);
        let irps = file.field(std::mem::offset_of!(FILE_OBJECT, IrpList));
        let memory: &mut FILE_OBJECT = self.mem.at_mut(file)?;
        memory.Type = FILE_OBJECT::TYPE;
        memory.Size = 216;
        memory.DeviceObject = pdo;
        memory.ReadAccess = u8::from(access & READ != 0);
        memory.WriteAccess = u8::from(access & WRITE != 0);
        (memory.SharedRead, memory.SharedWrite) = (1, 1);
        memory.IrpList = LIST_ENTRY::empty(irps);
        let buffer = if bytes == 0 { Addr::NULL } else { file.add(header) };
        memory.FileName = UNICODE_STRING::new(length, length, buffer);
        self.mem.at_mut::<DEVICE_OBJECT>(pdo)?.ReferenceCount += 1;
        let id = self.object(file);
        let record =
            File { id, pdo, references: 1, driver_references: 0, referenced_at: Addr::NULL, handles: 1 };
        self.io.user.files.insert(file, record);
        Ok(file)
    }

    fn forget_file(&mut self, file: Addr) -> Result<(), Stop> {
        let Some(record) = self.io.user.files.remove(&file) else { return Ok(()) };
        self.mem.free(file, self.site())?;
        self.mem.at_mut::<DEVICE_OBJECT>(record.pdo)?.ReferenceCount -= 1;
        let waiting = std::mem::take(&mut self.io.user.closed);
        for (pdo, latch) in waiting {
            if pdo == record.pdo {
                latch.open(self);
            } else {
                self.io.user.closed.push((pdo, latch));
            }
        }
        self.free_device_if_unused(record.pdo)
    }

    /// Takes a reference away; true when it was the last.
    fn drop_file_reference(&mut self, file: Addr) -> bool {
        let Some(record) = self.io.user.files.get_mut(&file) else { return false };
        record.references -= 1;
        record.references == 0
    }

    /// Takes a reference away. CLOSE is sent from a thread of its own if it was the last.
    pub(in crate::kernel) fn release_file(&mut self, file: Addr) {
        if self.drop_file_reference(file) {
            self.sched.spawn("close", PASSIVE_LEVEL, async move |cpu| send_close(&cpu, file).await);
        }
    }
}

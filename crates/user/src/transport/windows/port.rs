//! The I/O completion port of this process: one thread takes the ends of all requests from it.
// UNSAFETY: the system writes to an [`Operation`] and to its buffers from the start of a request to the moment its packet is
// taken from the port; until then nobody here touches it but through its address.
#![expect(unsafe_code, reason = "calls of Windows functions, and memory that the system writes to")]

use std::{
    ptr::{self, NonNull},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
};

use windows_sys::{
    Wdk::System::IO::NtDeviceIoControlFile,
    Win32::{
        Foundation::HANDLE,
        System::IO::{
            CancelIoEx, CreateIoCompletionPort, GetQueuedCompletionStatus, IO_STATUS_BLOCK, OVERLAPPED,
        },
        System::Threading::INFINITE,
    },
};

use super::handle::{CompletionPort, Owned, last_error};
use crate::{
    error::{Error, ErrorKind, SystemCode},
    transport::{Ended, Parcel, Slot},
};

/// One request: what the system writes to, and whose it is. At an address of its own while it is in flight.
#[repr(C)]
struct Operation {
    // First: its address is that of the operation, for the port's packet and for CancelIoEx.
    block: IO_STATUS_BLOCK,
    held: Option<Held>,
}

// SAFETY: the pointer in the status block is one of two meanings of a field that holds a number here; nobody follows it.
unsafe impl Send for Operation {}

struct Held {
    slot: Arc<Slot>,
    parcel: Parcel,
}

/// The port, and operations that are not in flight, to be used again.
pub(super) struct Port {
    port: Owned<CompletionPort>,
    #[expect(clippy::vec_box, reason = "the system is given their addresses")]
    spare: Mutex<Vec<Box<Operation>>>,
}

static PORT: OnceLock<Result<Arc<Port>, Error>> = OnceLock::new();

/// The port of this process. It and its thread stay as long as the process.
pub(super) fn port() -> Result<Arc<Port>, Error> {
    PORT.get_or_init(make).clone()
}

fn make() -> Result<Arc<Port>, Error> {
    const DOING: &str = "making an I/O completion port";
    let port = Owned::open(()).map_err(|failed| Error::of_code(SystemCode::Win32(failed.code.0), DOING))?;
    let port = Arc::new(Port { port, spare: Mutex::default() });
    let of_thread = Arc::clone(&port);
    let thread = thread::Builder::new().name("usbclient I/O".into());
    let started = thread.spawn(move || {
        loop {
            of_thread.take_one();
        }
    });
    started.map_err(|error| Error::new(ErrorKind::NoMemory, DOING).because(error.to_string()))?;
    Ok(port)
}

impl Port {
    /// Ends of requests on this file come to the port from now on.
    pub(super) fn associate(&self, file: HANDLE) -> Result<(), Error> {
        // SAFETY: both handles are open. The key is not used.
        let port = unsafe { CreateIoCompletionPort(file, self.port.raw(), 0, 0) };
        if port.is_null() {
            let code = SystemCode::Win32(last_error());
            return Err(Error::of_code(code, "opening a device for overlapped requests"));
        }
        Ok(())
    }

    /// Starts a request on a file that is associated with the port.
    ///
    /// Page: <https://learn.microsoft.com/windows/win32/api/winternl/nf-winternl-ntdeviceiocontrolfile>. It gives the NTSTATUS, by
    /// which one knows whether a packet will come: it does unless the status is an error.
    pub(super) fn start(&self, file: HANDLE, slot: &Arc<Slot>, parcel: Parcel) {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut operation =
            spare.unwrap_or_else(|| Box::new(Operation { block: IO_STATUS_BLOCK::default(), held: None }));
        let code = parcel.code;
        let held = operation.held.insert(Held { slot: Arc::clone(slot), parcel });
        let (Ok(input_length), Ok(length)) = (
            u32::try_from(held.parcel.input.len()),
            u32::try_from(held.parcel.length.min(held.parcel.data.len())),
        ) else {
            self.end(operation, TOO_LONG, 0);
            return;
        };
        let input = held.parcel.input.as_ptr().cast();
        let data = if length == 0 { ptr::null_mut() } else { held.parcel.data.as_mut_ptr().cast() };
        let address = Box::into_raw(operation);
        slot.begin(address.expose_provenance());
        let (event, routine) = (ptr::null_mut(), None);
        // SAFETY: the operation and its buffers stay where they are, and nobody touches them, until the packet came or the
        // call failed; the lengths are theirs. The status block is the operation's first field.
        let status = unsafe {
            NtDeviceIoControlFile(
                file,
                event,
                routine,
                address.cast(),
                address.cast(),
                code,
                input,
                input_length,
                data,
                length,
            )
        };
        if is_error(status.cast_unsigned()) {
            // SAFETY: no packet comes after an error: the operation is nobody's, and this is the address from above.
            let operation = unsafe { Box::from_raw(address) };
            self.end(operation, status.cast_unsigned(), 0);
        }
    }

    /// Asks for a request on a file to be cancelled, by the number that its slot has. To be called while the slot is in
    /// flight, which keeps the operation from being used again.
    pub(super) fn cancel(file: HANDLE, number: usize) {
        let overlapped: *const OVERLAPPED = ptr::with_exposed_provenance(number);
        // SAFETY: the address only names the request. One that has ended is not found, which is no error here.
        unsafe { CancelIoEx(file, overlapped) };
    }

    /// Waits for the packet of a request that has ended, and tells of it.
    fn take_one(&self) {
        let (mut bytes, mut key, mut overlapped) = (0, 0, ptr::null_mut::<OVERLAPPED>());
        // SAFETY: the port is open, and the variables live during the call. That it says whether the request succeeded is not
        // needed: the status block says it.
        unsafe {
            GetQueuedCompletionStatus(
                self.port.raw(),
                &raw mut bytes,
                &raw mut key,
                &raw mut overlapped,
                INFINITE,
            )
        };
        let Some(address) = NonNull::new(overlapped.cast::<Operation>()) else { return };
        // SAFETY: a packet comes once for each request, with the address that `start` gave: the system is done with it.
        let operation = unsafe { Box::from_raw(address.as_ptr()) };
        // SAFETY: the system has written the status.
        let status = unsafe { operation.block.Anonymous.Status };
        let moved = operation.block.Information;
        self.end(operation, status.cast_unsigned(), moved);
    }

    fn end(&self, mut operation: Box<Operation>, status: u32, moved: usize) {
        if let Some(Held { slot, parcel }) = operation.held.take() {
            // The slot waits for a cancel that names the operation; only then is it used again.
            slot.end(Ended { code: SystemCode::NtStatus(status), moved, parcel, why: None });
        }
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(operation);
    }
}

/// `STATUS_INVALID_BUFFER_SIZE`: no request is that long.
const TOO_LONG: u32 = 0xC000_0206;

/// `NT_ERROR`
const fn is_error(status: u32) -> bool {
    status >= 0xC000_0000
}

impl std::fmt::Debug for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Port")
    }
}

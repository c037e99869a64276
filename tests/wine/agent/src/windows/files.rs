//! Files and requests.
// UNSAFETY: calls Windows.
#![expect(unsafe_code, reason = "calls Windows")]

use std::{collections::BTreeMap, ffi::c_void, ptr};

use windows_sys::{
    Wdk::{
        Foundation::OBJECT_ATTRIBUTES,
        Storage::FileSystem::{FILE_OPEN, NtCreateFile, NtReadFile, NtWriteFile},
        System::IO::NtDeviceIoControlFile,
    },
    Win32::{
        Foundation::{
            CloseHandle, DUPLICATE_SAME_ACCESS, DuplicateHandle, ERROR_NOT_FOUND, GENERIC_READ,
            GENERIC_WRITE, GetLastError, HANDLE, NTSTATUS, OBJ_CASE_INSENSITIVE, STATUS_PENDING,
            UNICODE_STRING, WAIT_OBJECT_0,
        },
        Storage::FileSystem::{FILE_READ_ATTRIBUTES, FILE_SHARE_READ, FILE_SHARE_WRITE, SYNCHRONIZE},
        System::{
            IO::{CancelIoEx, IO_STATUS_BLOCK, OVERLAPPED},
            Threading::{CreateEventW, GetCurrentProcess, WaitForSingleObject},
        },
    },
};
use wine_agent::{Answer, Io};

use super::{Win32Error, wide};

/// A request that was started. Stays where it is until it has ended: the kernel writes to it.
struct Request {
    block: IO_STATUS_BLOCK,
    event: HANDLE,
    input: Vec<u8>,
    output: Vec<u8>,
    /// What starting it returned, if that was its end.
    ended: Option<NTSTATUS>,
}

/// The requests that nobody has waited for to their end.
#[derive(Default)]
pub struct Files {
    requests: BTreeMap<u64, Box<Request>>,
    next: u64,
}

impl Files {
    /// Starts a request.
    pub fn start(&mut self, handle: u64, io: Io) -> Answer {
        // SAFETY: no name, no security descriptor.
        let event = unsafe { CreateEventW(ptr::null(), 1, 0, ptr::null()) };
        if event.is_null() {
            return Answer::Failed(last_error());
        }
        // SAFETY: all zeros is a status block.
        let block = unsafe { std::mem::zeroed() };
        let mut request =
            Box::new(Request { block, event, input: Vec::new(), output: Vec::new(), ended: None });
        let status = match io {
            Io::Control { code, input, output } => {
                (request.input, request.output) = (input, output);
                control(handle, code, &mut request)
            }
            Io::Read { length } => {
                request.output = vec![0; length as usize];
                read(handle, &mut request)
            }
            Io::Write { data } => {
                request.input = data;
                write(handle, &mut request)
            }
        };
        request.ended = (status != STATUS_PENDING).then_some(status);
        self.next += 1;
        self.requests.insert(self.next, request);
        Answer::Number(self.next)
    }

    /// Waits for a request's end.
    pub fn wait(&mut self, id: u64, milliseconds: u32) -> Answer {
        let Some(request) = self.requests.get(&id) else {
            return Answer::Confused(format!("there is no request {id}"));
        };
        if request.ended.is_none() {
            // SAFETY: the request's event.
            let waited = unsafe { WaitForSingleObject(request.event, milliseconds) };
            if waited != WAIT_OBJECT_0 {
                return Answer::Pending;
            }
        }
        let Some(request) = self.requests.remove(&id) else { return Answer::Pending };
        // SAFETY: the request's event, which nobody else knows.
        unsafe { CloseHandle(request.event) };
        // SAFETY: it has ended: both members of the union are written.
        let written = unsafe { request.block.Anonymous.Status };
        let status = request.ended.filter(|status| *status < 0).unwrap_or(written);
        Answer::Ended {
            status: status.cast_unsigned(),
            information: if status < 0 && request.ended.is_some() {
                0
            } else {
                request.block.Information as u64
            },
            output: request.output,
        }
    }

    /// Asks for a request to be cancelled, or for all of a file.
    pub fn cancel(&self, handle: u64, request: Option<u64>) -> Answer {
        let at: *const OVERLAPPED = match request {
            None => ptr::null(),
            Some(id) => match self.requests.get(&id) {
                Some(request) => ptr::from_ref(&request.block).cast(),
                None => return Answer::Confused(format!("there is no request {id}")),
            },
        };
        // SAFETY: the address is only compared with those of requests under way.
        if unsafe { CancelIoEx(value(handle), at) } != 0 {
            return Answer::Bool(true);
        }
        match last_error() {
            ERROR_NOT_FOUND => Answer::Bool(false),
            error => Answer::Failed(error),
        }
    }
}

fn control(handle: u64, code: u32, request: &mut Request) -> NTSTATUS {
    let (input, in_length) = (request.input.as_ptr().cast::<c_void>(), length(&request.input));
    let (output, out_length) = (request.output.as_mut_ptr().cast::<c_void>(), length(&request.output));
    // SAFETY: block and buffers live in a box until the request has ended.
    unsafe {
        NtDeviceIoControlFile(
            value(handle),
            request.event,
            None,
            ptr::null(),
            &raw mut request.block,
            code,
            input,
            in_length,
            output,
            out_length,
        )
    }
}

fn read(handle: u64, request: &mut Request) -> NTSTATUS {
    let (buffer, length) = (request.output.as_mut_ptr().cast::<c_void>(), length(&request.output));
    // SAFETY: block and buffer live in a box until the request has ended.
    unsafe {
        NtReadFile(
            value(handle),
            request.event,
            None,
            ptr::null(),
            &raw mut request.block,
            buffer,
            length,
            &0,
            ptr::null(),
        )
    }
}

fn write(handle: u64, request: &mut Request) -> NTSTATUS {
    let (buffer, length) = (request.input.as_ptr().cast::<c_void>(), length(&request.input));
    // SAFETY: block and buffer live in a box until the request has ended.
    unsafe {
        NtWriteFile(
            value(handle),
            request.event,
            None,
            ptr::null(),
            &raw mut request.block,
            buffer,
            length,
            &0,
            ptr::null(),
        )
    }
}

/// Opens a file by its Win32 path.
pub fn open(path: &str, read: bool, write: bool) -> Answer {
    let native = path.replacen(r"\\?\", r"\??\", 1);
    let mut name = wide(&native);
    name.pop();
    let bytes = u16::try_from(name.len() * 2).unwrap_or(u16::MAX);
    let object = UNICODE_STRING { Length: bytes, MaximumLength: bytes, Buffer: name.as_mut_ptr() };
    let attributes = OBJECT_ATTRIBUTES {
        Length: u32::try_from(size_of::<OBJECT_ATTRIBUTES>()).unwrap_or_default(),
        RootDirectory: ptr::null_mut(),
        ObjectName: &raw const object,
        Attributes: OBJ_CASE_INSENSITIVE,
        SecurityDescriptor: ptr::null(),
        SecurityQualityOfService: ptr::null(),
    };
    let access = SYNCHRONIZE
        | FILE_READ_ATTRIBUTES
        | if read { GENERIC_READ } else { 0 }
        | if write { GENERIC_WRITE } else { 0 };
    let mut handle: HANDLE = ptr::null_mut();
    // SAFETY: all zeros is a status block.
    let mut block: IO_STATUS_BLOCK = unsafe { std::mem::zeroed() };
    // SAFETY: all that is pointed to lives as long as the call.
    let status = unsafe {
        NtCreateFile(
            &raw mut handle,
            access,
            &raw const attributes,
            &raw mut block,
            ptr::null(),
            0,
            FILE_SHARE_READ | FILE_SHARE_WRITE,
            FILE_OPEN,
            0,
            ptr::null(),
            0,
        )
    };
    if status < 0 { Answer::Refused(status.cast_unsigned()) } else { Answer::Number(handle as u64) }
}

/// `CloseHandle`
pub fn close(handle: u64) -> Result<(), Win32Error> {
    // SAFETY: a value that is no handle is refused.
    if unsafe { CloseHandle(value(handle)) } == 0 { Err(last_error()) } else { Ok(()) }
}

/// `DuplicateHandle`
pub fn duplicate(handle: u64) -> Answer {
    // SAFETY: always succeeds.
    let process = unsafe { GetCurrentProcess() };
    let mut new: HANDLE = ptr::null_mut();
    // SAFETY: a value that is no handle is refused.
    let made = unsafe {
        DuplicateHandle(process, value(handle), process, &raw mut new, 0, 0, DUPLICATE_SAME_ACCESS)
    };
    if made == 0 { Answer::Failed(last_error()) } else { Answer::Number(new as u64) }
}

fn value(handle: u64) -> HANDLE {
    usize::try_from(handle).unwrap_or_default() as HANDLE
}

fn length(buffer: &[u8]) -> u32 {
    u32::try_from(buffer.len()).unwrap_or(u32::MAX)
}

pub(super) fn last_error() -> Win32Error {
    // SAFETY: always succeeds.
    unsafe { GetLastError() }
}

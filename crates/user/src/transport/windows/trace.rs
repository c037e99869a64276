//! A real-time session of event tracing that listens to the driver.
//!
//! Pages: [StartTrace](https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-starttracew),
//! [EnableTraceEx2](https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-enabletraceex2),
//! [OpenTrace](https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-opentracew),
//! [ProcessTrace](https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-processtrace)
// UNSAFETY: calls of Windows functions, whose pages say what they need, and a callback with a context.
#![expect(unsafe_code, reason = "calls of Windows functions, and a callback")]

use std::{
    iter, ptr,
    sync::atomic::{AtomicU32, Ordering},
    thread::{self, JoinHandle},
    time::Duration,
};

use windows_sys::{
    Win32::{
        Foundation::ERROR_SUCCESS,
        System::Diagnostics::Etw::{
            CONTROLTRACE_HANDLE, CloseTrace, ControlTraceW, EVENT_CONTROL_CODE_ENABLE_PROVIDER, EVENT_RECORD,
            EVENT_TRACE_CONTROL_STOP, EVENT_TRACE_LOGFILEW, EVENT_TRACE_PROPERTIES,
            EVENT_TRACE_REAL_TIME_MODE, EnableTraceEx2, OpenTraceW, PROCESS_TRACE_MODE_EVENT_RECORD,
            PROCESS_TRACE_MODE_REAL_TIME, PROCESSTRACE_HANDLE, ProcessTrace, StartTraceW,
            WNODE_FLAG_TRACED_GUID,
        },
    },
    core::GUID,
};

use super::{handle::last_error, trace_fields};
use crate::{
    error::{Error, ErrorKind, SystemCode},
    events::{DriverEvent, Filter},
    transport::Sender,
};

const DOING: &str = "listening to the driver's events";
/// The driver's provider: `docs/events.md`.
static PROVIDER: GUID = GUID::from_u128(0xb1f0_9ace_5b65_5387_8e69_8398_2036_7d54);
/// `INVALID_PROCESSTRACE_HANDLE`
const INVALID: u64 = u64::MAX;
/// `wnode.ClientContext`: time stamps of the system clock.
const SYSTEM_TIME: u32 = 2;
/// 1601 to 1970, in units of 100 ns.
const EPOCH: i64 = 116_444_736_000_000_000;

/// Numbers the sessions of this process.
static SESSIONS: AtomicU32 = AtomicU32::new(1);

/// The properties of a session, with room for its name behind them, which the system writes.
#[repr(C)]
struct Properties {
    properties: EVENT_TRACE_PROPERTIES,
    name: [u16; 64],
}

impl Properties {
    fn new() -> Self {
        let mut properties = EVENT_TRACE_PROPERTIES::default();
        properties.Wnode.BufferSize = u32::try_from(size_of::<Self>()).unwrap_or(0);
        properties.Wnode.Flags = WNODE_FLAG_TRACED_GUID;
        properties.Wnode.ClientContext = SYSTEM_TIME;
        properties.LogFileMode = EVENT_TRACE_REAL_TIME_MODE;
        properties.FlushTimer = 1;
        properties.LoggerNameOffset = u32::try_from(std::mem::offset_of!(Self, name)).unwrap_or(0);
        Self { properties, name: [0; 64] }
    }
}

/// A session that listens, until it is dropped.
#[derive(Debug)]
pub(super) struct Session {
    control: u64,
    consumer: Option<(u64, JoinHandle<()>)>,
}

/// What the callback needs.
struct Listener {
    sender: Sender<DriverEvent>,
}

/// Starts a session of its own, and a thread that reads it.
pub(super) fn start(filter: Filter, sender: Sender<DriverEvent>) -> Result<Session, Error> {
    let number = SESSIONS.fetch_add(1, Ordering::Relaxed);
    let name = format!("usbclient-{}-{number}", std::process::id());
    let mut name: Vec<u16> = name.encode_utf16().chain(iter::once(0)).collect();
    let mut properties = Properties::new();
    let mut control = CONTROLTRACE_HANDLE::default();
    // SAFETY: the name ends with a NUL, and the properties have the room that they say.
    let code = unsafe { StartTraceW(&raw mut control, name.as_ptr(), (&raw mut properties).cast()) };
    check(code)?;
    let mut session = Session { control: control.Value, consumer: None };
    let (level, keywords) = (filter.level.value(), filter.keywords.bits());
    let enable = EVENT_CONTROL_CODE_ENABLE_PROVIDER;
    // SAFETY: the session was started, and the provider's identifier lives for ever.
    let code =
        unsafe { EnableTraceEx2(control, &raw const PROVIDER, enable, level, keywords, 0, 0, ptr::null()) };
    check(code)?;
    session.consumer = Some(consume(&mut name, sender)?);
    Ok(session)
}

fn check(code: u32) -> Result<(), Error> {
    if code == ERROR_SUCCESS { Ok(()) } else { Err(Error::of_code(SystemCode::Win32(code), DOING)) }
}

/// Opens the session for reading, and starts the thread that does it.
fn consume(name: &mut [u16], sender: Sender<DriverEvent>) -> Result<(u64, JoinHandle<()>), Error> {
    let listener = Box::new(Listener { sender });
    let context = Box::into_raw(listener);
    let mut file = EVENT_TRACE_LOGFILEW { LoggerName: name.as_mut_ptr(), ..Default::default() };
    file.Anonymous1.ProcessTraceMode = PROCESS_TRACE_MODE_REAL_TIME | PROCESS_TRACE_MODE_EVENT_RECORD;
    file.Anonymous2.EventRecordCallback = Some(on_event);
    file.Context = context.cast();
    // SAFETY: the structure and the name live during the call; the context until the thread ends.
    let handle = unsafe { OpenTraceW(&raw mut file) };
    // An address may not go to another thread as a pointer.
    let address = context.expose_provenance();
    if handle.Value == INVALID {
        let code = SystemCode::Win32(last_error());
        free(address);
        return Err(Error::of_code(code, DOING));
    }
    let value = handle.Value;
    let thread = thread::Builder::new().name("usbclient events".into()).spawn(move || {
        let handle = PROCESSTRACE_HANDLE { Value: value };
        // SAFETY: the trace is open. The call returns when the session is stopped.
        unsafe { ProcessTrace(&raw const handle, 1, ptr::null(), ptr::null()) };
        free(address);
    });
    thread.map(|thread| (value, thread)).map_err(|error| {
        // SAFETY: the trace is open, and nobody reads it.
        unsafe { CloseTrace(handle) };
        free(address);
        Error::new(ErrorKind::NoMemory, DOING).because(error.to_string())
    })
}

/// Frees the callback's context, when there are no more callbacks.
fn free(address: usize) {
    let listener: *mut Listener = ptr::with_exposed_provenance_mut(address);
    // SAFETY: the address comes from a box, and is freed this once.
    drop(unsafe { Box::from_raw(listener) });
}

impl Drop for Session {
    fn drop(&mut self) {
        let mut properties = Properties::new();
        let control = CONTROLTRACE_HANDLE { Value: self.control };
        // SAFETY: the session is ours, and the properties have the room that they say.
        unsafe {
            ControlTraceW(control, ptr::null(), (&raw mut properties).cast(), EVENT_TRACE_CONTROL_STOP)
        };
        if let Some((handle, thread)) = self.consumer.take() {
            // SAFETY: the trace is open; a call that reads it returns soon, with or without this.
            unsafe { CloseTrace(PROCESSTRACE_HANDLE { Value: handle }) };
            // It has nothing to say.
            drop(thread.join());
        }
    }
}

/// Hears of an event, on the thread that reads.
unsafe extern "system" fn on_event(record: *mut EVENT_RECORD) {
    // SAFETY: the record is valid during the callback.
    let Some(record) = (unsafe { record.as_ref() }) else { return };
    if !is_provider(&record.EventHeader.ProviderId) {
        return;
    }
    let listener: *const Listener = record.UserContext.cast();
    // SAFETY: the context is the listener, which lives until the thread ends.
    let Some(listener) = (unsafe { listener.as_ref() }) else { return };
    let Some((name, fields)) = trace_fields::of(record) else { return };
    let since = u64::try_from(record.EventHeader.TimeStamp - EPOCH).unwrap_or(0);
    let time = Duration::from_micros(since / 10);
    let descriptor = record.EventHeader.EventDescriptor;
    // Whoever listened may have gone.
    let _ = listener.sender.send(DriverEvent::new(name, time, descriptor.Level, descriptor.Keyword, fields));
}

fn is_provider(guid: &GUID) -> bool {
    guid.data1 == PROVIDER.data1 && guid.data2 == PROVIDER.data2 && guid.data3 == PROVIDER.data3
}

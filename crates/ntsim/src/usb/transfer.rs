//! An URB that the stack holds.

use usb_models::{Schedule, Setup};

use super::{buffer::Buffer, isochronous::Isochronous, select::Selection};
use crate::mem::Addr;

/// What an URB asks of the device, checked.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not one state")]
pub(super) struct Job {
    pub wire: Wire,
    pub work: Work,
    pub buffer: Buffer,
    /// Bytes asked for.
    pub length: u32,
    /// The pipe's handle, NULL for the default pipe.
    pub pipe: Addr,
    /// The pipe's endpoint, 0 for the default pipe.
    pub endpoint: u8,
    /// The data go to the host.
    pub is_in: bool,
    /// `USBD_SHORT_TRANSFER_OK`
    pub short_ok: bool,
    /// The client gave no MDL, so the stack makes one and leaves its address in the URB.
    pub made_mdl: bool,
    /// The URB has a `TransferBufferLength`, which gets the bytes moved.
    pub has_length: bool,
    /// Given up after that many milliseconds; zero: never.
    pub timeout_ms: u32,
    /// The packets of an isochronous transfer.
    pub isochronous: Option<Isochronous>,
}

/// What goes over the bus.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wire {
    /// A control transfer on the default pipe.
    Control(Setup),
    /// A bulk or interrupt transfer.
    Data,
    /// A transfer on a stream.
    Stream(u16),
    /// An isochronous transfer.
    Isochronous(Schedule),
    /// Nothing: the controller alone is concerned.
    Nothing,
}

/// What else is done when that has succeeded.
#[derive(Clone, Debug)]
pub(super) enum Work {
    Nothing,
    /// Opens the pipes of a configuration, or with none selected closes all.
    SelectConfiguration(Option<Selection>),
    /// Opens the pipes of an alternate setting.
    SelectInterface(Selection),
    /// The pipe is no longer halted.
    ResetPipe,
    /// Opens the streams of a pipe, and tells in the array at this address.
    OpenStreams {
        array: Addr,
        count: u32,
    },
    /// Closes the streams of a pipe.
    CloseStreams,
}

/// Where a held URB is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The device has it.
    InModel,
    /// Nobody has it: it waits to be cancelled.
    Held,
    /// It is done and waits for the thread that completes.
    Finished,
}

/// An URB that the stack holds.
#[derive(Debug)]
pub(super) struct Transfer {
    pub irp: Addr,
    pub urb: Addr,
    pub job: Job,
    pub stage: Stage,
    /// The cancel routine is set and was not called.
    pub armed: bool,
    /// The timer that gives it up.
    pub timer: Option<u64>,
    /// What the URB held when it came, where its memory cannot be taken from the driver.
    pub snapshot: Vec<u8>,
    /// What is to go to the device.
    pub data: Vec<u8>,
}

impl Transfer {
    pub const fn new(irp: Addr, urb: Addr, job: Job) -> Self {
        Self {
            irp,
            urb,
            job,
            stage: Stage::InModel,
            armed: false,
            timer: None,
            snapshot: Vec::new(),
            data: Vec::new(),
        }
    }
}

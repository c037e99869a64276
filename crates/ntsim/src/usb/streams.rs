//! Static streams: opened and closed on an endpoint's pipe, used by pipe handles of their own.
//!
//! Pages: `usbcon/how-to-open-streams-in-a-usb-endpoint`, `usb/ns-usb-_urb_open_static_streams`,
//! `usb/ns-usb-_usbd_stream_information`, `debugger/bug-check-0x144--bugcode-usb3-driver` (0x800 to 0x803, 0x805). Where
//! they leave something open, the stricter reading is taken:
//!
//! * requests that are pending on the endpoint, or on its streams, make opening and closing fail as busy;
//! * closing what is not open is refused;
//! * `USBD_STATUS_INFO_LENGTH_MISMATCH`, which a page names, has no value in usb.h: it is an invalid parameter here.

use std::mem::offset_of;

use nt_trace::event::StreamOpened;

use super::{
    control::own_request,
    knobs::MOST_STREAMS,
    limits,
    pipe::{Pipe, PipeKind},
    status::{BUGCODE_USB3_DRIVER, Outcome, Refusal},
    transfer::{Job, Transfer, Wire, Work},
};
use crate::{
    abi::{
        power::POWER_DEVICE_D0,
        urb::{URB_OPEN_STATIC_STREAMS, USBD_STREAM_INFORMATION},
        usbd_status::{
            USBD_STATUS_ERROR_BUSY, USBD_STATUS_INSUFFICIENT_RESOURCES, USBD_STATUS_INVALID_PARAMETER,
            USBD_STATUS_INVALID_PIPE_HANDLE, USBD_STATUS_INVALID_URB_FUNCTION, USBD_STATUS_NOT_SUPPORTED,
        },
    },
    kernel::Kernel,
    mem::Addr,
    sched::PASSIVE_LEVEL,
    stop::Stop,
};

/// How many streams of an endpoint the simulated controller has: as many as the stack ever answers.
pub(super) const CONTROLLER_STREAMS: u16 = MOST_STREAMS;
/// `URB_OPEN_STATIC_STREAMS_VERSION_100`
const VERSION_100: u16 = 0x100;
/// Size of one element of the array, in bytes.
const INFORMATION: u64 = size_of::<USBD_STREAM_INFORMATION>() as u64;

/// Whether the streams of a pipe are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Streams {
    /// They never were, and the pipe is used as any other.
    #[default]
    Never,
    Open,
    Closed,
}

impl Kernel {
    /// `URB_FUNCTION_OPEN_STATIC_STREAMS`
    pub(super) fn usb_open_streams(&mut self, pdo: Addr, irp: Addr, urb: Addr) -> Result<Job, Refusal> {
        if !self.usb_is_usb3(pdo) {
            return Err(Refusal::usbd(USBD_STATUS_INVALID_URB_FUNCTION));
        }
        let told = *self.mem.at::<URB_OPEN_STATIC_STREAMS>(urb)?;
        let count = told.NumberOfStreams;
        self.usb_may_open(pdo, irp, urb, count)?;
        let handle = self.usb_pipe_of(pdo, urb)?;
        let pipe = self.usb_pipe(pdo, handle)?;
        let described =
            told.StreamInfoVersion == VERSION_100 && u64::from(told.StreamInfoSize) == INFORMATION;
        if pipe.kind != PipeKind::Bulk || pipe.stream.is_some() || count > pipe.max_streams || !described {
            return Err(Refusal::usbd(USBD_STATUS_INVALID_PARAMETER));
        }
        if pipe.streams == Streams::Open {
            let name = self.usb_pipe_name(handle);
            let text = format!("static streams are opened on {name}, where they are open");
            return Err(self.usb_bug(BUGCODE_USB3_DRIVER, 0x803, pdo, irp, urb, text).into());
        }
        self.mem.bytes(told.Streams, u64::from(count) * INFORMATION)?;
        if self.usb_is_busy(pdo, handle) {
            return Err(Refusal::usbd(USBD_STATUS_ERROR_BUSY));
        }
        let knobs = &mut self.usb.knobs;
        if knobs.hits(knobs.UsbVerifierFailEnableStaticStreams) {
            return Err(Refusal::usbd(USBD_STATUS_INSUFFICIENT_RESOURCES));
        }
        if let Some(pipe) = self.usb_pipe_mut(pdo, handle) {
            pipe.streams = Streams::Open;
        }
        let job = own_request(0, 0, 0, 0, Work::OpenStreams { array: told.Streams, count });
        Ok(Job { wire: Wire::Nothing, pipe: handle, endpoint: pipe.endpoint, ..job })
    }

    /// What stops the machine when streams are opened.
    fn usb_may_open(&self, pdo: Addr, irp: Addr, urb: Addr, count: u32) -> Result<(), Refusal> {
        let bug = |code, first, second, text: String| {
            Err(self.usb_bug(BUGCODE_USB3_DRIVER, code, pdo, first, second, text).into())
        };
        let irql = self.sched.irql();
        if irql > PASSIVE_LEVEL {
            let text = "static streams are opened above PASSIVE_LEVEL".to_owned();
            return bug(0x800, Addr(irql.into()), irp, text);
        }
        // The handle that was asked with is the one that the URB is of.
        let of = self.usb.urbs.get(&urb).and_then(|record| self.usb.handles.get(&record.handle));
        let Some(granted) = of.and_then(|handle| handle.streams) else {
            let text = "static streams are opened, and nobody was told that there are any".to_owned();
            return bug(0x801, irp, urb, text);
        };
        if count == 0 || count > u32::from(granted) {
            let text = format!("{count} static streams are opened, and {granted} were granted");
            return bug(0x802, Addr(count.into()), Addr(granted.into()), text);
        }
        Ok(())
    }

    /// The URB of opened streams comes back: their pipes are there.
    pub(super) fn usb_streams_opened(
        &mut self,
        pdo: Addr,
        transfer: &Transfer,
        array: Addr,
        count: u32,
    ) -> Result<Outcome, Stop> {
        let base = transfer.job.pipe;
        let Ok(pipe) = self.usb_pipe(pdo, base) else {
            // Another configuration was selected meanwhile.
            return Ok(Outcome::new(USBD_STATUS_INVALID_PIPE_HANDLE, 0));
        };
        let device = self.usb.devices.get(&pdo);
        let largest = device
            .map_or(0, |device| limits::transfer(device.options.face, device.model.speed(), PipeKind::Bulk));
        for index in 0..count {
            let stream = u16::try_from(index + 1).unwrap_or(u16::MAX);
            let open = Pipe { stream: Some((stream, base)), streams: Streams::Never, halted: false, ..pipe };
            let handle = self.usb_open_pipe(pdo, open);
            let at = array.add(u64::from(index) * INFORMATION);
            self.mem.write(at.field(offset_of!(USBD_STREAM_INFORMATION, PipeHandle)), &handle)?;
            self.mem.write(at.field(offset_of!(USBD_STREAM_INFORMATION, StreamID)), &u32::from(stream))?;
            self.mem.write(at.field(offset_of!(USBD_STREAM_INFORMATION, MaximumTransferSize)), &largest)?;
            let (pipe, base) = (self.usb_pipe_name(handle), self.usb_pipe_name(base));
            self.emit(StreamOpened { pipe, base, stream });
        }
        Ok(Outcome::SUCCESS)
    }

    /// Whether this is a time to close streams.
    pub(super) fn usb_check_closing(&self, pdo: Addr, irp: Addr, urb: Addr) -> Result<(), Refusal> {
        if !self.usb_is_usb3(pdo) || self.usb_power_state(pdo) == POWER_DEVICE_D0 {
            return Ok(());
        }
        let text = "static streams are closed while the device is not in D0".to_owned();
        Err(self.usb_bug(BUGCODE_USB3_DRIVER, 0x805, pdo, irp, urb, text).into())
    }

    /// `URB_FUNCTION_CLOSE_STATIC_STREAMS`: all of an endpoint's.
    pub(super) fn usb_close_streams(&mut self, pdo: Addr, urb: Addr) -> Result<Job, Refusal> {
        if !self.usb_is_usb3(pdo) {
            return Err(Refusal::usbd(USBD_STATUS_INVALID_URB_FUNCTION));
        }
        let handle = self.usb_pipe_of(pdo, urb)?;
        let pipe = self.usb_pipe(pdo, handle)?;
        if pipe.streams != Streams::Open {
            return Err(Refusal::usbd(USBD_STATUS_INVALID_PARAMETER));
        }
        if self.usb_is_busy(pdo, handle) || self.usb_has_busy_streams(pdo, handle) {
            return Err(Refusal::usbd(USBD_STATUS_ERROR_BUSY));
        }
        let job = own_request(0, 0, 0, 0, Work::CloseStreams);
        Ok(Job { wire: Wire::Nothing, pipe: handle, endpoint: pipe.endpoint, ..job })
    }

    /// The URB that closes streams comes back: their handles are stale.
    pub(super) fn usb_streams_closed(&mut self, pdo: Addr, base: Addr) -> Outcome {
        if let Some(device) = self.usb.devices.get_mut(&pdo) {
            device.pipes.retain(|_, pipe| pipe.stream.is_none_or(|(_, of)| of != base));
        }
        self.usb_pipe_mut(pdo, base).map_or(Outcome::new(USBD_STATUS_INVALID_PIPE_HANDLE, 0), |pipe| {
            pipe.streams = Streams::Closed;
            Outcome::SUCCESS
        })
    }

    /// Aborting and resetting are not for one stream.
    pub(super) fn usb_check_no_stream(&self, pdo: Addr, handle: Addr) -> Result<(), Refusal> {
        if self.usb_pipe(pdo, handle)?.stream.is_none() {
            return Ok(());
        }
        Err(Refusal::usbd(USBD_STATUS_NOT_SUPPORTED))
    }

    /// Whether the stack holds transfers of streams that were opened on this pipe.
    pub(super) fn usb_has_busy_streams(&self, pdo: Addr, base: Addr) -> bool {
        let Some(device) = self.usb.devices.get(&pdo) else { return false };
        let of = |handle| device.pipes.get(&handle).and_then(|pipe| pipe.stream);
        device.transfers.values().any(|transfer| of(transfer.job.pipe).is_some_and(|(_, of)| of == base))
    }

    /// What is known of an open pipe.
    fn usb_pipe(&self, pdo: Addr, handle: Addr) -> Result<Pipe, Refusal> {
        let device = self.usb.devices.get(&pdo);
        let pipe = device.and_then(|device| device.pipes.get(&handle)).copied();
        pipe.ok_or(Refusal::usbd(USBD_STATUS_INVALID_PIPE_HANDLE))
    }
}

//! Static streams: opened and closed on an endpoint's pipe, used by pipe handles of their own.
//!
//! The rules, their pages and the readings that were chosen are those of `crates/ntsim/src/usb/streams.rs`.

use core::mem::offset_of;

use usb_models::Speed;
use wdk_sys::{_URB_OPEN_STATIC_STREAMS, _USBD_STREAM_INFORMATION};

use super::{
    Usb, limits,
    outcome::Refused,
    parse::Endpoint,
    pipe::{Pipe, PipeKind},
    status,
    transfer::Job,
};
use crate::{nt::urb::Urb, shared::line::trace};

/// How many streams of an endpoint the controller has.
const CONTROLLER_STREAMS: u16 = 255;
/// `URB_OPEN_STATIC_STREAMS_VERSION_100`
const VERSION_100: u16 = 0x100;
/// Size of one element of the array, in bytes.
const INFORMATION: usize = size_of::<_USBD_STREAM_INFORMATION>();

/// Whether the streams of a pipe are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streams {
    /// They never were, and the pipe is used as any other.
    Never,
    Open,
    Closed,
}

/// How many streams an endpoint has: those of its companion descriptor (USB 3.2, table 9-28).
pub fn maximum_streams(speed: Speed, endpoint: Endpoint) -> u32 {
    let is_bulk = PipeKind::of(endpoint.attributes) == PipeKind::Bulk && speed == Speed::Super;
    let companion = endpoint.companion.filter(|_| is_bulk);
    match companion.map_or(0, |companion| companion.attributes & 0x1F) {
        0 => 0,
        exponent @ 1..=15 => 1 << exponent,
        _ => 65_533,
    }
}

impl Usb {
    /// How many static streams a client is told that there are.
    pub fn static_streams(&self) -> u16 {
        // Streams are of SuperSpeed endpoints.
        if self.model.speed() == Speed::Super { CONTROLLER_STREAMS } else { 0 }
    }

    /// `URB_FUNCTION_OPEN_STATIC_STREAMS`
    pub(super) fn open_streams(&mut self, urb: Urb) -> Result<Job, Refused> {
        let count: u32 = urb.get(offset_of!(_URB_OPEN_STATIC_STREAMS, NumberOfStreams));
        let version: u16 = urb.get(offset_of!(_URB_OPEN_STATIC_STREAMS, StreamInfoVersion));
        let size: u16 = urb.get(offset_of!(_URB_OPEN_STATIC_STREAMS, StreamInfoSize));
        let array: usize = urb.get(offset_of!(_URB_OPEN_STATIC_STREAMS, Streams));
        if count == 0 || count > u32::from(self.static_streams()) {
            trace!(
                "~bus broken {count} static streams are opened, and {} were granted",
                self.static_streams()
            );
            return Err(status::INVALID_PARAMETER);
        }
        let base = self.pipe_of(urb)?;
        let pipe = *self.pipes.get(&base).ok_or(status::INVALID_PIPE_HANDLE)?;
        let described = version == VERSION_100 && usize::from(size) == INFORMATION;
        let suits = pipe.kind == PipeKind::Bulk && pipe.stream.is_none() && count <= pipe.max_streams;
        let Some(array) = Urb::at(array).filter(|_| suits && described) else {
            return Err(status::INVALID_PARAMETER);
        };
        if pipe.streams == Streams::Open {
            trace!("~bus broken static streams are opened on a pipe where they are open");
            return Err(status::INVALID_PARAMETER);
        }
        if self.is_busy(base) {
            return Err(status::ERROR_BUSY);
        }
        if let Some(pipe) = self.pipes.get_mut(&base) {
            pipe.streams = Streams::Open;
        }
        let largest = limits::transfer(self.model.speed(), PipeKind::Bulk);
        for (index, stream) in (1..=u16::try_from(count).unwrap_or(u16::MAX)).enumerate() {
            let open = Pipe { stream: Some((stream, base)), streams: Streams::Never, halted: false, ..pipe };
            let handle = self.open_pipe(open);
            let at = index * INFORMATION;
            array.set(at + offset_of!(_USBD_STREAM_INFORMATION, PipeHandle), handle);
            array.set(at + offset_of!(_USBD_STREAM_INFORMATION, StreamID), u32::from(stream));
            array.set(at + offset_of!(_USBD_STREAM_INFORMATION, MaximumTransferSize), largest);
        }
        Err(status::SUCCESS)
    }

    /// `URB_FUNCTION_CLOSE_STATIC_STREAMS`: all of an endpoint's.
    pub(super) fn close_streams(&mut self, urb: Urb) -> Result<Job, Refused> {
        let base = self.pipe_of(urb)?;
        if self.pipes.get(&base).is_none_or(|pipe| pipe.streams != Streams::Open) {
            return Err(status::INVALID_PARAMETER);
        }
        if self.is_busy(base) || self.has_busy_streams(base) {
            return Err(status::ERROR_BUSY);
        }
        self.pipes.retain(|_, pipe| pipe.stream.is_none_or(|(_, of)| of != base));
        if let Some(pipe) = self.pipes.get_mut(&base) {
            pipe.streams = Streams::Closed;
        }
        Err(status::SUCCESS)
    }

    /// Aborting and resetting are not for one stream.
    pub(super) fn check_no_stream(&self, handle: usize) -> Result<(), Refused> {
        let is_stream = self.pipes.get(&handle).is_some_and(|pipe| pipe.stream.is_some());
        if is_stream { Err(status::NOT_SUPPORTED) } else { Ok(()) }
    }

    /// Whether the stack holds transfers of streams that were opened on this pipe.
    pub(super) fn has_busy_streams(&self, base: usize) -> bool {
        let is_of_base = |pipe: &Pipe| pipe.stream.is_some_and(|(_, of)| of == base);
        self.pipes.iter().any(|(handle, pipe)| is_of_base(pipe) && self.is_busy(*handle))
    }
}

//! Requests that concern a pipe, and the buffers of transfers.

use alloc::{vec, vec::Vec};
use core::mem::offset_of;

use usb_models::Time;
use wdk_sys::{_URB_BULK_OR_INTERRUPT_TRANSFER, _URB_GET_CURRENT_FRAME_NUMBER};

use super::{
    Usb, limits,
    outcome::Refused,
    pipe::PipeKind,
    status,
    streams::Streams,
    transfer::{Job, Wire, Work},
};
use crate::{
    nt::{
        memory::{self, Run},
        urb::Urb,
    },
    shared::line::trace,
};

/// Where an URB has its pipe handle, if it has one.
pub const PIPE: usize = offset_of!(_URB_BULK_OR_INTERRUPT_TRANSFER, PipeHandle);
/// Where an URB has its flags, if it has any.
pub const FLAGS: usize = offset_of!(_URB_BULK_OR_INTERRUPT_TRANSFER, TransferFlags);
/// Where an URB has the length of its buffer, if it has one.
pub const LENGTH: usize = offset_of!(_URB_BULK_OR_INTERRUPT_TRANSFER, TransferBufferLength);
/// Where an URB has the address of its buffer, if it has one.
pub const BUFFER: usize = offset_of!(_URB_BULK_OR_INTERRUPT_TRANSFER, TransferBuffer);
/// Where an URB has the MDL of its buffer, if it has one.
pub const BUFFER_MDL: usize = offset_of!(_URB_BULK_OR_INTERRUPT_TRANSFER, TransferBufferMDL);

/// What the stack leaves in an URB that it made an MDL for: the MDL is no more.
pub const STALE_MDL: usize = 0xFFFF_9FFF_0000_0D00;
/// `bRequest` of `CLEAR_FEATURE`.
const CLEAR_FEATURE: u8 = 1;

/// A transfer's buffer.
pub struct Buffer {
    pub runs: Vec<Run>,
    pub length: u32,
    /// The stack makes the MDL.
    pub made_mdl: bool,
}

/// The transfer buffer of an URB.
pub fn buffer(urb: Urb, chained: bool) -> Result<Buffer, Refused> {
    let length: u32 = urb.get(LENGTH);
    let (plain, mdl): (usize, usize) = (urb.get(BUFFER), urb.get(BUFFER_MDL));
    if length == 0 {
        return Ok(Buffer { runs: Vec::new(), length, made_mdl: false });
    }
    if mdl == STALE_MDL {
        trace!(
            "~bus broken URB {:x} was not formatted anew: it has the MDL of its last request",
            urb.address()
        );
        return Err(status::INVALID_PARAMETER);
    }
    match (plain == 0 || chained, mdl == 0) {
        (false, true) => Ok(Buffer { runs: vec![Run::at(plain, length as usize)], length, made_mdl: true }),
        (true, false) => {
            let runs = memory::mdl_runs(mdl, chained);
            let room: usize = runs.iter().map(|run| run.length()).sum();
            if length as usize > room {
                trace!("~bus broken {length} bytes are to be moved, and the MDL describes {room}");
                return Err(status::INVALID_PARAMETER);
            }
            Ok(Buffer { runs, length, made_mdl: false })
        }
        // Neither, or both: which one is meant?
        _ => Err(status::INVALID_PARAMETER),
    }
}

impl Usb {
    /// The pipe handle in an URB, if it is one that is open.
    pub(super) fn pipe_of(&self, urb: Urb) -> Result<usize, Refused> {
        let handle: usize = urb.get(PIPE);
        if self.pipes.contains_key(&handle) {
            return Ok(handle);
        }
        if handle > super::TOKENS && handle <= super::TOKENS + self.tokens * super::TOKEN_STRIDE {
            trace!("~bus broken a stale pipe handle {handle:x}");
        }
        Err(status::INVALID_PIPE_HANDLE)
    }

    /// Checks a bulk or interrupt transfer.
    pub(super) fn data_job(&self, urb: Urb, chained: bool) -> Result<Job, Refused> {
        let handle = self.pipe_of(urb)?;
        let pipe = self.pipes.get(&handle).ok_or(status::INVALID_PIPE_HANDLE)?;
        if !matches!(pipe.kind, PipeKind::Bulk | PipeKind::Interrupt) {
            return Err(status::INVALID_PARAMETER);
        }
        // An endpoint with streams is used by them alone, even after they were closed.
        if pipe.streams != Streams::Never {
            return Err(status::INVALID_PIPE_HANDLE);
        }
        let base = pipe.stream.map_or(handle, |(_, base)| base);
        if self.pipes.get(&base).is_none_or(|base| base.halted) {
            return Err(status::ENDPOINT_HALTED);
        }
        let Buffer { runs, length, made_mdl } = buffer(urb, chained)?;
        if length > limits::transfer(self.model.speed(), pipe.kind) {
            return Err(status::INVALID_PARAMETER);
        }
        Ok(Job {
            runs,
            length,
            pipe: handle,
            endpoint: pipe.endpoint,
            // The endpoint decides; the flag is documented as the client's duty, and ignored.
            is_in: pipe.endpoint & 0x80 != 0,
            made_mdl,
            has_length: true,
            ..Job::new(pipe.stream.map_or(Wire::Data, |(stream, _)| Wire::Stream(stream)), Work::Nothing)
        })
    }

    /// `URB_FUNCTION_ABORT_PIPE`: takes back what is outstanding on a pipe. The request itself may complete before they do,
    /// and does.
    pub(super) fn abort_pipe(&mut self, now: Time, urb: Urb) -> Result<Job, Refused> {
        let handle = self.pipe_of(urb)?;
        self.check_no_stream(handle)?;
        self.abort(now, status::CANCELED, |_, transfer| transfer.job.pipe == handle);
        Err(status::SUCCESS)
    }

    /// The three ways to reset a pipe.
    pub(super) fn reset_pipe(
        &mut self,
        urb: Urb,
        device_side: bool,
        host_side: bool,
    ) -> Result<Job, Refused> {
        let handle = self.pipe_of(urb)?;
        self.check_no_stream(handle)?;
        if self.is_busy(handle) || self.has_busy_streams(handle) {
            return Err(status::ERROR_BUSY);
        }
        let pipe = self.pipes.get_mut(&handle).ok_or(status::INVALID_PIPE_HANDLE)?;
        // Nothing is sent to the device for an isochronous pipe (page `usb/ns-usb-_urb_header`).
        if !device_side || pipe.kind == PipeKind::Isochronous {
            pipe.halted &= !host_side;
            pipe.next_frame = None;
            return Err(status::SUCCESS);
        }
        let endpoint = pipe.endpoint;
        let work = if host_side { Work::ResetPipe } else { Work::Nothing };
        let job = Job::own_request(0x02, CLEAR_FEATURE, 0, u16::from(endpoint), work);
        Ok(Job { pipe: handle, endpoint, ..job })
    }
}

/// `URB_FUNCTION_GET_CURRENT_FRAME_NUMBER`
pub fn frame_number(now: Time, urb: Urb) -> Result<Job, Refused> {
    let frame = super::isochronous::frame_number(now.0 / Time::PER_FRAME);
    urb.set(offset_of!(_URB_GET_CURRENT_FRAME_NUMBER, FrameNumber), frame);
    Err(status::SUCCESS)
}

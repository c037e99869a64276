//! Requests that concern a pipe, and the buffers of transfers.

use super::{
    Face, Usb,
    buffer::Buffer,
    control::{CLEAR_FEATURE, own_request},
    isochronous::frame_number,
    limits,
    pipe::PipeKind,
    status::{BUGCODE_USB3_DRIVER, Outcome, Refusal},
    streams::Streams,
    submit::{BUFFER, BUFFER_MDL, LENGTH},
    transfer::{Job, Wire, Work},
};
use crate::{
    abi::{
        urb::{URB_BULK_OR_INTERRUPT_TRANSFER, URB_GET_CURRENT_FRAME_NUMBER, USBD_SHORT_TRANSFER_OK},
        usbd_status::{
            USBD_STATUS_CANCELED, USBD_STATUS_ENDPOINT_HALTED, USBD_STATUS_ERROR_BUSY,
            USBD_STATUS_INVALID_PARAMETER, USBD_STATUS_INVALID_PIPE_HANDLE, USBD_STATUS_INVALID_URB_FUNCTION,
        },
    },
    kernel::Kernel,
    mem::Addr,
};

/// Units of 100 ns in a frame.
const PER_FRAME: u64 = usb_models::Time::PER_FRAME;

impl Kernel {
    /// The transfer buffer of an URB, its length, and whether the stack makes the MDL.
    pub(super) fn usb_buffer(
        &self,
        pdo: Addr,
        urb: Addr,
        chained: bool,
    ) -> Result<(Buffer, u32, bool), Refusal> {
        let length: u32 = self.mem.read(urb.field(LENGTH))?;
        let (plain, mdl): (Addr, Addr) =
            (self.mem.read(urb.field(BUFFER))?, self.mem.read(urb.field(BUFFER_MDL))?);
        if length == 0 {
            return Ok((Buffer::default(), 0, false));
        }
        if !mdl.is_null() && self.usb.is_stale_mdl(mdl) {
            let text = format!(
                "{} was not formatted anew: its TransferBufferMDL is what the last request left there",
                self.object(urb)
            );
            return Err(self.usb_bug(BUGCODE_USB3_DRIVER, 0x3, pdo, Addr::NULL, urb, text).into());
        }
        match (plain.is_null() || chained, mdl.is_null()) {
            (false, true) => Ok((self.usb_plain_buffer(plain, length)?, length, true)),
            (true, false) => {
                let buffer = self.usb_mdl_buffer(mdl, chained)?;
                if u64::from(length) > buffer.length() {
                    let text = format!(
                        "{length} bytes are to be moved, and the MDL of {} describes {}",
                        self.object(urb),
                        buffer.length()
                    );
                    return Err(self.usb_bug(BUGCODE_USB3_DRIVER, 0x807, pdo, mdl, urb, text).into());
                }
                Ok((buffer, length, false))
            }
            // Neither, or both: which one is meant?
            _ => Err(Refusal::usbd(USBD_STATUS_INVALID_PARAMETER)),
        }
    }

    /// Checks a bulk or interrupt transfer.
    pub(super) fn usb_data_job(
        &mut self,
        pdo: Addr,
        irp: Addr,
        urb: Addr,
        chained: bool,
    ) -> Result<Job, Refusal> {
        if chained {
            self.usb_check_chained(pdo, irp, urb)?;
        }
        let pipe = self.usb_pipe_of(pdo, urb)?;
        let Some(device) = self.usb.devices.get(&pdo) else { return Err(Refusal::Refused(Outcome::GONE)) };
        let (face, speed) = (device.options.face, device.model.speed());
        let Some(open) = device.pipes.get(&pipe).copied() else {
            return Err(Refusal::usbd(USBD_STATUS_INVALID_PARAMETER));
        };
        if !matches!(open.kind, PipeKind::Bulk | PipeKind::Interrupt) {
            return Err(Refusal::usbd(USBD_STATUS_INVALID_PARAMETER));
        }
        // An endpoint with streams is used by them alone, even after they were closed.
        if open.streams != Streams::Never {
            return Err(Refusal::usbd(USBD_STATUS_INVALID_PIPE_HANDLE));
        }
        let base = open.stream.map_or(pipe, |(_, base)| base);
        if device.pipes.get(&base).is_none_or(|base| base.halted) {
            return Err(Refusal::usbd(USBD_STATUS_ENDPOINT_HALTED));
        }
        let flags = self.mem.at::<URB_BULK_OR_INTERRUPT_TRANSFER>(urb)?.TransferFlags;
        let (buffer, length, made_mdl) = self.usb_buffer(pdo, urb, chained)?;
        if length > limits::transfer(face, speed, open.kind) {
            return Err(Refusal::usbd(USBD_STATUS_INVALID_PARAMETER));
        }
        Ok(Job {
            wire: open.stream.map_or(Wire::Data, |(stream, _)| Wire::Stream(stream)),
            work: Work::Nothing,
            buffer,
            length,
            pipe,
            endpoint: open.endpoint,
            // The endpoint decides; the flag is documented as the client's duty, and ignored.
            is_in: open.endpoint & 0x80 != 0,
            short_ok: flags & USBD_SHORT_TRANSFER_OK != 0,
            made_mdl,
            has_length: true,
            timeout_ms: 0,
            isochronous: None,
        })
    }

    pub(super) fn usb_check_chained(&self, pdo: Addr, irp: Addr, urb: Addr) -> Result<(), Refusal> {
        let face = self.usb.devices.get(&pdo).map(|device| device.options.face);
        if face == Some(Face::Usb2) {
            return Err(Refusal::usbd(USBD_STATUS_INVALID_URB_FUNCTION));
        }
        // The handle that was asked with is the one that the URB is of.
        let of = self.usb.urbs.get(&urb).and_then(|record| self.usb.handles.get(&record.handle));
        if of.is_some_and(|handle| handle.knows_chained_mdls) {
            return Ok(());
        }
        let text = format!("{} uses chained MDLs, and nobody asked for that capability", self.object(urb));
        Err(self.usb_bug(BUGCODE_USB3_DRIVER, 0x806, pdo, irp, urb, text).into())
    }

    /// `URB_FUNCTION_ABORT_PIPE`: takes back what is outstanding on a pipe. The request itself may complete
    /// before they do, and does.
    pub(super) fn usb_abort_pipe(&mut self, pdo: Addr, urb: Addr) -> Result<Job, Refusal> {
        let pipe = self.usb_pipe_of(pdo, urb)?;
        self.usb_check_no_stream(pdo, pipe)?;
        self.usb_abort(pdo, USBD_STATUS_CANCELED, |_, transfer| transfer.job.pipe == pipe);
        self.usb_pump(pdo);
        Err(Refusal::Refused(Outcome::SUCCESS))
    }

    /// The three ways to reset a pipe.
    pub(super) fn usb_reset_pipe(
        &mut self,
        pdo: Addr,
        urb: Addr,
        device_side: bool,
        host_side: bool,
    ) -> Result<Job, Refusal> {
        let handle = self.usb_pipe_of(pdo, urb)?;
        self.usb_check_no_stream(pdo, handle)?;
        if self.usb_is_busy(pdo, handle) || self.usb_has_busy_streams(pdo, handle) {
            return Err(Refusal::usbd(USBD_STATUS_ERROR_BUSY));
        }
        let Some(device) = self.usb.devices.get_mut(&pdo) else {
            return Err(Refusal::Refused(Outcome::GONE));
        };
        let Some(pipe) = device.pipes.get_mut(&handle) else {
            return Err(Refusal::Refused(Outcome::GONE));
        };
        let endpoint = pipe.endpoint;
        // Nothing is sent to the device for an isochronous pipe (page `usb/ns-usb-_urb_header`).
        if !device_side || pipe.kind == PipeKind::Isochronous {
            pipe.halted &= !host_side;
            pipe.next_frame = None;
            return Err(Refusal::Refused(Outcome::SUCCESS));
        }
        let work = if host_side { Work::ResetPipe } else { Work::Nothing };
        let job = own_request(0x02, CLEAR_FEATURE, 0, u16::from(endpoint), work);
        Ok(Job { pipe: handle, endpoint, ..job })
    }

    /// `URB_FUNCTION_GET_CURRENT_FRAME_NUMBER`
    pub(super) fn usb_frame_number(&mut self, urb: Addr) -> Result<Job, Refusal> {
        let frame = frame_number(self.sched.now / PER_FRAME);
        self.mem.at_mut::<URB_GET_CURRENT_FRAME_NUMBER>(urb)?.FrameNumber = frame;
        Err(Refusal::Refused(Outcome::SUCCESS))
    }
}

impl Usb {
    /// Whether this is what the stack left in an URB.
    fn is_stale_mdl(&self, mdl: Addr) -> bool {
        self.devices.values().any(|device| device.stale_mdl == mdl)
    }
}

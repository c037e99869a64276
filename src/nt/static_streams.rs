//! The requests that open and close streams.
//!
//! Pages: [_URB_OPEN_STATIC_STREAMS](https://learn.microsoft.com/windows-hardware/drivers/ddi/usb/ns-usb-_urb_open_static_streams),
//! [USBD_STREAM_INFORMATION](https://learn.microsoft.com/windows-hardware/drivers/ddi/usb/ns-usb-_usbd_stream_information),
//! [UsbBuildOpenStaticStreamsRequest](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbbuildopenstaticstreamsrequest)

// UNSAFETY: an URB that points to an array of this driver's.
#![expect(unsafe_code, reason = "works on the USB driver stack's structures")]

use alloc::vec::Vec;
use core::ptr;

use usbclient_protocol::status::Status;
use wdk_sys::{_URB_OPEN_STATIC_STREAMS, URB_OPEN_STATIC_STREAMS_VERSION_100, USBD_STREAM_INFORMATION};

use super::{
    narrow,
    pool::try_filled,
    urb::{PipeHandle, USBD_STATUS_PENDING, Urb},
};

const _: () = {
    assert!(size_of::<_URB_OPEN_STATIC_STREAMS>() == 48);
    assert!(size_of::<USBD_STREAM_INFORMATION>() == 24);
};

const URB_FUNCTION_OPEN_STATIC_STREAMS: u16 = 0x35;
const URB_FUNCTION_CLOSE_STATIC_STREAMS: u16 = 0x36;

/// One `USBD_STREAM_INFORMATION` for each stream that is to be opened, in nonpaged memory.
pub(super) struct StreamArray(Vec<USBD_STREAM_INFORMATION>);

impl StreamArray {
    /// Room for so many streams, zeroed as the macro does.
    pub(super) fn new(count: u16) -> Result<Self, Status> {
        const EMPTY: USBD_STREAM_INFORMATION = USBD_STREAM_INFORMATION {
            PipeHandle: ptr::null_mut(),
            StreamID: 0,
            MaximumTransferSize: 0,
            PipeFlags: 0,
        };
        try_filled(usize::from(count), || EMPTY).map(Self)
    }

    /// What the stack wrote, by stream id: stream 1 comes first. An id that the stack did not give has no
    /// handle; one that was not asked for is not believed.
    pub(super) fn into_handles(self) -> Result<Vec<PipeHandle>, Status> {
        let mut handles = try_filled(self.0.len(), || PipeHandle(ptr::null_mut()))?;
        for stream in &self.0 {
            let at = usize::try_from(stream.StreamID).ok().and_then(|id| id.checked_sub(1));
            if let Some(handle) = at.and_then(|at| handles.get_mut(at)) {
                *handle = PipeHandle(stream.PipeHandle);
            }
        }
        Ok(handles)
    }
}

impl Urb {
    /// Formats `URB_FUNCTION_OPEN_STATIC_STREAMS` for as many streams as the array has.
    ///
    /// # Safety
    ///
    /// The array lives until the URB has come back.
    pub(super) unsafe fn format_open_streams(&mut self, pipe: PipeHandle, streams: &mut StreamArray) {
        // SAFETY: one of the union's structures, made of numbers and pointers.
        let urb = unsafe { self.view::<_URB_OPEN_STATIC_STREAMS>() };
        urb.Hdr.Length = const { narrow::u16(size_of::<_URB_OPEN_STATIC_STREAMS>()) };
        urb.Hdr.Function = URB_FUNCTION_OPEN_STATIC_STREAMS;
        urb.Hdr.Status = USBD_STATUS_PENDING;
        urb.PipeHandle = pipe.0;
        urb.NumberOfStreams = u32::try_from(streams.0.len()).unwrap_or(u32::MAX);
        urb.StreamInfoVersion = const { narrow::u16(URB_OPEN_STATIC_STREAMS_VERSION_100 as usize) };
        urb.StreamInfoSize = const { narrow::u16(size_of::<USBD_STREAM_INFORMATION>()) };
        urb.Streams = streams.0.as_mut_ptr();
    }

    /// Formats `URB_FUNCTION_CLOSE_STATIC_STREAMS`.
    pub(super) const fn format_close_streams(&mut self, pipe: PipeHandle) {
        self.format_pipe_request(URB_FUNCTION_CLOSE_STATIC_STREAMS, pipe);
    }
}

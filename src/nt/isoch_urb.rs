//! URBs of isochronous transfers: one packet descriptor for each packet follows the rest.
//!
//! Pages: [USBD_IsochUrbAllocate](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_isochurballocate),
//! [_URB_ISOCH_TRANSFER](https://learn.microsoft.com/windows-hardware/drivers/ddi/usb/ns-usb-_urb_isoch_transfer),
//! [USBD_ISO_PACKET_DESCRIPTOR](https://learn.microsoft.com/windows-hardware/drivers/ddi/usb/ns-usb-_usbd_iso_packet_descriptor)

// UNSAFETY: the USB driver stack's structure of variable length.
#![expect(unsafe_code, reason = "works on a structure of variable length")]

use core::{mem::offset_of, num::NonZeroU16, ptr};

use usbclient_core::{isoch, request::Direction, urb::Isoch};
use usbclient_protocol::status::{NtStatus, Status};
use wdk_sys::{_URB_ISOCH_TRANSFER, USBD_ISO_PACKET_DESCRIPTOR, usb::USBD_IsochUrbAllocate};

use super::{
    irql::AtMostDispatch,
    urb::{Buffer, Memory, PipeHandle, USBD_STATUS_PENDING, USBD_TRANSFER_DIRECTION_IN, Urb, as_mdl},
    usbd::HandleUse,
};

const _: () = {
    assert!(offset_of!(_URB_ISOCH_TRANSFER, TransferBufferLength) == 36);
    assert!(offset_of!(_URB_ISOCH_TRANSFER, StartFrame) == 128);
    assert!(offset_of!(_URB_ISOCH_TRANSFER, IsoPacket) == 140);
    assert!(size_of::<_URB_ISOCH_TRANSFER>() == 152);
    assert!(size_of::<USBD_ISO_PACKET_DESCRIPTOR>() == 12);
};

const URB_FUNCTION_ISOCH_TRANSFER: u16 = 0x0A;
const USBD_START_ISO_TRANSFER_ASAP: u32 = 4;
/// `USBD_STATUS_ISO_NOT_ACCESSED_BY_HW`: what a packet says until the stack writes how it ended.
const USBD_STATUS_ISO_NOT_ACCESSED_BY_HW: u32 = 0xC002_0000;

/// What an isochronous URB is formatted for.
#[derive(Clone, Copy, Debug)]
pub struct IsochFormat {
    /// The pipe.
    pub pipe: PipeHandle,
    /// The transfer.
    pub isoch: isoch::Isoch,
}

impl Urb<Isoch> {
    /// `USBD_IsochUrbAllocate`, with room for so many packets.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES` and others, as documented.
    pub fn allocate_isoch(
        max_packets: NonZeroU16,
        handle: &HandleUse,
        _irql: &AtMostDispatch,
    ) -> Result<Self, Status> {
        let mut urb = ptr::null_mut();
        // SAFETY: the handle is open, and the URB goes to a local.
        let status =
            unsafe { USBD_IsochUrbAllocate(handle.as_raw(), max_packets.get().into(), &raw mut urb) };
        NtStatus::from_raw(status).check()?;
        // SAFETY: an URB of this handle and kind, owned from here on.
        unsafe { Self::from_raw(urb, Isoch { max_packets }, handle) }
    }

    /// Formats the URB for one submission. `input` is the request as the caller sent it, with its
    /// packets. `None`: the packets are not those that were checked, or too many.
    pub(super) fn format(&mut self, format: &IsochFormat, buffer: Buffer, input: &[u8]) -> Option<()> {
        let IsochFormat { pipe, isoch } = *format;
        let count = isoch.packet_count();
        let packets = isoch::packets(input, count).ok()?;
        let memory = self.for_packets(count)?;
        for (index, packet) in packets.enumerate() {
            let descriptor = USBD_ISO_PACKET_DESCRIPTOR {
                Offset: packet.offset,
                Length: 0,
                Status: USBD_STATUS_ISO_NOT_ACCESSED_BY_HW.cast_signed(),
            };
            // SAFETY: there is room for `count` packets, and `packets` has so many.
            let place = unsafe { packet_at(memory, index) };
            // SAFETY: as above.
            unsafe { place.write(descriptor) };
        }
        // SAFETY: one of the union's structures, made of numbers and pointers.
        let urb = unsafe { memory.view::<_URB_ISOCH_TRANSFER>() };
        // The routine's own rule for a structure that has one packet in it; 1024 packets fit.
        let length = usize::from(count)
            .saturating_mul(size_of::<USBD_ISO_PACKET_DESCRIPTOR>())
            .saturating_add(offset_of!(_URB_ISOCH_TRANSFER, IsoPacket));
        urb.Hdr.Length = u16::try_from(length).ok()?;
        urb.Hdr.Function = URB_FUNCTION_ISOCH_TRANSFER;
        urb.Hdr.Status = USBD_STATUS_PENDING;
        urb.PipeHandle = pipe.0;
        let direction = if isoch.direction() == Direction::In { USBD_TRANSFER_DIRECTION_IN } else { 0 };
        let start = if isoch.start_frame().is_none() { USBD_START_ISO_TRANSFER_ASAP } else { 0 };
        urb.TransferFlags = direction | start;
        urb.TransferBufferLength = isoch.data_length();
        urb.TransferBuffer = ptr::null_mut();
        urb.TransferBufferMDL = as_mdl(buffer);
        urb.UrbLink = ptr::null_mut();
        urb.StartFrame = isoch.start_frame().unwrap_or(0);
        urb.NumberOfPackets = count.into();
        urb.ErrorCount = 0;
        Some(())
    }

    /// `StartFrame` after the URB has come back.
    pub(super) fn start_frame(&mut self) -> Option<u32> {
        let memory = self.for_packets(1)?;
        // SAFETY: one of the union's structures, made of numbers and pointers.
        Some(unsafe { memory.view::<_URB_ISOCH_TRANSFER>() }.StartFrame)
    }

    /// `Length` and `Status` of one packet after the URB has come back.
    pub(super) fn packet(&mut self, index: u16) -> Option<(u32, u32)> {
        let memory = self.for_packets(index.checked_add(1)?)?;
        // SAFETY: there is room for one packet more than `index`.
        let place = unsafe { packet_at(memory, index.into()) };
        // SAFETY: as above; zeroed when it was allocated, and written before it was sent.
        let descriptor = unsafe { place.read() };
        Some((descriptor.Length, descriptor.Status.cast_unsigned()))
    }
}

/// Where the descriptor of a packet is.
///
/// # Safety
///
/// The URB was allocated with room for more than `index` packets.
const unsafe fn packet_at(memory: &Memory, index: usize) -> *mut USBD_ISO_PACKET_DESCRIPTOR {
    // SAFETY: within the URB, whatever the number of its packets.
    let first = unsafe { memory.as_ptr().byte_add(offset_of!(_URB_ISOCH_TRANSFER, IsoPacket)) };
    // SAFETY: the caller's obligation.
    unsafe { first.cast::<USBD_ISO_PACKET_DESCRIPTOR>().add(index) }
}

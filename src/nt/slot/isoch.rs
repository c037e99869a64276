//! How an isochronous transfer ends: its results go behind the data in the caller's buffer.

use usbclient_core::isoch::{self, Isoch};
use usbclient_protocol::{IsochPacketResult, IsochResult, status::NtStatus};

use super::{End, Linked, Slot, SlotUrb, Work};
use crate::nt::{irp::Irp, isoch_urb::IsochFormat, urb::Urb};

impl Slot<Linked> {
    /// How the request ends, if it is isochronous: there is one submission for it.
    pub fn isoch_end(&mut self, irp_status: NtStatus) -> Option<End> {
        let (urb, request) = self.urb_and_request();
        let (SlotUrb::Isoch(urb), Work::Isoch(format)) = (urb, &request.work) else { return None };
        let IsochFormat { isoch, .. } = *format;
        let status = urb.status(irp_status);
        // Nothing was tried: there is nothing to tell of the packets.
        let is_told = !urb.is_untouched(irp_status)
            && request
                .pended
                .as_mut()
                .is_some_and(|pended| write_results(urb, pended.raw(), &isoch).is_some());
        let information = if is_told { u32::try_from(isoch.second_length()).unwrap_or(0) } else { 0 };
        Some(End { status, information })
    }
}

/// Writes the results. `None` never happens: the buffer was mapped, and has the room, or the request
/// would not have been admitted.
fn write_results(urb: &mut Urb<usbclient_core::urb::Isoch>, irp: &mut Irp, isoch: &Isoch) -> Option<()> {
    let start = isoch.results_at();
    let mut at = start.checked_add(IsochResult::SIZE)?;
    let mut errors = 0_u32;
    for index in 0..isoch.packet_count() {
        let space = isoch::packet(irp.input(), index)?.length;
        let (length, status) = urb.packet(index)?;
        errors = errors.saturating_add(isoch::usbd_failed(status).into());
        irp.write_buffer(at, &isoch.packet_result(space, length, status).encode())?;
        at = at.checked_add(IsochPacketResult::SIZE)?;
    }
    irp.write_buffer(start, &isoch.result(urb.start_frame()?, errors).encode())
}

//! A request goes down, and comes back.
//!
//! Pages: [IoCallDriver](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iocalldriver),
//! [IO_COMPLETION_ROUTINE](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nc-wdm-io_completion_routine)

// UNSAFETY: moves a slot into an IRP as the context of its completion routine, and back.
#![expect(unsafe_code, reason = "moves ownership through an IRP")]

use core::{ffi::c_void, marker::PhantomData, ptr::NonNull, sync::atomic::Ordering};

use usbclient_core::{
    dispatch::{IrpCalls as _, Pended},
    transfer::Chunk,
};
use usbclient_protocol::status::STATUS_INVALID_PARAMETER;
use wdk_sys::{
    DEVICE_OBJECT, IRP, NTSTATUS, STATUS_MORE_PROCESSING_REQUIRED, STATUS_SUCCESS, ntddk::IofCallDriver,
};

use super::{
    super::{
        Nt,
        bounce::Bounce,
        irp::Irp,
        irql::AtMostDispatch,
        mdl::PartialMdl,
        own_irp, stack_location,
        urb::{Buffer, Chaining, Format},
    },
    Body, Linked, Slot, Work,
};
use crate::{reader::Read, transfer};

/// [`Slot::send`] has not returned from `IoCallDriver` yet.
const SENDING: u8 = 1;
/// The IRP has come back while [`Slot::send`] was not done.
const BACK: u8 = 2;

/// What became of a request that was sent.
pub enum Sent {
    /// It is below. The completion routine goes on with it; nothing of it may be touched.
    Away,
    /// It has come back already, or could not be sent. The IRP has the status.
    Back(Slot<Linked>),
}

impl Slot<Linked> {
    /// Formats the URB, prepares the next stack location, assigns, and calls the lower driver: one
    /// operation, done anew for every submission.
    pub fn send(
        mut self,
        chunk: Chunk,
        before_release: impl FnOnce(&mut AtMostDispatch),
        irql: &mut AtMostDispatch,
    ) -> Sent {
        let body = self.body.as_ptr();
        let Some((irp, lower)) = self.prepare(chunk, irql) else {
            return Sent::Back(self);
        };
        // SAFETY: the token is the right to the word of sending.
        let sending = unsafe { &raw const (*body).sending };
        // SAFETY: an atomic word in a slot that is in use until both parties are done with it.
        let sending = unsafe { &*sending };
        sending.store(SENDING, Ordering::Release);
        // SAFETY: the IRP is prepared for the device below, which the remove lock keeps. From here on
        // the completion routine may run: only the word is touched.
        let _status = unsafe { IofCallDriver(lower.as_ptr(), irp) };
        before_release(irql);
        if sending.fetch_and(!SENDING, Ordering::AcqRel) & BACK == 0 {
            return Sent::Away;
        }
        Sent::Back(self)
    }

    /// Everything before the call. `None`: it cannot be sent, and the IRP has the status why.
    fn prepare(&mut self, chunk: Chunk, irql: &AtMostDispatch) -> Option<(*mut IRP, NonNull<DEVICE_OBJECT>)> {
        let context = self.body.as_ptr().cast::<c_void>();
        let (urb, request) = self.urb_and_request();
        let (mut irp, device, _tag) = request.pended.take()?.into_parts();
        let lower = device.lower();
        let chaining = match request.work {
            Work::Fixed(Format::Pipe { chaining, .. }) => chaining,
            _ => None,
        };
        let read = request.read.as_deref();
        let parts =
            Parts { read, partial: request.partial.as_mut(), bounce: request.bounce.as_ref(), chaining };
        let buffer = describe(&irp, parts, chunk, irql);
        // A reader's own IRP has no location of this driver's to look into.
        let input = if request.read.is_some() { &[] } else { irp.input() };
        let formatted =
            buffer.ok().and_then(|buffer| urb.format(&request.work, buffer, chunk.asked(), input));
        let (Some(lower), Some(())) = (lower, formatted) else {
            Nt::set_status(&mut irp, STATUS_INVALID_PARAMETER.nt());
            urb.forget();
            let tag = Nt::tag(&irp);
            request.pended = Some(Pended::from_parts(irp, device, tag));
            return None;
        };
        let irp = irp.as_ptr();
        // SAFETY: the IRP is this driver's, with a location below; the slot lives until it is back.
        unsafe { stack_location::set_completion_routine(irp, Some(completed), context) };
        // SAFETY: as above; the URB cannot be reached until the slot comes back.
        unsafe { own_irp::assign(irp, urb.handle(), urb.as_ptr()) };
        Some((irp, lower))
    }
}

/// What the pages of a chunk can be described with.
struct Parts<'a> {
    read: Option<&'a Read>,
    partial: Option<&'a mut PartialMdl>,
    bounce: Option<&'a Bounce>,
    chaining: Option<Chaining>,
}

/// The pages of a chunk: a reader's own, none, the caller's own list, a part of it, the bounce packet, or both.
fn describe(irp: &Irp, parts: Parts<'_>, chunk: Chunk, irql: &AtMostDispatch) -> Result<Buffer, NoSuchPart> {
    let Parts { read, partial, bounce, chaining } = parts;
    if let Some(read) = read {
        return Ok(Buffer::One(read.buffer().mdl()));
    }
    if chunk.length == 0 {
        return match (chunk.bounce, bounce) {
            (0, _) => Ok(Buffer::None),
            (_, Some(bounce)) => Ok(Buffer::One(bounce.mdl())),
            (_, None) => Err(NoSuchPart),
        };
    }
    let whole = irp.mdl().ok_or(NoSuchPart)?;
    // `TransferBufferLength` is the number of bytes to transfer. It must not be more than the list describes (page of
    // bug check 0x144, 0x807), and may be less: the first part needs no list of its own.
    if chunk.offset == 0 && chunk.bounce == 0 && chunk.length <= irp.mdl_length() {
        return Ok(Buffer::One(whole));
    }
    let partial = partial.ok_or(NoSuchPart)?;
    // SAFETY: the IRP's own list, locked until the IRP is completed; the chunk before has come back.
    let part = unsafe { partial.describe(whole, chunk.offset, chunk.length, irql) }.ok_or(NoSuchPart)?;
    if chunk.bounce == 0 {
        return Ok(Buffer::One(part));
    }
    let (Some(bounce), Some(chaining)) = (bounce, chaining) else { return Err(NoSuchPart) };
    partial.chain(bounce.mdl());
    Ok(Buffer::Chain(part, chaining))
}

/// The caller's buffer does not have these bytes.
struct NoSuchPart;

/// The completion routine of every request that goes down with the caller's own IRP.
///
/// # Safety
///
/// Called by the I/O manager with the slot that [`Slot::send`] gave, once for each submission.
unsafe extern "C" fn completed(_device: *mut DEVICE_OBJECT, irp: *mut IRP, context: *mut c_void) -> NTSTATUS {
    // SAFETY: IRQL in a completion routine is DISPATCH_LEVEL or below.
    let mut irql = unsafe { AtMostDispatch::mint() };
    let (Some(irp), Some(body)) = (NonNull::new(irp), NonNull::new(context.cast::<Body>())) else {
        return STATUS_MORE_PROCESSING_REQUIRED;
    };
    let mut slot = Slot::<Linked> { body, state: PhantomData };
    let request = slot.request();
    // SAFETY: the I/O manager gives the IRP back, at this driver's location.
    let irp = unsafe { Irp::from_raw(irp) };
    let tag = Nt::tag(&irp);
    request.pended = Some(Pended::from_parts(irp, request.device, tag));
    // SAFETY: alive; only the word's address is made.
    let sending = unsafe { &raw const (*body.as_ptr()).sending };
    // SAFETY: an atomic word in a slot that is in use until both parties are done with it.
    if unsafe { &*sending }.fetch_or(BACK, Ordering::AcqRel) & SENDING != 0 {
        // `send` goes on with it: it would be one more frame on the stack for every chunk here.
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    // The IRP was marked pending when the request was admitted: nothing to propagate here.
    let Some(ended) = transfer::came_back(slot, &mut irql) else {
        return STATUS_MORE_PROCESSING_REQUIRED;
    };
    ended.let_go_on(&mut irql);
    STATUS_SUCCESS
}

//! USB request blocks: allocated from the handle, formatted anew before every submission.
//!
//! The `UsbBuildXxxRequest` macros are not in any library, so the few formats that are needed are
//! written here. Which fields a format sets is what those macros set.
//!
//! Pages: [USBD_UrbAllocate](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_urballocate),
//! [USBD_UrbFree](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_urbfree),
//! [URB](https://learn.microsoft.com/windows-hardware/drivers/ddi/usb/ns-usb-_urb)

// UNSAFETY: an URB is the USB driver stack's, a union that its function code selects from.
#![expect(unsafe_code, reason = "works on the USB driver stack's structures")]

use core::{
    mem::offset_of,
    ptr::{self, NonNull},
};

use usbclient_core::{
    capabilities::ChainedMdls,
    urb::{self as kinds, Fixed, Isoch, Kind, SelectConfiguration},
};
use usbclient_protocol::{
    SetupPacket,
    status::{NtStatus, STATUS_INSUFFICIENT_RESOURCES, STATUS_UNSUCCESSFUL, Status},
};
use wdk_sys::{
    _URB_BULK_OR_INTERRUPT_TRANSFER, _URB_CONTROL_DESCRIPTOR_REQUEST, _URB_CONTROL_TRANSFER_EX,
    _URB_GET_CURRENT_FRAME_NUMBER, _URB_HEADER, _URB_PIPE_REQUEST, _URB_SELECT_CONFIGURATION, MDL, URB,
    USBD_CONFIGURATION_HANDLE, USBD_HANDLE, USBD_PIPE_HANDLE,
    usb::{USBD_UrbAllocate, USBD_UrbFree},
};

use super::{irql::AtMostDispatch, narrow, usbd::HandleUse};

const _: () = {
    assert!(size_of::<_URB_HEADER>() == 24);
    assert!(offset_of!(_URB_HEADER, Function) == 2);
    assert!(offset_of!(_URB_HEADER, Status) == 4);
    assert!(size_of::<_URB_BULK_OR_INTERRUPT_TRANSFER>() == 128);
    assert!(offset_of!(_URB_BULK_OR_INTERRUPT_TRANSFER, TransferBufferLength) == 36);
    assert!(size_of::<_URB_CONTROL_TRANSFER_EX>() == 136);
    assert!(offset_of!(_URB_CONTROL_TRANSFER_EX, TransferBufferLength) == 36);
    assert!(offset_of!(_URB_CONTROL_TRANSFER_EX, Timeout) == 56);
    assert!(offset_of!(_URB_CONTROL_TRANSFER_EX, SetupPacket) == 128);
    assert!(size_of::<_URB_CONTROL_DESCRIPTOR_REQUEST>() == 136);
    assert!(offset_of!(_URB_CONTROL_DESCRIPTOR_REQUEST, TransferBufferLength) == 36);
    assert!(offset_of!(_URB_CONTROL_DESCRIPTOR_REQUEST, LanguageId) == 132);
    assert!(size_of::<_URB_PIPE_REQUEST>() == 40);
    assert!(size_of::<_URB_GET_CURRENT_FRAME_NUMBER>() == 32);
    assert!(offset_of!(_URB_SELECT_CONFIGURATION, Interface) == 40);
    assert!(size_of::<URB>() == 152);
};

const URB_FUNCTION_SELECT_CONFIGURATION: u16 = 0x00;
const URB_FUNCTION_ABORT_PIPE: u16 = 0x02;
const URB_FUNCTION_GET_CURRENT_FRAME_NUMBER: u16 = 0x07;
const URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER: u16 = 0x09;
const URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE: u16 = 0x0B;
const URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL: u16 = 0x1E;
const URB_FUNCTION_CONTROL_TRANSFER_EX: u16 = 0x32;
const URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL: u16 = 0x37;

pub(super) const USBD_TRANSFER_DIRECTION_IN: u32 = 1;
const USBD_SHORT_TRANSFER_OK: u32 = 2;
const USBD_DEFAULT_PIPE_TRANSFER: u32 = 8;

/// What the URB says until the stack writes how it ended.
pub(super) const USBD_STATUS_PENDING: i32 = 0x4000_0000;

/// `IOCTL_INTERNAL_USB_SUBMIT_URB`, which is a macro in `usbioctl.h`.
pub(super) const IOCTL_INTERNAL_USB_SUBMIT_URB: u32 = 0x0022_0003;

/// A pipe of the selected configuration, as the USB driver stack names it.
///
/// It goes stale when the configuration is selected anew, so it lives in the pipe table of one START.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PipeHandle(pub(super) USBD_PIPE_HANDLE);

// SAFETY: an opaque value that the USB driver stack accepts on any thread.
unsafe impl Send for PipeHandle {}

impl PipeHandle {
    /// Whether the stack gave one at all.
    pub const fn is_some(self) -> bool {
        !self.0.is_null()
    }
}

/// Where the bytes of a transfer are: locked pages.
#[derive(Clone, Copy)]
pub(super) enum Buffer {
    /// There are none.
    None,
    /// One list.
    One(NonNull<MDL>),
    /// A list and those that follow it.
    Chain(NonNull<MDL>, Chaining),
}

/// The USB driver stack takes chains of MDLs: it was asked in this START.
#[derive(Clone, Copy, Debug)]
pub struct Chaining(());

impl Chaining {
    /// What the capability allows.
    pub const fn with(_capability: &ChainedMdls) -> Self {
        Self(())
    }
}

/// What an URB is formatted for.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    /// `URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER`.
    Pipe {
        /// The pipe.
        pipe: PipeHandle,
        /// Whether data comes from the device.
        is_in: bool,
        /// Whether a chain of MDLs may be given.
        chaining: Option<Chaining>,
    },
    /// `URB_FUNCTION_CONTROL_TRANSFER_EX` on the default pipe.
    Control {
        /// The setup packet; its direction bit is the transfer's.
        setup: SetupPacket,
        /// Milliseconds until the USB driver stack gives the transfer up.
        timeout_ms: u32,
    },
    /// `URB_FUNCTION_ABORT_PIPE`.
    AbortPipe(PipeHandle),
    /// `URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL`.
    ResetPipe(PipeHandle),
    /// `URB_FUNCTION_GET_CURRENT_FRAME_NUMBER`. The reply goes to the system buffer.
    FrameNumber,
}

/// The memory of an URB, given back when dropped.
pub(super) struct Memory {
    urb: NonNull<URB>,
    handle: USBD_HANDLE,
}

// SAFETY: owns nonpaged memory that belongs to no thread.
unsafe impl Send for Memory {}

impl Memory {
    /// The URB seen as `T`, one of the structures of its union.
    ///
    /// # Safety
    ///
    /// `T` is a structure of the union `URB`, no longer than what was allocated, all of whose bit
    /// patterns are valid.
    pub(super) const unsafe fn view<T>(&mut self) -> &mut T {
        const { assert!(size_of::<T>() <= size_of::<URB>()) };
        let mut view = self.urb.cast::<T>();
        // SAFETY: every URB is zeroed or built when it is allocated; it is owned, exclusively
        // borrowed, and not active: an active URB is inside a slot that nobody can reach.
        unsafe { view.as_mut() }
    }

    /// Where the URB is.
    pub(super) const fn as_ptr(&self) -> *mut URB {
        self.urb.as_ptr()
    }

    /// The header, with which every URB starts.
    const fn header(&self) -> &_URB_HEADER {
        let header = self.urb.cast::<_URB_HEADER>();
        // SAFETY: as in `view`, of a structure that every kind of URB starts with.
        unsafe { header.as_ref() }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: owned, not active, freed once, with the handle that it came from, which is still
        // open: closing it takes the proof that every URB was freed.
        unsafe { USBD_UrbFree(self.handle, self.urb.as_ptr()) };
    }
}

/// An URB of one kind, given back when dropped. Without a kind: of the fixed size, from `USBD_UrbAllocate`.
pub struct Urb<K: Kind = Fixed>(kinds::Urb<K, Memory>);

impl<K: Kind> Urb<K> {
    /// Owns an URB that the routine of its kind made.
    ///
    /// # Safety
    ///
    /// `urb` is NULL, or an URB of this handle and kind that nobody else frees.
    pub(super) unsafe fn from_raw(urb: *mut URB, kind: K, handle: &HandleUse) -> Result<Self, Status> {
        let urb = NonNull::new(urb).ok_or(STATUS_INSUFFICIENT_RESOURCES)?;
        Ok(Self(kinds::Urb::new(kind, Memory { urb, handle: handle.as_raw() })))
    }

    /// The URB for calls of the USB driver stack.
    pub(super) const fn as_ptr(&self) -> *mut URB {
        self.0.memory().as_ptr()
    }

    /// The handle it was allocated from.
    pub(super) const fn handle(&self) -> USBD_HANDLE {
        self.0.memory().handle
    }

    /// `USBD_STATUS` as the USB driver stack left it.
    pub(super) const fn usbd_status(&self) -> i32 {
        self.0.memory().header().Status
    }

    /// The status of the submission that has come back: the IRP's, unless that is a success and the
    /// URB's own is not.
    pub(super) const fn status(&self, irp_status: NtStatus) -> NtStatus {
        let usbd_status = self.usbd_status();
        // USBD_SUCCESS: the two severity bits are zero or one, as with NT_SUCCESS.
        if irp_status.is_success() && usbd_status < 0 { STATUS_UNSUCCESSFUL.nt() } else { irp_status }
    }

    /// Makes a submission that does not take place one that was not looked at.
    #[expect(clippy::needless_pass_by_ref_mut, reason = "what it changes is behind a pointer")]
    pub(super) const fn forget(&mut self) {
        let mut header = self.0.memory().urb.cast::<_URB_HEADER>();
        // SAFETY: every kind of URB starts with a header; owned, exclusively borrowed, not active.
        unsafe { header.as_mut() }.Status = USBD_STATUS_PENDING;
    }

    /// Whether the submission that has come back was given up before the stack looked at the URB.
    pub(super) const fn is_untouched(&self, irp_status: NtStatus) -> bool {
        self.0.memory().header().Status == USBD_STATUS_PENDING && !irp_status.is_success()
    }
}

impl Urb<Isoch> {
    /// The memory, if it has room for so many packets.
    pub(super) const fn for_packets(&mut self, count: u16) -> Option<&mut Memory> {
        self.0.for_packets(count)
    }
}

impl Urb<SelectConfiguration> {
    /// What the USB driver stack answered to the request, which has come back: the configuration's handle.
    pub(super) const fn configuration_handle(&self) -> USBD_CONFIGURATION_HANDLE {
        let urb = self.as_ptr().cast::<_URB_SELECT_CONFIGURATION>();
        // SAFETY: an URB of this kind has this structure; only an address is computed.
        let field = unsafe { &raw const (*urb).ConfigurationHandle };
        // SAFETY: owned and not active.
        unsafe { field.read() }
    }
}

impl Urb<Fixed> {
    /// `USBD_UrbAllocate`.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES` and others, as documented.
    pub fn allocate(handle: &HandleUse, _irql: &AtMostDispatch) -> Result<Self, Status> {
        let mut urb = ptr::null_mut();
        // SAFETY: the handle is open, and the URB goes to a local.
        let status = unsafe { USBD_UrbAllocate(handle.as_raw(), &raw mut urb) };
        NtStatus::from_raw(status).check()?;
        // SAFETY: an URB of this handle and kind, owned from here on.
        unsafe { Self::from_raw(urb, Fixed, handle) }
    }

    /// The URB seen as `T`, one of the structures of its union.
    ///
    /// # Safety
    ///
    /// `T` is a structure of the union `URB`, all of whose bit patterns are valid.
    pub(super) const unsafe fn view<T>(&mut self) -> &mut T {
        // SAFETY: the caller's obligation; an URB of this kind is as long as the union.
        unsafe { self.0.for_request().view() }
    }

    /// Formats the URB for one submission of `length` bytes.
    pub(super) fn format(&mut self, format: &Format, buffer: Buffer, length: u32) {
        match *format {
            Format::Pipe { pipe, is_in, chaining: _ } => self.format_pipe(pipe, is_in, buffer, length),
            Format::Control { setup, timeout_ms } => self.format_control(setup, timeout_ms, buffer, length),
            Format::AbortPipe(pipe) => self.format_pipe_request(URB_FUNCTION_ABORT_PIPE, pipe),
            Format::ResetPipe(pipe) => {
                self.format_pipe_request(URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, pipe);
            }
            Format::FrameNumber => self.format_frame_number(),
        }
    }

    const fn format_pipe(&mut self, pipe: PipeHandle, is_in: bool, buffer: Buffer, length: u32) {
        // SAFETY: one of the union's structures, made of numbers and pointers.
        let urb = unsafe { self.view::<_URB_BULK_OR_INTERRUPT_TRANSFER>() };
        urb.Hdr.Length = const { narrow::u16(size_of::<_URB_BULK_OR_INTERRUPT_TRANSFER>()) };
        urb.Hdr.Function = match buffer {
            Buffer::None | Buffer::One(_) => URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER,
            Buffer::Chain(..) => URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL,
        };
        urb.Hdr.Status = USBD_STATUS_PENDING;
        urb.PipeHandle = pipe.0;
        // Without the flag for short transfers, some controllers halt the endpoint on a short read.
        urb.TransferFlags = if is_in { USBD_TRANSFER_DIRECTION_IN | USBD_SHORT_TRANSFER_OK } else { 0 };
        urb.TransferBufferLength = length;
        urb.TransferBuffer = ptr::null_mut();
        urb.TransferBufferMDL = as_mdl(buffer);
        urb.UrbLink = ptr::null_mut();
    }

    fn format_control(&mut self, setup: SetupPacket, timeout_ms: u32, buffer: Buffer, length: u32) {
        // SAFETY: one of the union's structures, made of numbers and pointers.
        let urb = unsafe { self.view::<_URB_CONTROL_TRANSFER_EX>() };
        urb.Hdr.Length = const { narrow::u16(size_of::<_URB_CONTROL_TRANSFER_EX>()) };
        urb.Hdr.Function = URB_FUNCTION_CONTROL_TRANSFER_EX;
        urb.Hdr.Status = USBD_STATUS_PENDING;
        urb.PipeHandle = ptr::null_mut();
        urb.TransferFlags = USBD_DEFAULT_PIPE_TRANSFER
            | if setup.is_in() { USBD_TRANSFER_DIRECTION_IN | USBD_SHORT_TRANSFER_OK } else { 0 };
        urb.TransferBufferLength = length;
        urb.TransferBuffer = ptr::null_mut();
        urb.TransferBufferMDL = as_mdl(buffer);
        urb.Timeout = timeout_ms;
        urb.SetupPacket = setup.encode();
    }

    pub(super) const fn format_pipe_request(&mut self, function: u16, pipe: PipeHandle) {
        // SAFETY: one of the union's structures, made of numbers and pointers.
        let urb = unsafe { self.view::<_URB_PIPE_REQUEST>() };
        urb.Hdr.Length = const { narrow::u16(size_of::<_URB_PIPE_REQUEST>()) };
        urb.Hdr.Function = function;
        urb.Hdr.Status = USBD_STATUS_PENDING;
        urb.PipeHandle = pipe.0;
    }

    const fn format_frame_number(&mut self) {
        // SAFETY: one of the union's structures, made of numbers and pointers.
        let urb = unsafe { self.view::<_URB_GET_CURRENT_FRAME_NUMBER>() };
        urb.Hdr.Length = const { narrow::u16(size_of::<_URB_GET_CURRENT_FRAME_NUMBER>()) };
        urb.Hdr.Function = URB_FUNCTION_GET_CURRENT_FRAME_NUMBER;
        urb.Hdr.Status = USBD_STATUS_PENDING;
        urb.FrameNumber = 0;
    }

    /// The answer of `URB_FUNCTION_GET_CURRENT_FRAME_NUMBER`, in an URB that carried that.
    pub(super) const fn frame_number(&mut self) -> u32 {
        // SAFETY: one of the union's structures, made of numbers and pointers.
        unsafe { self.view::<_URB_GET_CURRENT_FRAME_NUMBER>() }.FrameNumber
    }

    /// Formats `URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE` into `buffer`, which is nonpaged.
    ///
    /// # Safety
    ///
    /// The buffer lives until the URB has come back.
    pub(super) unsafe fn format_get_descriptor(&mut self, descriptor_type: u8, index: u8, buffer: &mut [u8]) {
        // SAFETY: one of the union's structures, made of numbers and pointers.
        let urb = unsafe { self.view::<_URB_CONTROL_DESCRIPTOR_REQUEST>() };
        urb.Hdr.Length = const { narrow::u16(size_of::<_URB_CONTROL_DESCRIPTOR_REQUEST>()) };
        urb.Hdr.Function = URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE;
        urb.Hdr.Status = USBD_STATUS_PENDING;
        urb.TransferBufferLength = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        urb.TransferBuffer = buffer.as_mut_ptr().cast();
        urb.TransferBufferMDL = ptr::null_mut();
        urb.UrbLink = ptr::null_mut();
        urb.DescriptorType = descriptor_type;
        urb.Index = index;
        urb.LanguageId = 0;
    }

    /// Formats the request that takes the configuration back: `URB_FUNCTION_SELECT_CONFIGURATION`
    /// without a descriptor. The one select-configuration that an URB of `USBD_UrbAllocate` may carry.
    pub(super) const fn format_unconfigure(&mut self) {
        // SAFETY: one of the union's structures, made of numbers and pointers.
        let urb = unsafe { self.view::<_URB_SELECT_CONFIGURATION>() };
        // The length that the documentation's own call passes for a NULL configuration.
        urb.Hdr.Length = const { narrow::u16(size_of::<_URB_SELECT_CONFIGURATION>()) };
        urb.Hdr.Function = URB_FUNCTION_SELECT_CONFIGURATION;
        urb.Hdr.Status = USBD_STATUS_PENDING;
        urb.ConfigurationDescriptor = ptr::null_mut();
    }

    /// Bytes moved by the submission that has come back with this status of the IRP: what the stack
    /// wrote into `TransferBufferLength`. A submission that was cancelled before the stack looked at
    /// the URB still has the length that was asked for, and moved nothing.
    pub(super) const fn transferred(&mut self, irp_status: NtStatus) -> u32 {
        // Control and bulk transfers have the length at the same offset, which is asserted above.
        // SAFETY: one of the union's structures, made of numbers and pointers.
        let urb = unsafe { self.view::<_URB_BULK_OR_INTERRUPT_TRANSFER>() };
        let length = urb.TransferBufferLength;
        if self.is_untouched(irp_status) { 0 } else { length }
    }
}

pub(super) const fn as_mdl(buffer: Buffer) -> *mut MDL {
    match buffer {
        Buffer::None => ptr::null_mut(),
        Buffer::One(mdl) | Buffer::Chain(mdl, _) => mdl.as_ptr(),
    }
}

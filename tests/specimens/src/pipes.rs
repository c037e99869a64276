//! A configured device: its pipes, their streams, and requests for them.

// UNSAFETY: calls the USB driver stack. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the USB driver stack")]

use core::{ffi::c_void, ptr};

use usbclient_protocol::control_code;
use wdk_sys::{
    _URB_BULK_OR_INTERRUPT_TRANSFER, _URB_ISOCH_TRANSFER, _URB_OPEN_STATIC_STREAMS, _URB_PIPE_REQUEST,
    _URB_SELECT_CONFIGURATION, DEVICE_OBJECT, GUID, IRP, KEVENT, MDL, NTSTATUS, PURB,
    PUSB_INTERFACE_DESCRIPTOR, STATUS_DEVICE_NOT_CONNECTED, STATUS_INSUFFICIENT_RESOURCES,
    STATUS_MORE_PROCESSING_REQUIRED, USBD_INTERFACE_LIST_ENTRY, USBD_PIPE_HANDLE, USBD_STREAM_INFORMATION,
    ntddk::MmBuildMdlForNonPagedPool,
    usb::{USBD_IsochUrbAllocate, USBD_QueryUsbCapability, USBD_SelectConfigUrbAllocateAndBuild},
};

use crate::{Extension, Irp, kernel, own_irp, reading, usb};

/// `URB_FUNCTION_ABORT_PIPE`.
pub const ABORT_PIPE: u16 = 0x02;
/// `URB_FUNCTION_CLOSE_STATIC_STREAMS`.
pub const CLOSE_STATIC_STREAMS: u16 = 0x36;
const BULK_OR_INTERRUPT_TRANSFER: u16 = 0x09;
const ISOCH_TRANSFER: u16 = 0x0A;
const OPEN_STATIC_STREAMS: u16 = 0x35;
const BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL: u16 = 0x37;
const STREAMS_VERSION_100: u16 = 0x100;
const START_ISO_TRANSFER_ASAP: u32 = 4;
/// Bytes that a configuration descriptor of the devices here has at most.
const LONGEST: u32 = 512;
/// Bytes of a transfer.
const BYTES: u32 = 64;

static CHAINED_MDLS: GUID = GUID {
    Data1: 0xF5CE_EB23,
    Data2: 0xAD90,
    Data3: 0x458C,
    Data4: [0x97, 0x9A, 0xD5, 0x9B, 0x3A, 0xD6, 0x88, 0x4F],
};
static STATIC_STREAMS: GUID = GUID {
    Data1: 0x0905_1E1F,
    Data2: 0x0DC9,
    Data3: 0x4E6B,
    Data4: [0x8B, 0x12, 0x96, 0x0C, 0xBD, 0x81, 0xAA, 0x8F],
};

/// The first two pipes of the selected configuration, OUT and IN in the devices here.
#[derive(Clone, Copy)]
pub struct Pipes {
    /// The pipe of the first endpoint.
    pub out: USBD_PIPE_HANDLE,
    /// The pipe of the second.
    pub into: USBD_PIPE_HANDLE,
}

/// Sends an URB and waits for it.
pub fn run(extension: *mut Extension, urb: PURB) {
    // SAFETY: the extension is valid.
    let &Extension { handle, lower, .. } = unsafe { &*extension };
    let Some(irp) = own_irp::allocate(extension) else { return };
    let mut event = kernel::Event::new();
    let event = event.initialise();
    irp.submission(handle, urb, Some(came_back), event.cast());
    let _ = irp.call(lower);
    kernel::wait(event);
    own_irp::free(irp);
}

/// Makes an URB, lets it be formatted, sends it and waits for it.
pub fn send(extension: *mut Extension, format: impl FnOnce(PURB)) {
    // SAFETY: the extension is valid.
    let handle = unsafe { (*extension).handle };
    let urb = usb::allocate(handle);
    if urb.is_null() {
        return;
    }
    format(urb);
    run(extension, urb);
    usb::free(handle, urb);
}

unsafe extern "C" fn came_back(_: *mut DEVICE_OBJECT, _: *mut IRP, context: *mut c_void) -> NTSTATUS {
    kernel::set(context.cast::<KEVENT>());
    STATUS_MORE_PROCESSING_REQUIRED
}

/// Selects the first configuration with its first interface. None when that fails.
#[must_use]
pub fn configure(extension: *mut Extension) -> Option<Pipes> {
    let descriptor = kernel::allocate(LONGEST as usize);
    let list = kernel::allocate(2 * size_of::<USBD_INTERFACE_LIST_ENTRY>());
    let pipes = if descriptor.is_null() || list.is_null() {
        None
    } else {
        send(extension, |urb| {
            usb::format_descriptor(urb, descriptor, usb::CONFIGURATION_DESCRIPTOR, LONGEST);
        });
        select(extension, descriptor, list.cast())
    };
    for memory in [descriptor, list] {
        if !memory.is_null() {
            kernel::free(memory);
        }
    }
    pipes
}

/// The first interface descriptor behind the configuration descriptor. `USBD_ParseConfigurationDescriptorEx` is in a
/// library that no specimen is linked with.
fn first_interface(descriptor: *mut c_void) -> Option<PUSB_INTERFACE_DESCRIPTOR> {
    const INTERFACE: u8 = 4;
    let mut at = 0;
    while at + 2 < LONGEST as usize {
        let (length, kind) = (kernel::peek(descriptor, at), kernel::peek(descriptor, at + 1));
        if kind == INTERFACE {
            return Some(descriptor.cast::<u8>().wrapping_add(at).cast());
        }
        if length < 2 {
            return None;
        }
        at += usize::from(length);
    }
    None
}

fn select(
    extension: *mut Extension,
    descriptor: *mut c_void,
    list: *mut USBD_INTERFACE_LIST_ENTRY,
) -> Option<Pipes> {
    let interface = first_interface(descriptor)?;
    // SAFETY: there is room for two entries.
    unsafe { (*list).InterfaceDescriptor = interface };
    // SAFETY: the extension is valid.
    let handle = unsafe { (*extension).handle };
    let mut urb = ptr::null_mut();
    // SAFETY: descriptor and list are as the routine wants them.
    let _ = unsafe { USBD_SelectConfigUrbAllocateAndBuild(handle, descriptor.cast(), list, &raw mut urb) };
    if urb.is_null() {
        return None;
    }
    run(extension, urb);
    // SAFETY: the routine has filled the entry in.
    let answered = unsafe { (*list).Interface };
    // SAFETY: the answer is a part of the URB.
    let first = unsafe { &raw mut (*answered).Pipes };
    let pipe = |index: usize| {
        let pipe = first.cast::<wdk_sys::USBD_PIPE_INFORMATION>().wrapping_add(index);
        // SAFETY: the interfaces here have two endpoints at least.
        unsafe { (*pipe).PipeHandle }
    };
    let pipes = Pipes { out: pipe(0), into: pipe(1) };
    usb::free(handle, urb);
    Some(pipes)
}

/// Selects no configuration: the pipes are closed.
pub fn deconfigure(extension: *mut Extension) {
    send(extension, |urb| {
        let fields = clear::<_URB_SELECT_CONFIGURATION>(urb);
        // Without room for an interface.
        fields.Hdr.Length = core::mem::offset_of!(_URB_SELECT_CONFIGURATION, Interface) as u16;
    });
}

/// An URB with nothing in it, as one of these structures.
fn clear<'a, T>(urb: PURB) -> &'a mut T {
    let urb = urb.cast::<T>();
    // SAFETY: an URB is as large as this member of its union, and all zero is valid.
    unsafe { urb.write_bytes(0, 1) };
    // SAFETY: as above.
    unsafe { &mut *urb }
}

/// Formats a request for a whole pipe.
pub fn format_pipe(urb: PURB, function: u16, pipe: USBD_PIPE_HANDLE) {
    let fields = clear::<_URB_PIPE_REQUEST>(urb);
    fields.Hdr.Length = size_of::<_URB_PIPE_REQUEST>() as u16;
    fields.Hdr.Function = function;
    fields.PipeHandle = pipe;
}

/// Sends a request for a whole pipe and waits for it.
pub fn pipe_request(extension: *mut Extension, function: u16, pipe: USBD_PIPE_HANDLE) {
    send(extension, |urb| format_pipe(urb, function, pipe));
}

/// Writes a few bytes to a pipe and waits for the end of it.
pub fn write(extension: *mut Extension, pipe: USBD_PIPE_HANDLE) {
    let buffer = kernel::allocate(BYTES as usize);
    if buffer.is_null() {
        return;
    }
    send(extension, |urb| {
        let fields = clear::<_URB_BULK_OR_INTERRUPT_TRANSFER>(urb);
        fields.Hdr.Length = size_of::<_URB_BULK_OR_INTERRUPT_TRANSFER>() as u16;
        fields.Hdr.Function = BULK_OR_INTERRUPT_TRANSFER;
        fields.PipeHandle = pipe;
        fields.TransferBufferLength = BYTES;
        fields.TransferBuffer = buffer;
    });
    kernel::free(buffer);
}

/// Reads from a pipe that has nothing to say, does something meanwhile, and waits for the end of the read.
pub fn read_meanwhile(extension: *mut Extension, pipe: USBD_PIPE_HANDLE, what: impl FnOnce()) {
    // SAFETY: the extension is valid.
    let &Extension { handle, lower, .. } = unsafe { &*extension };
    let buffer = kernel::allocate(LONGEST as usize);
    let urb = usb::allocate(handle);
    let Some(irp) = own_irp::allocate(extension).filter(|_| !buffer.is_null() && !urb.is_null()) else {
        return;
    };
    let fields = clear::<_URB_BULK_OR_INTERRUPT_TRANSFER>(urb);
    fields.Hdr.Length = size_of::<_URB_BULK_OR_INTERRUPT_TRANSFER>() as u16;
    fields.Hdr.Function = BULK_OR_INTERRUPT_TRANSFER;
    fields.PipeHandle = pipe;
    fields.TransferFlags = 3;
    fields.TransferBufferLength = LONGEST;
    fields.TransferBuffer = buffer;
    let mut event = kernel::Event::new();
    let event = event.initialise();
    irp.submission(handle, urb, Some(came_back), event.cast());
    let _ = irp.call(lower);
    what();
    kernel::wait(event);
    own_irp::free(irp);
    usb::free(handle, urb);
    kernel::free(buffer);
}

/// Writes from an MDL, as a chain of one, and `beyond` bytes more than it describes.
pub fn write_chain(extension: *mut Extension, pipe: USBD_PIPE_HANDLE, beyond: u32) {
    let buffer = kernel::allocate(BYTES as usize);
    let mdl = reading::describe(buffer, BYTES);
    if buffer.is_null() || mdl.is_null() {
        return;
    }
    // SAFETY: the MDL describes memory of nonpaged pool.
    unsafe { MmBuildMdlForNonPagedPool(mdl.cast()) };
    send(extension, |urb| {
        let fields = clear::<_URB_BULK_OR_INTERRUPT_TRANSFER>(urb);
        fields.Hdr.Length = size_of::<_URB_BULK_OR_INTERRUPT_TRANSFER>() as u16;
        fields.Hdr.Function = BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL;
        fields.PipeHandle = pipe;
        fields.TransferBufferLength = BYTES + beyond;
        fields.TransferBufferMDL = mdl.cast::<MDL>();
    });
    reading::forget(mdl);
    kernel::free(buffer);
}

/// `USBD_QueryUsbCapability` for chained MDLs.
pub fn ask_chained_mdls(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let handle = unsafe { (*extension).handle };
    let none = ptr::null_mut();
    // SAFETY: this capability has no answer but its status.
    let _ = unsafe { USBD_QueryUsbCapability(handle, &raw const CHAINED_MDLS, 0, none, ptr::null_mut()) };
}

/// `USBD_QueryUsbCapability` for static streams.
pub fn ask_streams(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let handle = unsafe { (*extension).handle };
    let mut count = 0_u16;
    let answer = (&raw mut count).cast();
    // SAFETY: there is room for the number of streams.
    let _ = unsafe { USBD_QueryUsbCapability(handle, &raw const STATIC_STREAMS, 2, answer, ptr::null_mut()) };
}

/// Opens two streams of a pipe: their pipes.
#[must_use]
pub fn open_streams(extension: *mut Extension, pipe: USBD_PIPE_HANDLE) -> Option<[USBD_PIPE_HANDLE; 2]> {
    let mut streams = [USBD_STREAM_INFORMATION::default(); 2];
    let told = streams.as_mut_ptr();
    send(extension, |urb| {
        let fields = clear::<_URB_OPEN_STATIC_STREAMS>(urb);
        fields.Hdr.Length = size_of::<_URB_OPEN_STATIC_STREAMS>() as u16;
        fields.Hdr.Function = OPEN_STATIC_STREAMS;
        fields.PipeHandle = pipe;
        fields.NumberOfStreams = 2;
        fields.StreamInfoVersion = STREAMS_VERSION_100;
        fields.StreamInfoSize = size_of::<USBD_STREAM_INFORMATION>() as u16;
        fields.Streams = told;
    });
    let [first, second] = streams.map(|stream| stream.PipeHandle);
    (!first.is_null()).then_some([first, second])
}

/// Writes isochronous packets of no bytes and waits for the end of it.
pub fn write_packets(extension: *mut Extension, pipe: USBD_PIPE_HANDLE, packets: u32) {
    // SAFETY: the extension is valid.
    let handle = unsafe { (*extension).handle };
    let mut urb: PURB = ptr::null_mut();
    // SAFETY: the handle is open.
    let _ = unsafe { USBD_IsochUrbAllocate(handle, packets, &raw mut urb) };
    if urb.is_null() {
        return;
    }
    // The stack gives it all zero.
    // SAFETY: it has room for this structure and the packets behind it.
    let fields = unsafe { &mut *urb.cast::<_URB_ISOCH_TRANSFER>() };
    let packet = size_of_val(&fields.IsoPacket);
    let header = core::mem::offset_of!(_URB_ISOCH_TRANSFER, IsoPacket);
    fields.Hdr.Length = (header + packet * packets as usize) as u16;
    fields.Hdr.Function = ISOCH_TRANSFER;
    fields.PipeHandle = pipe;
    fields.TransferFlags = START_ISO_TRANSFER_ASAP;
    fields.NumberOfPackets = packets;
    run(extension, urb);
    usb::free(handle, urb);
}

/// Selects the configuration and keeps its pipes in the extension's memory.
pub fn keep(extension: *mut Extension) {
    let memory = Extension::kept(extension);
    let memory = if memory.is_null() { kernel::allocate(size_of::<Pipes>()) } else { memory };
    if memory.is_null() {
        return;
    }
    Extension::keep(extension, memory);
    if let Some(pipes) = configure(extension) {
        // SAFETY: there is room for it.
        unsafe { memory.cast::<Pipes>().write(pipes) };
    }
}

/// Allocates and formats the URB of a transfer on one of the pipes that [`keep`] kept. None: it is no such request.
#[must_use]
pub fn prepare_transfer(extension: *mut Extension, irp: Irp) -> Option<Result<PURB, NTSTATUS>> {
    let code = irp.control_code();
    if code != control_code::PIPE_READ && code != control_code::PIPE_WRITE {
        return None;
    }
    // SAFETY: the extension is valid.
    let &Extension { handle, started, memory, .. } = unsafe { &*extension };
    if !started || memory.is_null() || irp.system_buffer().is_null() {
        return Some(Err(STATUS_DEVICE_NOT_CONNECTED));
    }
    // SAFETY: from `keep`.
    let pipes = unsafe { *memory.cast::<Pipes>() };
    let is_in = code == control_code::PIPE_READ;
    let urb = usb::allocate(handle);
    if urb.is_null() {
        return Some(Err(STATUS_INSUFFICIENT_RESOURCES));
    }
    let fields = clear::<_URB_BULK_OR_INTERRUPT_TRANSFER>(urb);
    fields.Hdr.Length = size_of::<_URB_BULK_OR_INTERRUPT_TRANSFER>() as u16;
    fields.Hdr.Function = BULK_OR_INTERRUPT_TRANSFER;
    fields.PipeHandle = if is_in { pipes.into } else { pipes.out };
    // USBD_TRANSFER_DIRECTION_IN, USBD_SHORT_TRANSFER_OK.
    fields.TransferFlags = if is_in { 3 } else { 0 };
    fields.TransferBufferLength = irp.output_length();
    // SAFETY: the IRP is valid.
    fields.TransferBufferMDL = unsafe { (*irp.0).MdlAddress };
    Some(Ok(urb))
}

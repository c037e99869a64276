//! The IRP that a dispatch routine was given: read, completed, marked pending, sent down.
//!
//! Pages: [Handling IRPs](https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-irps),
//! [IoCompleteRequest](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iocompleterequest),
//! [IoCallDriver](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iocalldriver)

// UNSAFETY: an IRP is the kernel's.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{
    ffi::c_void,
    pin::pin,
    ptr::{self, NonNull},
    slice,
};

use usbclient_core::dispatch::IrpCalls;
use usbclient_protocol::status::{
    NtStatus, STATUS_DELETE_PENDING, STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_SUCH_DEVICE, Status,
};
use wdk_sys::{
    IO_NO_INCREMENT, IO_STACK_LOCATION, IRP, MDL, STATUS_PENDING,
    ntddk::{IofCallDriver, IofCompleteRequest},
};

use super::{
    Nt,
    device::Device,
    event::Event,
    irql::{AtMostDispatch, Passive},
    mdl, narrow, own_irp, stack_location,
};

/// The right to touch an IRP that this driver owns at the moment.
///
/// INVARIANT: made where the I/O manager hands the IRP over (dispatch and completion routines) and
/// consumed where it is given away.
pub struct Irp(NonNull<IRP>);

// SAFETY: an IRP belongs to whoever owns it, not to a thread.
unsafe impl Send for Irp {}

/// Which open file an IRP came through: compared, never followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileId(*mut c_void);

// SAFETY: a value that is only compared.
unsafe impl Send for FileId {}

/// An IRP's name in the remove lock: compared, never followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tag(*mut c_void);

// SAFETY: a value that is only compared.
unsafe impl Send for Tag {}

impl Tag {
    pub(super) const fn as_ptr(self) -> *mut c_void {
        self.0
    }
}

/// The parameters of `IRP_MJ_DEVICE_CONTROL`.
#[derive(Clone, Copy, Debug)]
pub struct DeviceControl {
    /// `IoControlCode`
    pub code: u32,
    /// `InputBufferLength`, in bytes.
    pub input_length: u32,
    /// `OutputBufferLength`, in bytes.
    pub output_length: u32,
}

impl Irp {
    /// Takes over an IRP.
    ///
    /// # Safety
    ///
    /// The I/O manager hands over this valid IRP, with a current stack location.
    pub(super) const unsafe fn from_raw(irp: NonNull<IRP>) -> Self {
        Self(irp)
    }

    pub(super) const fn as_ptr(&self) -> *mut IRP {
        self.0.as_ptr()
    }

    pub(super) const fn as_non_null(&self) -> NonNull<IRP> {
        self.0
    }

    pub(super) const fn location(&self) -> &IO_STACK_LOCATION {
        // SAFETY: the type's invariant.
        let location = unsafe { stack_location::current(self.as_ptr()) };
        // SAFETY: the current location is this driver's while it owns the IRP.
        unsafe { &*location }
    }

    const fn fields(&self) -> &IRP {
        // SAFETY: the type's invariant. `Cancel` and `CancelRoutine`, which others write, are only
        // read through atomics.
        unsafe { self.0.as_ref() }
    }

    /// `MinorFunction`.
    pub const fn minor(&self) -> u8 {
        self.location().MinorFunction
    }

    /// `FileObject`.
    pub const fn file(&self) -> FileId {
        FileId(self.location().FileObject.cast())
    }

    /// Length in bytes of the name below the device that `IRP_MJ_CREATE` asks for. Zero: the device.
    pub fn file_name_length(&self) -> u16 {
        // SAFETY: the file object of a CREATE is valid during the call, or NULL.
        unsafe { self.location().FileObject.as_ref() }.map_or(0, |file| file.FileName.Length)
    }

    /// `Parameters.DeviceIoControl`, of `IRP_MJ_DEVICE_CONTROL`.
    pub const fn device_control(&self) -> DeviceControl {
        // SAFETY: whatever the major function, the union's members are numbers.
        let parameters = unsafe { &self.location().Parameters.DeviceIoControl };
        DeviceControl {
            code: parameters.IoControlCode,
            input_length: parameters.InputBufferLength,
            output_length: parameters.OutputBufferLength,
        }
    }

    const fn system_buffer(&self) -> *mut u8 {
        // SAFETY: whatever the union holds, it is a pointer.
        unsafe { self.fields().AssociatedIrp.SystemBuffer }.cast()
    }

    /// The first `length` bytes of the system buffer; none if there is no buffer.
    ///
    /// # Safety
    ///
    /// `length` is at most what the I/O manager made the buffer for.
    const unsafe fn system_bytes(&mut self, length: usize) -> &mut [u8] {
        let buffer = self.system_buffer();
        if buffer.is_null() || length == 0 {
            return &mut [];
        }
        // SAFETY: the I/O manager's buffer has that many bytes, and is the IRP owner's.
        unsafe { slice::from_raw_parts_mut(buffer, length) }
    }

    /// The input of a device control request, as the I/O manager copied it. `METHOD_NEITHER` has none.
    pub const fn input(&mut self) -> &[u8] {
        let request = self.device_control();
        if request.code & 3 == 3 {
            return &[];
        }
        // SAFETY: the system buffer holds at least the input with every other method.
        unsafe { self.system_bytes(request.input_length as usize) }
    }

    /// The room for the output of a `METHOD_BUFFERED` request; none with other methods. It still
    /// holds the input.
    pub const fn output(&mut self) -> &mut [u8] {
        let request = self.device_control();
        if request.code & 3 != 0 {
            return &mut [];
        }
        // SAFETY: the system buffer is as long as the longer of the two.
        unsafe { self.system_bytes(request.output_length as usize) }
    }

    /// The pages of the second buffer of a direct request. NULL when its length is zero.
    pub(super) const fn mdl(&self) -> Option<NonNull<MDL>> {
        NonNull::new(self.fields().MdlAddress)
    }

    /// Bytes of the second buffer of a direct request.
    pub fn mdl_length(&self) -> u32 {
        // SAFETY: the I/O manager's list is valid while this driver owns the IRP.
        self.mdl().map_or(0, |mdl| unsafe { mdl.as_ref() }.ByteCount)
    }

    /// Whether this driver can write the second buffer of a direct request.
    pub fn is_buffer_mapped(&self) -> bool {
        // SAFETY: the I/O manager's list is valid while this driver owns the IRP.
        self.mdl().is_some_and(|mdl| unsafe { mdl::mapped(mdl) }.is_some())
    }

    /// Maps the second buffer of a direct request, until the IRP is completed. Not under a lock.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: no room for the mapping, or there is no buffer.
    #[expect(clippy::needless_pass_by_ref_mut, reason = "it writes through the pointer in it")]
    pub fn map_buffer(&mut self, irql: &AtMostDispatch) -> Result<(), Status> {
        let mdl = self.mdl().ok_or(STATUS_INSUFFICIENT_RESOURCES)?;
        // SAFETY: the I/O manager's list, whose pages it has locked, is this driver's alone.
        unsafe { mdl::map(mdl, irql) }
    }

    /// Writes to the second buffer of a direct request, `at` bytes into it. The caller of the request
    /// sees the same memory all the time, so it is written only, never read. `None`: it is not mapped,
    /// or does not reach so far.
    #[expect(clippy::needless_pass_by_ref_mut, reason = "what it changes is behind a pointer")]
    pub fn write_buffer(&mut self, at: usize, bytes: &[u8]) -> Option<()> {
        let end = at.checked_add(bytes.len())?;
        let mdl = self.mdl().filter(|_mdl| end <= self.mdl_length() as usize)?;
        // SAFETY: the I/O manager's list is valid while this driver owns the IRP.
        let start = unsafe { mdl::mapped(mdl) }?;
        // SAFETY: within the buffer, whose length was tested.
        let place = unsafe { start.as_ptr().add(at) };
        // SAFETY: as above; no reference to the buffer exists, and it does not overlap the bytes.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
        Some(())
    }

    /// Whether somebody asked for the IRP to be cancelled.
    pub fn is_cancelled(&self) -> bool {
        // SAFETY: the type's invariant.
        unsafe { stack_location::is_cancelled(self.as_ptr()) }
    }

    /// `IoStatus.Information`.
    pub const fn information(&self) -> usize {
        let information = self.fields().IoStatus.Information;
        usize::from_le_bytes(information.to_le_bytes())
    }

    /// Writes `IoStatus` as it shall be when the IRP goes on upwards.
    pub const fn set_status_block(&mut self, status: NtStatus, information: usize) {
        // SAFETY: the token is the right to touch the IRP.
        unsafe { stack_location::set_status(self.as_ptr(), status.raw()) };
        // SAFETY: as above.
        unsafe { stack_location::set_information(self.as_ptr(), information) };
    }

    /// `IoStatus.Status`.
    pub const fn status(&self) -> NtStatus {
        // SAFETY: the type's invariant.
        NtStatus::from_raw(unsafe { stack_location::status(self.as_ptr()) })
    }
}

impl IrpCalls for Nt {
    type Device = Device;
    type Irp = Irp;
    type Passive = Passive;
    type Tag = Tag;

    fn tag(irp: &Irp) -> Tag {
        Tag(irp.as_ptr().cast())
    }

    fn acquire_remove_lock(device: Device, tag: Tag) -> Result<(), Status> {
        if device.remove_lock.acquire(tag.0) { Ok(()) } else { Err(STATUS_DELETE_PENDING) }
    }

    fn release_remove_lock(device: Device, tag: Tag) {
        // SAFETY: core's guard and pended IRP release what they acquired, once.
        unsafe { device.remove_lock.release(tag.0) };
    }

    fn set_status(irp: &mut Irp, status: NtStatus) {
        // SAFETY: the token is the right to touch the IRP.
        unsafe { stack_location::set_status(irp.as_ptr(), status.raw()) };
    }

    fn complete(mut irp: Irp, status: NtStatus, information: usize) {
        irp.set_status_block(status, information);
        // SAFETY: the token is the right to touch the IRP, and ends here.
        unsafe { IofCompleteRequest(irp.as_ptr(), const { narrow::i8(IO_NO_INCREMENT) }) };
    }

    fn mark_pending(irp: &mut Irp) {
        // SAFETY: the token is the right to touch the IRP; core then answers STATUS_PENDING.
        unsafe { stack_location::mark_pending(irp.as_ptr()) };
    }

    fn forward(device: Device, irp: Irp) -> NtStatus {
        let Some(lower) = device.lower() else {
            // AddDevice has attached, but does not know yet to what.
            Self::complete(irp, STATUS_NO_SUCH_DEVICE.nt(), 0);
            return STATUS_NO_SUCH_DEVICE.nt();
        };
        // SAFETY: the token is the right to touch the IRP, which is sent down next.
        unsafe { stack_location::skip(irp.as_ptr()) };
        // SAFETY: attached below, so valid while the remove lock is held; the token ends here.
        NtStatus::from_raw(unsafe { IofCallDriver(lower.as_ptr(), irp.as_ptr()) })
    }

    fn forward_and_wait(device: Device, irp: &mut Irp, passive: &mut Passive) -> NtStatus {
        let Some(lower) = device.lower() else {
            return STATUS_NO_SUCH_DEVICE.nt();
        };
        let mut came_back = pin!(Event::uninit());
        came_back.as_mut().initialise();
        let context = ptr::from_ref::<Event>(&came_back).cast_mut().cast();
        // SAFETY: the token is the right to touch the IRP, and the locations reach below.
        unsafe { stack_location::copy_current_to_next(irp.as_ptr()) };
        // SAFETY: as above; the event is pinned, and waited for if the IRP is pending.
        unsafe { stack_location::set_completion_routine(irp.as_ptr(), Some(own_irp::came_up), context) };
        // SAFETY: attached below, so valid while the remove lock is held. The completion routine
        // keeps the IRP for this driver.
        let status = unsafe { IofCallDriver(lower.as_ptr(), irp.as_ptr()) };
        if status == STATUS_PENDING {
            came_back.wait(passive);
        }
        irp.status()
    }
}

//! What this driver keeps for an open file, behind the file object's `FsContext`.
//!
//! Made in `IRP_MJ_CREATE`, before that succeeds; freed in `IRP_MJ_CLOSE`, which comes when no IRP uses the file object
//! any more. Its content is guarded by the device's lock.
//!
//! Pages: [FILE_OBJECT](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/ns-wdm-_file_object),
//! [DispatchCreate](https://learn.microsoft.com/windows-hardware/drivers/kernel/dispatchcreate--dispatchclose--and-dispatchcreateclose-routines)

// UNSAFETY: a file object is the kernel's, and keeps a pointer of this driver's.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use alloc::boxed::Box;
use core::{
    mem::offset_of,
    ptr::{self, NonNull},
};

use usbclient_core::files::File;
use usbclient_protocol::status::Status;
use wdk_sys::FILE_OBJECT;

use super::{irp::Irp, pool::try_box};

// The offset that the kernel was compiled with.
const _: () = assert!(offset_of!(FILE_OBJECT, FsContext) == 24);

/// Part of what the device's lock guards: the right to look into the contexts of its files.
pub struct FileStates(());

impl FileStates {
    /// For a device's lock. Another one would be another right to the same contexts.
    pub const fn new() -> Self {
        Self(())
    }
}

/// The context of the file object that an IRP came through.
///
/// INVARIANT: used only while this driver owns the IRP that it was made from, which keeps the file object open.
#[derive(Clone, Copy)]
pub struct FileContext(NonNull<File>);

impl FileContext {
    /// The context of the IRP's file. `None`: it came through none, as from a driver that sends to this one directly.
    pub fn of(irp: &Irp) -> Option<Self> {
        let file = file_object(irp)?;
        // SAFETY: the file object of an IRP is valid as long as the IRP is.
        let context = unsafe { &raw const (*file.as_ptr()).FsContext };
        // SAFETY: a field of the file object. It is written in CREATE and in CLOSE, when there is no other IRP.
        NonNull::new(unsafe { context.read() }.cast()).map(Self)
    }

    /// What is kept.
    pub const fn state(self, _states: &mut FileStates) -> &mut File {
        // SAFETY: made by `attach` and freed after the last IRP; the device's lock is held, and lent for this.
        unsafe { &mut *self.0.as_ptr() }
    }
}

/// Keeps `file` for the file object that `IRP_MJ_CREATE` opens. The request must succeed then: no CLOSE comes
/// otherwise. IRQL: `DISPATCH_LEVEL` or below.
///
/// # Errors
///
/// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory, and nothing is kept.
#[expect(clippy::needless_pass_by_ref_mut, reason = "it writes through the pointer in it")]
pub fn attach(irp: &mut Irp, file: File) -> Result<(), Status> {
    // One that is sent without a file object opens none.
    let Some(file_object) = file_object(irp) else { return Ok(()) };
    let context = Box::into_raw(try_box(file)?);
    set_context(file_object, context);
    Ok(())
}

/// Frees what is kept for the file object that `IRP_MJ_CLOSE` closes. IRQL: `DISPATCH_LEVEL` or below.
#[expect(clippy::needless_pass_by_ref_mut, reason = "it writes through the pointer in it")]
pub fn detach(irp: &mut Irp) {
    let (Some(file_object), Some(FileContext(context))) = (file_object(irp), FileContext::of(irp)) else {
        return;
    };
    set_context(file_object, ptr::null_mut());
    // SAFETY: made by `attach` from a box; CLOSE comes once, and last.
    drop(unsafe { Box::from_raw(context.as_ptr()) });
}

const fn file_object(irp: &Irp) -> Option<NonNull<FILE_OBJECT>> {
    NonNull::new(irp.location().FileObject)
}

/// In CREATE and CLOSE, when the file object has no other IRP.
const fn set_context(file_object: NonNull<FILE_OBJECT>, context: *mut File) {
    // SAFETY: valid during the request; only an address is computed.
    let place = unsafe { &raw mut (*file_object.as_ptr()).FsContext };
    // SAFETY: the field is the driver's whose device was opened.
    unsafe { place.write(context.cast()) };
}

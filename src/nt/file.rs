//! What this driver keeps for an open file, behind the file object's `FsContext`.
//!
//! Made in `IRP_MJ_CREATE`, before that succeeds; freed in `IRP_MJ_CLOSE`, which comes when no IRP uses the file object
//! any more, or with the device if that goes first. The device's lock guards it.
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

/// What is kept for one open file, and its neighbours among the files of the device.
struct Context {
    file: File,
    next: *mut Self,
    previous: *mut Self,
}

/// A context that is allocated and not kept yet.
pub struct NewContext(Box<Context>);

impl NewContext {
    /// Allocates it. Not under a lock. IRQL: `DISPATCH_LEVEL` or below.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub fn allocate(file: File) -> Result<Self, Status> {
        try_box(Context { file, next: ptr::null_mut(), previous: ptr::null_mut() }).map(Self)
    }
}

/// A context that is not kept any more. Dropped outside the lock.
pub struct OldContext(#[expect(dead_code, reason = "is dropped")] Box<Context>);

/// The contexts of a device's files: part of what its lock guards, and their only owner. What is left when the device
/// goes is freed with it: no CLOSE reaches this driver then.
pub struct FileStates {
    first: *mut Context,
}

// SAFETY: owns memory that belongs to no thread.
unsafe impl Send for FileStates {}

impl FileStates {
    /// For a device's lock.
    pub const fn new() -> Self {
        Self { first: ptr::null_mut() }
    }

    /// Keeps a context for the file object that `IRP_MJ_CREATE` opens. The request must succeed then: no CLOSE comes
    /// otherwise. One that is sent without a file object opens none, and gets its context back.
    pub fn keep(&mut self, irp: &Irp, context: NewContext) -> Option<OldContext> {
        let Some(file_object) = file_object(irp) else { return Some(OldContext(context.0)) };
        let context = Box::leak(context.0);
        context.next = self.first;
        let context = &raw mut *context;
        // SAFETY: NULL, or a context of this list, under the device's lock.
        if let Some(next) = unsafe { self.first.as_mut() } {
            next.previous = context;
        }
        self.first = context;
        set_context(file_object, context);
        None
    }

    /// Gives up what is kept for the file object that `IRP_MJ_CLOSE` closes.
    pub fn give_up(&mut self, irp: &Irp) -> Option<OldContext> {
        let FileContext(context) = FileContext::of(irp)?;
        set_context(file_object(irp)?, ptr::null_mut());
        // SAFETY: kept in this list until now; CLOSE comes once, and last.
        let context = unsafe { Box::from_raw(context.as_ptr()) };
        // SAFETY: NULL, or a context of this list, under the device's lock.
        if let Some(next) = unsafe { context.next.as_mut() } {
            next.previous = context.previous;
        }
        // SAFETY: as above.
        match unsafe { context.previous.as_mut() } {
            Some(previous) => previous.next = context.next,
            None => self.first = context.next,
        }
        Some(OldContext(context))
    }
}

impl Drop for FileStates {
    fn drop(&mut self) {
        while !self.first.is_null() {
            // SAFETY: a context of this list, which nobody else reaches: the device is being deleted.
            let context = unsafe { Box::from_raw(self.first) };
            self.first = context.next;
        }
    }
}

/// The context of the file object that an IRP came through.
///
/// INVARIANT: used only while this driver owns the IRP that it was made from, which keeps the file object open.
#[derive(Clone, Copy)]
pub struct FileContext(NonNull<Context>);

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
        // SAFETY: kept until after the last IRP; the device's lock is held, and lent for this.
        let file = unsafe { &raw mut (*self.0.as_ptr()).file };
        // SAFETY: as above.
        unsafe { &mut *file }
    }
}

const fn file_object(irp: &Irp) -> Option<NonNull<FILE_OBJECT>> {
    NonNull::new(irp.location().FileObject)
}

/// In CREATE and CLOSE, when the file object has no other IRP.
const fn set_context(file_object: NonNull<FILE_OBJECT>, context: *mut Context) {
    // SAFETY: valid during the request; only an address is computed.
    let place = unsafe { &raw mut (*file_object.as_ptr()).FsContext };
    // SAFETY: the field is the driver's whose device was opened.
    unsafe { place.write(context.cast()) };
}

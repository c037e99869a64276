//! The order of `AddDevice` and its unwinding.
//!
//! ```text
//! AddDevice::create()   -> AddDevice<Created>      IoCreateDevice, the extension initialised
//! .attach()             -> AddDevice<Attached>     IoAttachDeviceToDeviceStack, flags copied
//! .create_handle()      -> AddDevice<Opened>       USBD_CreateHandle
//! .register_interface() -> AddDevice<Interfaced>   IoRegisterDeviceInterface
//! .finish()                                        DO_DEVICE_INITIALIZING cleared
//! ```
//!
//! Each step consumes the value of the step before. A step that fails undoes, in reverse order, exactly what was
//! done, and returns the failure: no partly made device is ever named by anyone.
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/writing-an-adddevice-routine>

use usbclient_protocol::status::{STATUS_NO_SUCH_DEVICE, Status};

/// What `AddDevice` calls, at `PASSIVE_LEVEL`. Implemented by the edge.
pub trait AddDeviceCalls: Sized {
    /// The `DRIVER_OBJECT`.
    type Driver: Copy;
    /// The physical device object.
    type Pdo: Copy;
    /// The device object that was created; not `Clone`.
    type Fdo;
    /// The device object that ours was attached to; not `Clone`.
    type Lower;
    /// The owner of the `USBD_HANDLE`.
    type Handle;
    /// The token of `PASSIVE_LEVEL`.
    type Passive;

    /// [`IoCreateDevice`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iocreatedevice): unnamed,
    /// `FILE_DEVICE_UNKNOWN`, `FILE_DEVICE_SECURE_OPEN`, not exclusive.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES` and others.
    fn create_device(driver: Self::Driver, passive: &mut Self::Passive) -> Result<Self::Fdo, Status>;

    /// Writes the whole [device extension](https://learn.microsoft.com/windows-hardware/drivers/kernel/device-extensions):
    /// remove lock, locks, lists, events, state `NotStarted`; and the work items
    /// ([`IoAllocateWorkItem`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioallocateworkitem))
    /// that power IRPs need, for which no memory is asked for later. IRPs may come from the next step on.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES`. The extension is whole even so.
    fn init_extension(fdo: &mut Self::Fdo, pdo: Self::Pdo, passive: &mut Self::Passive)
    -> Result<(), Status>;

    /// [`IoAttachDeviceToDeviceStack`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioattachdevicetodevicestack);
    /// NULL is a failure. The result is stored in the extension too, for IRPs that come from now on.
    fn attach(fdo: &mut Self::Fdo, pdo: Self::Pdo, passive: &mut Self::Passive) -> Option<Self::Lower>;

    /// Copies `DO_BUFFERED_IO`, `DO_DIRECT_IO` and `DO_POWER_PAGABLE` from the device attached to:
    /// [initialising a device object](https://learn.microsoft.com/windows-hardware/drivers/kernel/initializing-a-device-object).
    fn copy_flags(fdo: &mut Self::Fdo, lower: &Self::Lower);

    /// [`USBD_CreateHandle`](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_createhandle).
    ///
    /// # Errors
    /// `STATUS_INVALID_LEVEL`, `STATUS_INVALID_PARAMETER` and others.
    fn create_handle(
        fdo: &Self::Fdo,
        lower: &Self::Lower,
        passive: &mut Self::Passive,
    ) -> Result<Self::Handle, Status>;

    /// [`IoRegisterDeviceInterface`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioregisterdeviceinterface)
    /// on the PDO. The string is kept in the extension.
    ///
    /// # Errors
    /// `STATUS_INVALID_DEVICE_REQUEST` and others.
    fn register_interface(
        fdo: &mut Self::Fdo,
        pdo: Self::Pdo,
        passive: &mut Self::Passive,
    ) -> Result<(), Status>;

    /// Stores the handle in the extension, then clears `DO_DEVICE_INITIALIZING`, last:
    /// [page](https://learn.microsoft.com/windows-hardware/drivers/kernel/clearing-the-do-device-initializing-flag).
    fn finish(fdo: Self::Fdo, lower: Self::Lower, handle: Self::Handle, passive: &mut Self::Passive);

    /// [`USBD_CloseHandle`](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_closehandle).
    fn close_handle(handle: Self::Handle, proof: Unwinding, passive: &mut Self::Passive);

    /// [`IoDetachDevice`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iodetachdevice).
    fn detach(lower: Self::Lower, passive: &mut Self::Passive);

    /// Drops the extension and calls
    /// [`IoDeleteDevice`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iodeletedevice).
    fn delete_device(fdo: Self::Fdo, passive: &mut Self::Passive);
}

/// The proof that `AddDevice` is unwinding: no URB ever existed. Only this module makes one.
#[derive(Debug)]
pub struct Unwinding(());

/// A device that `AddDevice` is making, in state `S`.
#[must_use = "a device that is not finished must be unwound"]
struct AddDevice<'p, C: AddDeviceCalls, S> {
    pdo: C::Pdo,
    fdo: C::Fdo,
    passive: &'p mut C::Passive,
    state: S,
}

/// `IoCreateDevice` succeeded and the extension is whole.
struct Created;

/// Attached to the stack.
struct Attached<C: AddDeviceCalls> {
    lower: C::Lower,
}

/// `USBD_CreateHandle` succeeded.
struct Opened<C: AddDeviceCalls> {
    lower: C::Lower,
    handle: C::Handle,
}

/// The interface is registered: nothing can fail any more.
struct Interfaced<C: AddDeviceCalls> {
    lower: C::Lower,
    handle: C::Handle,
}

impl<'p, C: AddDeviceCalls> AddDevice<'p, C, Created> {
    fn create(driver: C::Driver, pdo: C::Pdo, passive: &'p mut C::Passive) -> Result<Self, Status> {
        let mut fdo = C::create_device(driver, passive)?;
        let result = C::init_extension(&mut fdo, pdo, passive);
        let this = Self { pdo, fdo, passive, state: Created };
        match result {
            Ok(()) => Ok(this),
            Err(status) => Err(this.unwind(status)),
        }
    }

    fn attach(mut self) -> Result<AddDevice<'p, C, Attached<C>>, Status> {
        let Some(lower) = C::attach(&mut self.fdo, self.pdo, self.passive) else {
            return Err(self.unwind(STATUS_NO_SUCH_DEVICE));
        };
        C::copy_flags(&mut self.fdo, &lower);
        Ok(AddDevice { pdo: self.pdo, fdo: self.fdo, passive: self.passive, state: Attached { lower } })
    }

    fn unwind(self, status: Status) -> Status {
        C::delete_device(self.fdo, self.passive);
        status
    }
}

impl<'p, C: AddDeviceCalls> AddDevice<'p, C, Attached<C>> {
    fn create_handle(self) -> Result<AddDevice<'p, C, Opened<C>>, Status> {
        let handle = match C::create_handle(&self.fdo, &self.state.lower, self.passive) {
            Ok(handle) => handle,
            Err(status) => return Err(self.unwind(status)),
        };
        let Self { pdo, fdo, passive, state: Attached { lower } } = self;
        Ok(AddDevice { pdo, fdo, passive, state: Opened { lower, handle } })
    }

    fn unwind(self, status: Status) -> Status {
        let Self { pdo, fdo, passive, state: Attached { lower } } = self;
        C::detach(lower, passive);
        AddDevice::<C, Created> { pdo, fdo, passive, state: Created }.unwind(status)
    }
}

impl<'p, C: AddDeviceCalls> AddDevice<'p, C, Opened<C>> {
    fn register_interface(mut self) -> Result<AddDevice<'p, C, Interfaced<C>>, Status> {
        if let Err(status) = C::register_interface(&mut self.fdo, self.pdo, self.passive) {
            return Err(self.unwind(status));
        }
        let Self { pdo, fdo, passive, state: Opened { lower, handle } } = self;
        Ok(AddDevice { pdo, fdo, passive, state: Interfaced { lower, handle } })
    }

    fn unwind(self, status: Status) -> Status {
        let Self { pdo, fdo, passive, state: Opened { lower, handle } } = self;
        C::close_handle(handle, Unwinding(()), passive);
        AddDevice::<C, Attached<C>> { pdo, fdo, passive, state: Attached { lower } }.unwind(status)
    }
}

impl<C: AddDeviceCalls> AddDevice<'_, C, Interfaced<C>> {
    fn finish(self) {
        C::finish(self.fdo, self.state.lower, self.state.handle, self.passive);
    }
}

/// Makes the device of `pdo`.
///
/// # Errors
/// The failure of the step that failed; everything before it is undone. An attach that gave NULL is
/// `STATUS_NO_SUCH_DEVICE`.
pub fn add_device<C: AddDeviceCalls>(
    driver: C::Driver,
    pdo: C::Pdo,
    passive: &mut C::Passive,
) -> Result<(), Status> {
    AddDevice::<C, Created>::create(driver, pdo, passive)?
        .attach()?
        .create_handle()?
        .register_interface()?
        .finish();
    Ok(())
}

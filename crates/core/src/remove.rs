//! The order of `IRP_MN_REMOVE_DEVICE`, as types.
//!
//! ```text
//! RemoveIrp<'d, C, Arrived>       .drain()              -> RemoveIrp<'d, C, Drained<C>>
//! RemoveIrp<'d, C, Drained<C>>    .close_usbd_handle()  -> RemoveIrp<'d, C, HandleClosed>
//! RemoveIrp<'d, C, HandleClosed>  .forward()            -> RemoveIrp<'d, C, Forwarded>
//! RemoveIrp<'d, C, Forwarded>     .wait_for_others()    -> RemoveIrp<'d, C, Alone>
//! RemoveIrp<'d, C, Alone>         .detach_and_delete()  -> Disposition<'d>
//! ```
//!
//! `forward` exists on no other state. `USBD_CloseHandle` must be called before the IRP is sent down
//! ([page](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_closehandle)), and
//! `IoReleaseRemoveLockAndWait` after it
//! ([page](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioreleaseremovelockandwait)); both
//! hold, because the users of the handle are drained by a count of their own first.
//!
//! Every step works on a device that never started, whose start failed, or that was surprise-removed before: steps
//! already done find nothing to do.

use core::marker::PhantomData;

use usbclient_protocol::status::{NtStatus, STATUS_DEVICE_NOT_CONNECTED, STATUS_SUCCESS};

use crate::{
    dispatch::{Brand, Disposition, Fdo, Irp, RemoveGuard},
    pnp::{Event, PolicyCalls, Told},
};

/// The proof that a call is a step of removal. Only this module makes one, so the steps cannot be called out of
/// order, or from elsewhere.
#[derive(Debug)]
pub struct Removing(());

/// What only removal does, beside what it shares with the other ways of stopping I/O.
pub trait RemoveCalls: PolicyCalls {
    /// The owner of the `USBD_HANDLE`.
    type Handle;
    /// The proof that every URB of the device is freed.
    type Drained;

    /// [`KeFlushQueuedDpcs`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-keflushqueueddpcs),
    /// at `PASSIVE_LEVEL`, after cancelling the device's timers: no completion routine can still run.
    fn flush_dpcs(device: Self::Device, passive: &mut Self::Passive);

    /// [`USBD_UrbFree`](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_urbfree)
    /// for every URB of the pools and those kept by START. Finds none on a device that never started.
    fn free_urbs(device: Self::Device, removing: &Removing, passive: &mut Self::Passive) -> Self::Drained;

    /// Takes the handle out of its only place, the
    /// [device extension](https://learn.microsoft.com/windows-hardware/drivers/kernel/device-extensions).
    fn take_handle(
        device: Self::Device,
        removing: &Removing,
        passive: &mut Self::Passive,
    ) -> Option<Self::Handle>;

    /// [`USBD_CloseHandle`](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_closehandle),
    /// at `PASSIVE_LEVEL`.
    fn close_handle(
        handle: Self::Handle,
        drained: Self::Drained,
        removing: &Removing,
        passive: &mut Self::Passive,
    );

    /// [`IoReleaseRemoveLockAndWait`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioreleaseremovelockandwait),
    /// at `PASSIVE_LEVEL`. The tag is that of the REMOVE IRP, which is gone by now.
    fn release_remove_lock_and_wait(
        device: Self::Device,
        tag: Self::Tag,
        removing: &Removing,
        passive: &mut Self::Passive,
    );

    /// [`IoDetachDevice`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iodetachdevice).
    fn detach(device: Self::Device, removing: &Removing, passive: &mut Self::Passive);

    /// Frees the interface's string, drops the extension and calls
    /// [`IoDeleteDevice`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iodeletedevice).
    /// `device` must not be used afterwards.
    fn delete(device: Self::Device, removing: &Removing, passive: &mut Self::Passive);
}

/// What is told of a removal, when it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The IRP has come.
    Arrived,
    /// No request and no URB is left.
    Drained,
    /// The `USBD_HANDLE` is closed.
    HandleClosed,
    /// The lower drivers have the IRP.
    Forwarded,
    /// Nobody else holds the remove lock.
    Alone,
    /// Detached; the device object is deleted next.
    Detached,
}

/// The IRP has arrived; the remove lock is held.
pub struct Arrived(());

/// No request and no URB is left.
pub struct Drained<C: RemoveCalls> {
    proof: C::Drained,
}

/// The `USBD_HANDLE` is closed.
pub struct HandleClosed(());

/// The lower drivers have the IRP.
pub struct Forwarded {
    status: NtStatus,
}

/// Nobody else holds the remove lock.
pub struct Alone {
    status: NtStatus,
}

/// An `IRP_MN_REMOVE_DEVICE` on its way, in state `S`.
#[must_use = "a removal must be finished"]
pub struct RemoveIrp<'d, C: RemoveCalls, S> {
    device: C::Device,
    /// `None` once forwarded.
    irp: Option<C::Irp>,
    tag: C::Tag,
    passive: &'d mut C::Passive,
    state: S,
    brand: Brand<'d>,
}

impl<'d, C: RemoveCalls> RemoveIrp<'d, C, Arrived> {
    /// Takes over the device, the IRP and its hold of the remove lock.
    #[expect(clippy::needless_pass_by_value, reason = "the device must not be named after it is deleted")]
    pub fn arrived(
        fdo: Fdo<'d, C>,
        irp: Irp<'d, C>,
        guard: RemoveGuard<'d, C>,
        passive: &'d mut C::Passive,
    ) -> Self {
        let device = fdo.device();
        let irp = Some(irp.into_raw());
        Self { device, irp, tag: guard.into_tag(), passive, state: Arrived(()), brand: PhantomData }
    }

    /// Closes the gate, turns the interface off, completes what is held, cancels what is in flight, waits until
    /// the handle has no users, and frees every URB.
    pub fn drain(self) -> RemoveIrp<'d, C, Drained<C>> {
        let device = self.device;
        self.tell(Stage::Arrived);
        let _ = C::change(device, Event::Remove, self.passive);
        C::disarm(device, self.passive);
        C::withdraw_check_boxes(device, self.passive);
        C::disable_interface(device, self.passive);
        C::fail_held(device, STATUS_DEVICE_NOT_CONNECTED, self.passive);
        C::cancel_in_flight(device, self.passive);
        C::wait_for_requests(device, self.passive);
        C::flush_dpcs(device, self.passive);
        let proof = C::free_urbs(device, &Removing(()), self.passive);
        self.tell(Stage::Drained);
        self.becomes(Drained { proof })
    }
}

impl<'d, C: RemoveCalls> RemoveIrp<'d, C, Drained<C>> {
    /// Closes the `USBD_HANDLE`: here, and nowhere else on this path.
    pub fn close_usbd_handle(self) -> RemoveIrp<'d, C, HandleClosed> {
        let (this, Drained { proof }) = self.split();
        if let Some(handle) = C::take_handle(this.device, &Removing(()), this.passive) {
            C::close_handle(handle, proof, &Removing(()), this.passive);
        }
        this.tell(Stage::HandleClosed);
        this.becomes(HandleClosed(()))
    }
}

impl<'d, C: RemoveCalls> RemoveIrp<'d, C, HandleClosed> {
    /// Sets `STATUS_SUCCESS` and sends the IRP down. No completion routine: it is never ours again.
    pub fn forward(mut self) -> RemoveIrp<'d, C, Forwarded> {
        let status = match self.irp.take() {
            Some(mut irp) => {
                C::set_status(&mut irp, STATUS_SUCCESS);
                C::forward(self.device, irp)
            }
            // Unreachable: the IRP is taken only here, and this consumes the state. An answer keeps a panic out.
            None => STATUS_SUCCESS,
        };
        self.tell(Stage::Forwarded);
        self.becomes(Forwarded { status })
    }
}

impl<'d, C: RemoveCalls> RemoveIrp<'d, C, Forwarded> {
    /// Waits until nobody else holds the remove lock.
    pub fn wait_for_others(self) -> RemoveIrp<'d, C, Alone> {
        C::release_remove_lock_and_wait(self.device, self.tag, &Removing(()), self.passive);
        self.tell(Stage::Alone);
        let status = self.state.status;
        self.becomes(Alone { status })
    }
}

impl<'d, C: RemoveCalls> RemoveIrp<'d, C, Alone> {
    /// Detaches and deletes the device object, and returns what the lower driver returned.
    pub fn detach_and_delete(self) -> Disposition<'d> {
        C::detach(self.device, &Removing(()), self.passive);
        // Before the device is deleted, not after.
        self.tell(Stage::Detached);
        C::delete(self.device, &Removing(()), self.passive);
        Disposition::forwarded(self.state.status)
    }
}

impl<'d, C: RemoveCalls, S> RemoveIrp<'d, C, S> {
    fn becomes<T>(self, state: T) -> RemoveIrp<'d, C, T> {
        let Self { device, irp, tag, passive, .. } = self;
        RemoveIrp { device, irp, tag, passive, state, brand: PhantomData }
    }

    fn tell(&self, stage: Stage) {
        C::tell(self.device, Told::Removal(stage));
    }

    fn split(self) -> (RemoveIrp<'d, C, ()>, S) {
        let Self { device, irp, tag, passive, state, .. } = self;
        (RemoveIrp { device, irp, tag, passive, state: (), brand: PhantomData }, state)
    }
}

/// The whole removal.
pub fn remove<'d, C: RemoveCalls>(
    fdo: Fdo<'d, C>,
    irp: Irp<'d, C>,
    guard: RemoveGuard<'d, C>,
    passive: &'d mut C::Passive,
) -> Disposition<'d> {
    RemoveIrp::arrived(fdo, irp, guard, passive)
        .drain()
        .close_usbd_handle()
        .forward()
        .wait_for_others()
        .detach_and_delete()
}

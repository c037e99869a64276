//! One call of a dispatch routine: the device, the IRP, the remove lock, and what may be returned.
//!
//! [`enter`] brands a call with a lifetime `'d` of its own. `'d` is invariant, so tokens of two calls never mix
//! and none escapes. The only way out is a [`Disposition`], made only by consuming the [`Irp`]: the status that is
//! returned and what happened to the IRP cannot disagree.

use core::{fmt, marker::PhantomData};

use usbclient_protocol::status::{NtStatus, STATUS_PENDING, STATUS_SUCCESS, Status};

/// What a dispatch routine does with an IRP. Implemented by the edge on one zero-sized type.
pub trait IrpCalls: Sized {
    /// A pointer to the device extension: copied freely, never a reference, because a reference must not be alive
    /// when the device object is deleted. Made by the edge only.
    type Device: Copy;
    /// The right to touch one IRP. Not `Clone`; made by the edge only.
    type Irp;
    /// The tag under which an IRP holds the remove lock: compared, never dereferenced.
    type Tag: Copy;
    /// The token of `PASSIVE_LEVEL`. Not `Copy`; made by the edge only.
    type Passive;

    /// The tag of an IRP: its address.
    fn tag(irp: &Self::Irp) -> Self::Tag;

    /// [`IoAcquireRemoveLock`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioacquireremovelock),
    /// at or below `DISPATCH_LEVEL`.
    ///
    /// # Errors
    /// `STATUS_DELETE_PENDING` after `IoReleaseRemoveLockAndWait` was called.
    fn acquire_remove_lock(device: Self::Device, tag: Self::Tag) -> Result<(), Status>;

    /// [`IoReleaseRemoveLock`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioreleaseremovelock),
    /// at or below `DISPATCH_LEVEL`.
    fn release_remove_lock(device: Self::Device, tag: Self::Tag);

    /// Writes `IoStatus.Status`:
    /// [PnP IRPs carry their status down](https://learn.microsoft.com/windows-hardware/drivers/kernel/passing-pnp-irps-down-the-device-stack).
    fn set_status(irp: &mut Self::Irp, status: NtStatus);

    /// Writes `IoStatus` and calls
    /// [`IoCompleteRequest`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iocompleterequest)
    /// without a priority boost.
    fn complete(irp: Self::Irp, status: NtStatus, information: usize);

    /// [`IoMarkIrpPending`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iomarkirppending).
    fn mark_pending(irp: &mut Self::Irp);

    /// [`IoSkipCurrentIrpStackLocation`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioskipcurrentirpstacklocation)
    /// and `IoCallDriver` (`PoCallDriver` is not needed since Windows Vista); returns what the lower driver returned.
    fn forward(device: Self::Device, irp: Self::Irp) -> NtStatus;

    /// Copies the stack location, sets a completion routine, calls the lower driver and waits:
    /// [postponing PnP IRP processing](https://learn.microsoft.com/windows-hardware/drivers/kernel/postponing-pnp-irp-processing-until-lower-drivers-finish).
    /// Returns the final `IoStatus.Status`.
    fn forward_and_wait(device: Self::Device, irp: &mut Self::Irp, passive: &mut Self::Passive) -> NtStatus;
}

/// An invariant lifetime: one dispatch call.
pub(crate) type Brand<'d> = PhantomData<fn(&'d ()) -> &'d ()>;

/// The device of this dispatch call.
pub struct Fdo<'d, C: IrpCalls> {
    device: C::Device,
    brand: Brand<'d>,
}

/// The IRP of this dispatch call. It must be consumed: completed, forwarded or pended.
#[must_use = "an IRP must be completed, forwarded or pended"]
pub struct Irp<'d, C: IrpCalls> {
    raw: C::Irp,
    device: C::Device,
    brand: Brand<'d>,
}

/// The remove lock, held for the IRP of this dispatch call. Dropping it releases the lock.
#[must_use = "dropping the guard releases the remove lock"]
pub struct RemoveGuard<'d, C: IrpCalls> {
    device: C::Device,
    tag: C::Tag,
    armed: bool,
    brand: Brand<'d>,
}

/// What happened to the IRP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was completed here with this `IoStatus`.
    Completed {
        /// `IoStatus.Status`
        status: NtStatus,
        /// `IoStatus.Information`
        information: usize,
    },
    /// It was marked pending and is completed later.
    Pending,
    /// The lower driver has it and returned this.
    Forwarded(NtStatus),
}

/// The only thing a dispatch routine can return: proof that its IRP was dealt with.
#[must_use = "a dispatch routine returns it"]
pub struct Disposition<'d> {
    outcome: Outcome,
    brand: Brand<'d>,
}

/// An IRP that was marked pending, and its hold of the remove lock: both may outlive the dispatch call.
#[must_use = "a pended IRP must be completed later"]
pub struct Pended<C: IrpCalls> {
    raw: C::Irp,
    device: C::Device,
    tag: C::Tag,
}

/// Runs one dispatch call and gives the status to return to the I/O manager.
pub fn enter<C: IrpCalls>(
    device: C::Device,
    irp: C::Irp,
    body: impl for<'d> FnOnce(Fdo<'d, C>, Irp<'d, C>) -> Disposition<'d>,
) -> NtStatus {
    body(Fdo { device, brand: PhantomData }, Irp { raw: irp, device, brand: PhantomData }).status()
}

/// Runs one dispatch call that is documented to run at `PASSIVE_LEVEL` (PnP).
pub fn enter_passive<C: IrpCalls>(
    device: C::Device,
    irp: C::Irp,
    mut passive: C::Passive,
    body: impl for<'d> FnOnce(Fdo<'d, C>, Irp<'d, C>, &'d mut C::Passive) -> Disposition<'d>,
) -> NtStatus {
    let fdo = Fdo { device, brand: PhantomData };
    let irp = Irp { raw: irp, device, brand: PhantomData };
    body(fdo, irp, &mut passive).status()
}

impl<'d, C: IrpCalls> Fdo<'d, C> {
    /// The device, for calls of the edge.
    #[must_use]
    pub const fn device(&self) -> C::Device {
        self.device
    }

    /// Takes the remove lock with the IRP as its tag.
    ///
    /// # Errors
    /// `STATUS_DELETE_PENDING` once the device is being removed.
    pub fn acquire(&self, irp: &Irp<'d, C>) -> Result<RemoveGuard<'d, C>, Status> {
        let tag = C::tag(&irp.raw);
        C::acquire_remove_lock(self.device, tag)?;
        Ok(RemoveGuard { device: self.device, tag, armed: true, brand: PhantomData })
    }
}

impl<'d, C: IrpCalls> Irp<'d, C> {
    /// Lends the IRP to calls of the edge that read or fill it.
    pub const fn raw(&mut self) -> &mut C::Irp {
        &mut self.raw
    }

    /// Sets the status that goes down with a PnP IRP.
    pub fn set_status(&mut self, status: NtStatus) {
        C::set_status(&mut self.raw, status);
    }

    /// Completes the IRP, then releases the remove lock.
    pub fn complete(
        self,
        guard: RemoveGuard<'d, C>,
        status: NtStatus,
        information: usize,
    ) -> Disposition<'d> {
        C::complete(self.raw, status, information);
        drop(guard);
        Disposition { outcome: Outcome::Completed { status, information }, brand: PhantomData }
    }

    /// Completes the IRP with a failure. It needs no lock, because nothing of the device is touched.
    pub fn refuse(self, status: Status) -> Disposition<'d> {
        C::complete(self.raw, status.nt(), 0);
        Disposition {
            outcome: Outcome::Completed { status: status.nt(), information: 0 },
            brand: PhantomData,
        }
    }

    /// Sends the IRP down untouched, then releases the remove lock.
    pub fn forward(self, guard: RemoveGuard<'d, C>) -> Disposition<'d> {
        let status = C::forward(self.device, self.raw);
        drop(guard);
        Disposition { outcome: Outcome::Forwarded(status), brand: PhantomData }
    }

    /// Sets `STATUS_SUCCESS`, sends the IRP down, then releases the remove lock: what a PnP driver does with a
    /// minor that it handled on the way down.
    pub fn forward_success(mut self, guard: RemoveGuard<'d, C>) -> Disposition<'d> {
        self.set_status(STATUS_SUCCESS);
        self.forward(guard)
    }

    /// Sends the IRP down, waits until the lower drivers completed it, and returns their status. The IRP is ours
    /// again and must be completed.
    pub fn forward_and_wait(&mut self, _guard: &RemoveGuard<'d, C>, passive: &mut C::Passive) -> NtStatus {
        C::forward_and_wait(self.device, &mut self.raw, passive)
    }

    /// Marks the IRP pending. The IRP and its hold of the remove lock leave the dispatch call together.
    pub fn pend(mut self, mut guard: RemoveGuard<'d, C>) -> (Pended<C>, Disposition<'d>) {
        C::mark_pending(&mut self.raw);
        guard.armed = false;
        let pended = Pended { raw: self.raw, device: guard.device, tag: guard.tag };
        (pended, Disposition { outcome: Outcome::Pending, brand: PhantomData })
    }

    /// The parts, for the typestate of removal.
    pub(crate) fn into_raw(self) -> C::Irp {
        self.raw
    }
}

impl<C: IrpCalls> RemoveGuard<'_, C> {
    /// Disarms the guard: the lock is released by `IoReleaseRemoveLockAndWait` instead.
    pub(crate) fn into_tag(mut self) -> C::Tag {
        self.armed = false;
        self.tag
    }
}

impl<C: IrpCalls> Drop for RemoveGuard<'_, C> {
    fn drop(&mut self) {
        if self.armed {
            C::release_remove_lock(self.device, self.tag);
        }
    }
}

impl<C: IrpCalls> Pended<C> {
    /// Completes the IRP, then releases the remove lock.
    pub fn complete(self, status: NtStatus, information: usize) {
        C::complete(self.raw, status, information);
        C::release_remove_lock(self.device, self.tag);
    }

    /// Lends the IRP to calls of the edge that read or fill it.
    pub const fn raw(&mut self) -> &mut C::Irp {
        &mut self.raw
    }

    /// The device that the IRP was sent to.
    #[must_use]
    pub const fn device(&self) -> C::Device {
        self.device
    }

    /// The IRP and the tag of its remove lock, for a request that goes down with its completion routine. The
    /// holder releases the lock when the IRP is done.
    #[must_use]
    pub fn into_parts(self) -> (C::Irp, C::Device, C::Tag) {
        (self.raw, self.device, self.tag)
    }

    /// Puts the parts together again, in the completion routine.
    pub const fn from_parts(raw: C::Irp, device: C::Device, tag: C::Tag) -> Self {
        Self { raw, device, tag }
    }
}

impl Disposition<'_> {
    pub(crate) const fn forwarded(status: NtStatus) -> Self {
        Self { outcome: Outcome::Forwarded(status), brand: PhantomData }
    }

    /// What happened to the IRP.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// What the dispatch routine returns to the I/O manager.
    #[must_use]
    pub const fn status(&self) -> NtStatus {
        match self.outcome {
            Outcome::Completed { status, .. } | Outcome::Forwarded(status) => status,
            Outcome::Pending => STATUS_PENDING,
        }
    }
}

impl fmt::Debug for Disposition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.outcome.fmt(f)
    }
}

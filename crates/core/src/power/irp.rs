//! The order of each power IRP, as types. Every one is marked pending when it arrives, and holds the remove lock to
//! its end.
//!
//! ```text
//! PowerIrp<System>   .send()                 -> comes back as PowerIrp<SystemBack>
//! PowerIrp<SystemBack>  .ask_device()        -> PowerIrp<Unanswered>, or the callback's PowerIrp<Answered>
//!                       .go_on()                S0: D0 follows
//! PowerIrp<Answered>    .complete()
//! PowerIrp<Down>     .pass_down(Quiet)          the device leaves D0 with the proof that nothing is in flight
//! PowerIrp<Up>       .send()                 -> comes back as PowerIrp<UpBack>
//! PowerIrp<UpBack>   .go_on()
//! ```
//!
//! A system IRP that came back cannot be completed: it goes on, or waits for the device. A device IRP cannot leave D0
//! without [`Quiet`].

use super::{
    dispatch::{PowerCalls, Then},
    machine::Quiet,
    states::DeviceState,
};
use crate::{
    dispatch::{IrpCalls, Pended},
    status::{NtStatus, STATUS_DELETE_PENDING, STATUS_SUCCESS},
};

/// A system IRP has come.
pub struct System(());
/// The lower drivers are done with a system IRP. Its completion routine runs.
pub struct SystemBack(());
/// The device IRP for a system IRP could not be had. Its completion routine runs.
pub struct Unanswered(());
/// The device IRP for a system IRP is over. Its callback runs.
pub struct Answered(());
/// A device IRP for a low state has come: this one.
pub struct Down(DeviceState);
/// A device IRP for D0 has come.
pub struct Up(());
/// The lower drivers are done with a device IRP for D0. Its completion routine runs.
pub struct UpBack(());

/// A power IRP that is marked pending, in state `S`.
#[must_use = "a power IRP must be sent on or completed"]
pub struct PowerIrp<C: IrpCalls, S> {
    pended: Pended<C>,
    state: S,
}

/// What a completion routine returns.
#[must_use = "a completion routine returns it"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// `STATUS_CONTINUE_COMPLETION`: the IRP goes on upwards.
    GoesOn,
    /// `STATUS_MORE_PROCESSING_REQUIRED`: it is kept.
    Kept,
}

/// The kind of device IRP that a system IRP asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `IRP_MN_QUERY_POWER`
    Query,
    /// `IRP_MN_SET_POWER`
    Set,
}

impl<C: IrpCalls, S> PowerIrp<C, S> {
    /// Lends the IRP to calls of the edge that read it.
    pub const fn raw(&mut self) -> &mut C::Irp {
        self.pended.raw()
    }

    /// Releases the remove lock. The I/O manager has the IRP when the completion routine returns.
    fn let_go(self) {
        let (_irp, device, tag) = self.pended.into_parts();
        C::release_remove_lock(device, tag);
    }
}

impl<C: PowerCalls> PowerIrp<C, System> {
    pub(super) const fn arrived(pended: Pended<C>) -> Self {
        Self { pended, state: System(()) }
    }

    /// Sends it down; it comes back as [`SystemBack`].
    pub fn send(self) {
        C::send(self.pended, Then::System);
    }
}

impl<C: PowerCalls> PowerIrp<C, SystemBack> {
    /// In the completion routine.
    pub const fn came_back_system(pended: Pended<C>) -> Self {
        Self { pended, state: SystemBack(()) }
    }

    /// Asks for a device IRP, whose callback goes on with this one as [`Answered`].
    ///
    /// # Errors
    /// The device IRP could not be had.
    pub fn ask_device(self, ask: Ask, state: DeviceState) -> Result<Back, PowerIrp<C, Unanswered>> {
        let SystemBack(()) = self.state;
        match C::ask_device(self.pended, ask, state) {
            Ok(()) => Ok(Back::Kept),
            Err(pended) => Err(PowerIrp { pended, state: Unanswered(()) }),
        }
    }

    /// It goes on: the lower drivers failed it, or it is for S0.
    pub fn go_on(self) -> Back {
        self.let_go();
        Back::GoesOn
    }
}

impl<C: PowerCalls> PowerIrp<C, Unanswered> {
    /// It goes on without a device IRP.
    pub fn go_on(self) -> Back {
        let Unanswered(()) = self.state;
        self.let_go();
        Back::GoesOn
    }
}

impl<C: PowerCalls> PowerIrp<C, Answered> {
    /// In the callback of the device IRP.
    pub const fn answered(pended: Pended<C>) -> Self {
        Self { pended, state: Answered(()) }
    }

    /// Completes it, then releases the remove lock.
    pub fn complete(self, status: NtStatus) {
        let Answered(()) = self.state;
        self.pended.complete(status, 0);
    }
}

impl<C: PowerCalls> PowerIrp<C, Down> {
    pub(super) const fn arrived(pended: Pended<C>, state: DeviceState) -> Self {
        Self { pended, state: Down(state) }
    }

    /// The state that it asks for.
    pub const fn to(&self) -> DeviceState {
        self.state.0
    }

    /// Tells the power manager, sends the IRP down, and releases the remove lock. No request is in flight, and none
    /// passes before D0.
    #[expect(clippy::needless_pass_by_value, reason = "the proof is used up")]
    pub fn pass_down(self, quiet: Quiet) {
        let (irp, device, tag) = self.pended.into_parts();
        C::set_power_state(device, quiet.to());
        let _status = C::forward(device, irp);
        C::release_remove_lock(device, tag);
    }
}

impl<C: PowerCalls> PowerIrp<C, Down> {
    /// The device is being removed: nothing is done any more.
    pub fn refuse(self) {
        self.pended.complete(STATUS_DELETE_PENDING.nt(), 0);
    }
}

impl<C: PowerCalls> PowerIrp<C, Up> {
    pub(super) const fn arrived(pended: Pended<C>) -> Self {
        Self { pended, state: Up(()) }
    }

    /// Sends it down; it comes back as [`UpBack`].
    pub fn send(self) {
        let Up(()) = self.state;
        C::send(self.pended, Then::Up);
    }
}

impl<C: PowerCalls> PowerIrp<C, UpBack> {
    /// In the completion routine.
    pub const fn came_back_up(pended: Pended<C>) -> Self {
        Self { pended, state: UpBack(()) }
    }

    /// It goes on upwards.
    pub fn go_on(self) -> Back {
        let UpBack(()) = self.state;
        self.let_go();
        Back::GoesOn
    }

    /// What was to be done at `PASSIVE_LEVEL` is done: completes it, then releases the remove lock.
    pub fn complete(self) {
        self.pended.complete(STATUS_SUCCESS, 0);
    }
}

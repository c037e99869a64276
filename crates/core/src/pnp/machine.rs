//! The states of a device.

/// The state of a device.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/state-transitions-for-pnp-devices>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Made by `AddDevice`; no START succeeded yet.
    NotStarted,
    /// Working.
    Started,
    /// `QUERY_STOP` succeeded here.
    StopPending,
    /// STOP took the configuration back, or a START came while started.
    Stopped,
    /// `QUERY_REMOVE` succeeded here.
    RemovePending,
    /// A START failed, here or below.
    StartFailed,
    /// `SURPRISE_REMOVAL` came.
    SurpriseRemoved,
    /// REMOVE came.
    Removed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::NotStarted,
        Self::Started,
        Self::StopPending,
        Self::Stopped,
        Self::RemovePending,
        Self::StartFailed,
        Self::SurpriseRemoved,
        Self::Removed,
    ];
}

/// What can happen to a device: a PnP minor, or how START ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// START arrived.
    StartArrives,
    /// START succeeded.
    StartSucceeds,
    /// START failed, here or below.
    StartFails,
    /// `QUERY_STOP` arrived, and is not refused.
    QueryStop,
    /// `CANCEL_STOP` came back from the lower drivers.
    CancelStop,
    /// STOP arrived.
    Stop,
    /// `QUERY_REMOVE` arrived, and is not refused.
    QueryRemove,
    /// `CANCEL_REMOVE` came back from the lower drivers.
    CancelRemove,
    /// `SURPRISE_REMOVAL` arrived.
    SurpriseRemoval,
    /// REMOVE arrived.
    Remove,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 10] = [
        Self::StartArrives,
        Self::StartSucceeds,
        Self::StartFails,
        Self::QueryStop,
        Self::CancelStop,
        Self::Stop,
        Self::QueryRemove,
        Self::CancelRemove,
        Self::SurpriseRemoval,
        Self::Remove,
    ];
}

/// Why an event cannot come in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The outcome of a START that is not running: it is applied only between its arrival and its end, and the
    /// PnP manager sends nothing else that changes the state meanwhile.
    NoStartRunning,
    /// The PnP manager ends a query with the deed or its cancelling before it starts the device again.
    QueryNotAnswered,
    /// The PnP manager queries started devices only for a stop.
    NotStarted,
    /// The PnP manager does not start a device again after its start failed: removal follows.
    StartHadFailed,
    /// The PnP manager queries or stops a device for one purpose at a time.
    OtherPurpose,
    /// After `SURPRISE_REMOVAL` only REMOVE follows.
    OnlyRemoveFollows,
    /// After REMOVE nothing follows.
    NothingFollows,
}

/// What an event did.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The state changed.
    To {
        /// The state before.
        from: State,
        /// The state now.
        to: State,
    },
    /// The event is legal and changes nothing: a spurious cancel, because a driver above failed the query; or a
    /// START of a device that is ready for it.
    Stays(State),
    /// The PnP manager does not send this now. The state is unchanged and the IRP is treated as usual.
    Impossible(Reason),
}

/// The state and the one before a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Machine {
    state: State,
    previous: State,
}

impl Machine {
    /// A device that `AddDevice` made.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: State::NotStarted, previous: State::NotStarted }
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// The state that a cancelled query returns to.
    #[must_use]
    pub const fn previous(&self) -> State {
        self.previous
    }

    /// Applies an event.
    pub const fn apply(&mut self, event: Event) -> Step {
        let step = self.step(event);
        if let Step::To { from, to } = step {
            self.previous = from;
            self.state = to;
        }
        step
    }

    /// What an event would do.
    pub const fn step(&self, event: Event) -> Step {
        match event {
            Event::StartArrives => super::start::arrives(self.state),
            Event::StartSucceeds => super::start::succeeds(self.state),
            Event::StartFails => super::start::fails(self.state),
            Event::QueryStop => super::query_stop::next(self.state),
            Event::CancelStop => super::cancel_stop::next(self.state, self.previous),
            Event::Stop => super::stop::next(self.state),
            Event::QueryRemove => super::query_remove::next(self.state),
            Event::CancelRemove => super::cancel_remove::next(self.state, self.previous),
            Event::SurpriseRemoval => super::surprise_removal::next(self.state),
            Event::Remove => next_remove(self.state),
        }
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

/// REMOVE: comes in every state, once. Its work is [`remove`](crate::remove).
const fn next_remove(state: State) -> Step {
    match state {
        State::Removed => Step::Impossible(Reason::NothingFollows),
        from => Step::To { from, to: State::Removed },
    }
}

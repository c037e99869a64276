//! What is to be done next about wake and idleness.
//!
//! The policy's work item asks [`Power::next_job`] under the device's lock until there is nothing to do, and whoever
//! changes something that matters queues it. So no order of events is special: a job follows from the state alone.

use super::{
    machine::{Device, Power},
    mapping::Capabilities,
    settings::Settings,
    states::DeviceState,
};

/// What the device's lock guards beside [`Power`], as far as the policy cares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact")]
pub struct Facts {
    /// The PnP state is `Started`: no query is pending.
    pub is_started: bool,
    /// The device was surprise-removed or removed.
    pub is_gone: bool,
    /// A request is in flight, one of a reader excepted: those do not keep a device from being suspended.
    pub is_busy: bool,
    /// A request waits.
    pub has_held: bool,
    /// Nothing has happened for as long as `SUSPEND_DELAY` says.
    pub is_due: bool,
    /// Somebody uses the handle: a request in flight, a reader's, or one of this driver's own.
    pub has_users: bool,
}

/// What to do. Done at `PASSIVE_LEVEL`, outside the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Ask for D0. Answered by [`Power::up_answered`].
    RequestUp,
    /// Ask for a wait/wake IRP.
    Arm,
    /// Cancel the wait/wake IRP.
    Disarm,
    /// Send the idle notification.
    SubmitIdle,
    /// Cancel the idle notification.
    CancelIdle,
}

/// Why an idle notification ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleEnd {
    /// `STATUS_SUCCESS`, `STATUS_CANCELLED`, or another status: the device should be in D0.
    Over,
    /// `STATUS_POWER_STATE_INVALID`: the device was put into D3. It stays there.
    PowerStateInvalid,
    /// `STATUS_NOT_SUPPORTED`: there are no idle notifications.
    NotSupported,
}

impl Power {
    /// Whether the device should be armed for wake.
    #[must_use]
    pub fn wants_wake(&self) -> bool {
        let Settings { system_wake, has_remote_wake, .. } = self.settings;
        let Capabilities { system_wake: deepest, .. } = self.capabilities;
        let is_able = has_remote_wake && self.capabilities.wake_state().is_some() && deepest.is_some();
        is_able && !self.is_wake_refused && (system_wake || self.settings.suspends())
    }

    /// What to do next. The job counts as begun.
    #[must_use]
    pub fn next_job(&mut self, facts: Facts) -> Option<Job> {
        let job = self.job(facts)?;
        match job {
            Job::RequestUp => self.is_up_asked = true,
            Job::Arm => _ = self.wake.ask(),
            Job::SubmitIdle => {
                _ = self.idle.ask();
                self.is_idle_called = false;
            }
            Job::Disarm | Job::CancelIdle => {}
        }
        Some(job)
    }

    /// Whether there is something to do.
    #[must_use]
    pub fn has_job(&self, facts: Facts) -> bool {
        self.job(facts).is_some()
    }

    fn job(&self, facts: Facts) -> Option<Job> {
        if facts.is_gone {
            return self.job_when_gone();
        }
        if self.is_system_asleep {
            // The system IRP for S0 brings the device up; what it needs before that, its own path does.
            return None;
        }
        match self.device {
            Device::Low(_) if !self.is_up_asked && self.should_come_up(facts) => Some(Job::RequestUp),
            Device::Working => self.job_in_d0(facts),
            Device::Low(_) | Device::Leaving(_) | Device::Entering | Device::Failed => None,
        }
    }

    /// Something waits for the device, or it was suspended because it was idle and that is not allowed any more.
    const fn should_come_up(&self, facts: Facts) -> bool {
        facts.has_held || self.is_up_needed || (self.is_idle_called && !self.settings.suspends())
    }

    const fn job_when_gone(&self) -> Option<Job> {
        if self.idle.is_below() {
            Some(Job::CancelIdle)
        } else if self.wake.is_below() {
            Some(Job::Disarm)
        } else {
            None
        }
    }

    fn job_in_d0(&self, facts: Facts) -> Option<Job> {
        let suspends = self.settings.suspends();
        let is_idle = facts.is_started && !facts.is_busy && !facts.has_held;
        // A callback that runs cannot be called back: it suspends the device, which then comes up again.
        if self.idle.is_below() && !self.is_idle_called && !(is_idle && suspends) {
            return Some(Job::CancelIdle);
        }
        if !facts.is_started {
            return None;
        }
        let wants_wake = self.wants_wake();
        if self.wake.is_below() && !wants_wake {
            return Some(Job::Disarm);
        }
        if !self.wake.is_some() && wants_wake {
            return Some(Job::Arm);
        }
        (facts.is_due && self.watches_idleness(facts)).then_some(Job::SubmitIdle)
    }

    /// Whether the device is idle, and will be suspended if it stays so for the delay: only then time is taken.
    #[must_use]
    pub const fn watches_idleness(&self, facts: Facts) -> bool {
        let is_idle = facts.is_started && !facts.is_busy && !facts.has_held;
        let can_come_back = self.wake.is_below() || self.settings.ignores_wake;
        let is_awake = matches!(self.device, Device::Working) && !self.is_system_asleep && !self.is_up_asked;
        let may_suspend = self.settings.suspends() && can_come_back && !self.is_idle_refused;
        is_idle && is_awake && may_suspend && !self.idle.is_some()
    }

    /// D0 is asked for, by policy or because the system or the device woke: nobody asks again meanwhile.
    pub const fn up_asked(&mut self) {
        self.is_up_asked = true;
    }

    /// D0 was asked for, and has come, or could not be asked for.
    pub const fn up_answered(&mut self) {
        self.is_up_asked = false;
    }

    /// D0 is needed and could not be asked for: policy does.
    pub const fn needs_up(&mut self) {
        self.is_up_asked = false;
        self.is_up_needed = true;
    }

    /// The device signalled wake, or need not sleep any longer: a device that is not in D0, or is leaving it, comes up.
    pub const fn woke(&mut self) {
        self.is_up_needed = matches!(self.device, Device::Low(_) | Device::Leaving(_));
    }

    /// D0 could not be asked for: nobody tries again before something needs it.
    pub const fn up_refused(&mut self) {
        self.is_up_asked = false;
        self.is_up_needed = false;
    }

    /// The idle callback runs. True: put the device into [`Self::idle_state`] and wait for that. False: cancel the
    /// notification and return, because a power IRP is not to be had.
    ///
    /// The notification may have been cancelled: the device sleeps all the same, and comes up afterwards.
    #[must_use]
    pub const fn idle_called(&mut self, facts: Facts) -> bool {
        let may_sleep = facts.is_started && !self.is_system_asleep && matches!(self.device, Device::Working);
        self.is_idle_called = may_sleep;
        may_sleep
    }

    /// The state for an idle device: D2, and no other.
    #[must_use]
    pub const fn idle_state(&self) -> DeviceState {
        DeviceState::D2
    }

    /// The idle notification is over, and its IRP is this driver's again.
    pub const fn idle_over(&mut self, end: IdleEnd) {
        self.is_idle_called = false;
        match end {
            IdleEnd::Over => self.woke(),
            IdleEnd::PowerStateInvalid => {}
            IdleEnd::NotSupported => self.is_idle_refused = true,
        }
    }

    /// The lower drivers refused the wait/wake IRP.
    pub const fn wake_refused(&mut self) {
        self.is_wake_refused = true;
    }

    /// A PnP query has come: whether the device must be brought into D0 for what may follow.
    #[must_use]
    pub const fn must_come_up(&self) -> bool {
        !self.is_system_asleep && !matches!(self.device, Device::Working | Device::Failed)
    }
}

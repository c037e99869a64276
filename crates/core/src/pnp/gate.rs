//! What the gate lets through, by state.

use usbclient_protocol::status::{STATUS_DEVICE_NOT_CONNECTED, STATUS_DEVICE_NOT_READY, Status};

use super::{Machine, State};

/// What kind of request wants to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestClass {
    /// `IRP_MJ_CREATE`
    Create,
    /// `IRP_MJ_READ`, `IRP_MJ_WRITE`, `IRP_MJ_DEVICE_CONTROL`
    Io,
    /// `IRP_MJ_CLEANUP`
    Cleanup,
    /// `IRP_MJ_CLOSE`
    Close,
}

/// What the gate answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Admission {
    /// It passes.
    Admit,
    /// It is marked pending and waits until the device goes on or goes away.
    Hold,
    /// It is completed with this status.
    Refuse(Status),
}

impl Machine {
    /// What a request of this class meets now. Asked under the same lock that guards the machine.
    ///
    /// CLEANUP and CLOSE always pass. CREATE needs no hardware, so it passes while the device is stopped; it is
    /// refused while removal is pending
    /// ([page](https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-an-irp-mn-query-remove-device-request)).
    /// I/O is held while stop is pending or done
    /// ([page](https://learn.microsoft.com/windows-hardware/drivers/kernel/holding-incoming-irps-when-a-device-is-paused)).
    #[must_use]
    pub const fn admit(&self, class: RequestClass) -> Admission {
        match class {
            RequestClass::Cleanup | RequestClass::Close => Admission::Admit,
            RequestClass::Create => match self.state() {
                State::Started | State::StopPending | State::Stopped => Admission::Admit,
                State::NotStarted | State::StartFailed | State::RemovePending => {
                    Admission::Refuse(STATUS_DEVICE_NOT_READY)
                }
                State::SurpriseRemoved | State::Removed => Admission::Refuse(STATUS_DEVICE_NOT_CONNECTED),
            },
            RequestClass::Io => match self.state() {
                State::Started => Admission::Admit,
                State::StopPending | State::Stopped => Admission::Hold,
                State::NotStarted | State::StartFailed => Admission::Refuse(STATUS_DEVICE_NOT_READY),
                State::SurpriseRemoved | State::Removed => Admission::Refuse(STATUS_DEVICE_NOT_CONNECTED),
                // Everything but CREATE goes on as before the query.
                State::RemovePending => match self.previous() {
                    State::Started => Admission::Admit,
                    _ => Admission::Refuse(STATUS_DEVICE_NOT_READY),
                },
            },
        }
    }

    /// The status with which a request in flight ends, whatever the lower driver said, once the device is gone.
    /// `None`: the lower driver's status stands.
    #[must_use]
    pub const fn overriding_status(&self) -> Option<Status> {
        match self.state() {
            State::SurpriseRemoved | State::Removed => Some(STATUS_DEVICE_NOT_CONNECTED),
            _ => None,
        }
    }
}

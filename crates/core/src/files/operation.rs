//! What each request counts as, for `DROP_PRIVILEGES`.

use usbclient_protocol::{PolicyGet, PolicySet, control_code::Name, operation, policy};

/// One bit of [`usbclient_protocol::operation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// [`operation::READ`]
    Read,
    /// [`operation::WRITE`]
    Write,
    /// [`operation::CONTROL`]
    Control,
    /// [`operation::PIPES`]
    Pipes,
    /// [`operation::CLAIM`]
    Claim,
    /// [`operation::CONFIGURE`]
    Configure,
    /// [`operation::RESET`]
    Reset,
    /// [`operation::POWER`]
    Power,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 8] = [
        Self::Read,
        Self::Write,
        Self::Control,
        Self::Pipes,
        Self::Claim,
        Self::Configure,
        Self::Reset,
        Self::Power,
    ];

    /// Its bit.
    #[must_use]
    pub const fn bit(self) -> u32 {
        match self {
            Self::Read => operation::READ,
            Self::Write => operation::WRITE,
            Self::Control => operation::CONTROL,
            Self::Pipes => operation::PIPES,
            Self::Claim => operation::CLAIM,
            Self::Configure => operation::CONFIGURE,
            Self::Reset => operation::RESET,
            Self::Power => operation::POWER,
        }
    }
}

/// What a file needs for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// Nothing: it tells what the driver knows, or only takes away.
    Nothing,
    /// This operation.
    One(Operation),
}

/// What the request counts as. `input` is looked at for policies only: some are the pipes', some the device's.
pub(super) fn need(code: Name, input: &[u8]) -> Need {
    match code {
        Name::GET_DEVICE_DESCRIPTOR
        | Name::GET_CONFIGURATION_DESCRIPTOR
        | Name::GET_PIPES
        | Name::GET_INTERFACES
        | Name::GET_DEVICE_INFO
        | Name::GET_FRAME_NUMBER
        | Name::CLOSE_HANDLE
        | Name::DROP_PRIVILEGES => Need::Nothing,
        Name::GET_DESCRIPTOR | Name::CONTROL_IN | Name::CONTROL_OUT => Need::One(Operation::Control),
        Name::PIPE_READ
        | Name::ISOCH_READ
        | Name::START_READER
        | Name::STOP_READER
        | Name::GET_READER_STATE => Need::One(Operation::Read),
        Name::PIPE_WRITE | Name::ISOCH_WRITE => Need::One(Operation::Write),
        Name::ABORT_PIPE | Name::RESET_PIPE | Name::FLUSH_PIPE => Need::One(Operation::Pipes),
        Name::SET_POLICY => of_policy(PolicySet::decode(input).map(|input| input.policy)),
        Name::GET_POLICY => of_policy(PolicyGet::decode(input).map(|input| input.policy)),
        Name::CLAIM_INTERFACE | Name::OPEN_PIPE => Need::One(Operation::Claim),
        Name::OPEN_STREAMS | Name::CLOSE_STREAMS | Name::SELECT_CONFIGURATION | Name::SELECT_INTERFACE => {
            Need::One(Operation::Configure)
        }
        Name::RESET_PORT | Name::CYCLE_PORT => Need::One(Operation::Reset),
    }
}

/// A policy that is not known counts as a pipe's: it is refused later.
const fn of_policy(number: Option<u32>) -> Need {
    match number {
        Some(policy::AUTO_SUSPEND | policy::SUSPEND_DELAY) => Need::One(Operation::Power),
        _ => Need::One(Operation::Pipes),
    }
}

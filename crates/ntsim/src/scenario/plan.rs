//! What the larger steps of a script say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Expected, Step};
use crate::{
    kernel::io::wmi::{Asked, CheckBox},
    usb,
};

/// The name of a device that a script does not name otherwise.
pub const DEVICE: &str = "device";

fn device() -> String {
    DEVICE.into()
}

const fn yes() -> bool {
    true
}

/// Plugs a device in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plug {
    /// The name that the script gives it.
    #[serde(default = "device")]
    pub device: String,
    /// The model, one of `usb_models::registry::names`.
    pub model: String,
    /// The device instance: a device with the same one is the same device for the PnP manager. Without it,
    /// the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Which USB stack is below.
    #[serde(default)]
    pub face: Face,
    /// When the USB stack completes what it could complete at once.
    #[serde(default)]
    pub completion: Completion,
    /// The device is one function of a composite device: `bInterfaceNumber` of its first interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<u8>,
    /// Whether a filter is above the driver.
    #[serde(default)]
    pub filter: bool,
    /// Numbers in the device's hardware key beside those of an INF file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, u32>,
    /// Whether the PnP manager starts the device once its stack is built.
    #[serde(default = "yes")]
    pub start: bool,
    /// How it must end: the status of the first thing that failed.
    #[serde(default)]
    pub expect: Expected,
}

impl Plug {
    /// A device of this model that must start.
    #[must_use]
    pub fn new(device: &str, model: &str) -> Self {
        Self {
            device: device.into(),
            model: model.into(),
            instance: None,
            face: Face::default(),
            completion: Completion::default(),
            function: None,
            filter: false,
            values: BTreeMap::new(),
            start: true,
            expect: Expected::success(),
        }
    }
}

/// Which USB stack is below the driver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Face {
    /// The USB 3 stack, which knows contract version 0x602.
    #[default]
    Usb3,
    /// The older one, which answers the registration with `STATUS_NOT_IMPLEMENTED`.
    Usb2,
}

impl From<Face> for usb::Face {
    fn from(face: Face) -> Self {
        match face {
            Face::Usb3 => Self::Usb3,
            Face::Usb2 => Self::Usb2,
        }
    }
}

/// When the USB stack completes a request: the choices of [`usb::Completion`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Completion {
    /// At `DISPATCH_LEVEL`, in a deferred procedure call.
    #[default]
    Dispatch,
    /// At `PASSIVE_LEVEL`, in another thread.
    Passive,
    /// Within `IoCallDriver`, where the request allows it.
    Inline,
    /// Within `IoCallDriver`, which returns `STATUS_PENDING` all the same.
    InlinePending,
    /// In a deferred procedure call before `IoCallDriver` returns.
    Racing,
    /// Transfers: not before they are cancelled.
    Never,
}

impl From<Completion> for usb::Completion {
    fn from(completion: Completion) -> Self {
        match completion {
            Completion::Dispatch => Self::Dispatch,
            Completion::Passive => Self::Passive,
            Completion::Inline => Self::Inline,
            Completion::InlinePending => Self::InlinePending,
            Completion::Racing => Self::Racing,
            Completion::Never => Self::Never,
        }
    }
}

/// Opens a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The device.
    #[serde(default = "device")]
    pub device: String,
    /// The name that the script gives the handle.
    pub file: String,
    /// The process that opens it.
    #[serde(default)]
    pub process: String,
    /// What follows the name of the device interface in the path.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Asks for read access.
    #[serde(default = "yes")]
    pub read: bool,
    /// Asks for write access.
    #[serde(default = "yes")]
    pub write: bool,
    /// How it must end.
    #[serde(default)]
    pub expect: Expected,
}

impl Open {
    /// Opens a device for reading and writing, which must succeed.
    #[must_use]
    pub fn new(device: &str, file: &str) -> Self {
        Self {
            device: device.into(),
            file: file.into(),
            process: String::new(),
            path: String::new(),
            read: true,
            write: true,
            expect: Expected::success(),
        }
    }
}

/// Sends bytes through a device that gives back what it gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loopback {
    /// The open file.
    pub file: String,
    /// How many bytes in all.
    pub bytes: u64,
    /// How many in one request, a multiple of 8 and of the packet size.
    pub chunk: u32,
    /// How many requests of each direction are in flight.
    pub depth: u32,
    /// What the generator of the bytes starts from.
    pub seed: u64,
    /// The bulk OUT endpoint.
    pub out_endpoint: u8,
    /// The bulk IN endpoint.
    pub in_endpoint: u8,
}

/// What the PnP manager can be made to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PnpOperation {
    /// The user removes the device in an orderly way: query, then remove.
    OrderlyRemove,
    /// The user disables the device: the same, and the device stays.
    Disable,
    /// The user enables it again, or it is enumerated anew.
    Enable,
    /// Resources are balanced: `QUERY_STOP`, `STOP`, `START`.
    Rebalance,
    /// The same, and the filter above fails `START` on the way up: `SURPRISE_REMOVAL`, `REMOVE` follow.
    RebalanceFailRestart,
    /// Resources are balanced, but there are none: `QUERY_STOP`, `CANCEL_STOP`.
    CancelStop,
    /// `QUERY_REMOVE`, then somebody refuses: `CANCEL_REMOVE`.
    CancelRemove,
    /// The first half of a rebalance.
    QueryStop,
    /// The second half.
    Stop,
    /// Starts a device that has been stopped, or whose stack has only been built.
    Start,
    /// Only `QUERY_REMOVE`; refused with `CANCEL_REMOVE` when a handle is open.
    QueryRemove,
    /// Only `CANCEL_REMOVE`, also when nothing was asked.
    SpuriousCancelRemove,
    /// Only `CANCEL_STOP`, also when nothing was asked.
    SpuriousCancelStop,
    /// Only `REMOVE`, at once, whatever is open.
    Remove,
    /// `SURPRISE_REMOVAL` and what follows, for another reason than a pulled device.
    SurpriseRemoval,
    /// `QUERY_CAPABILITIES`
    QueryCapabilities,
    /// `QUERY_PNP_DEVICE_STATE`
    QueryPnpDeviceState,
    /// `QUERY_DEVICE_RELATIONS` for the bus relations.
    QueryBusRelations,
    /// `DEVICE_USAGE_NOTIFICATION`
    UsageNotification {
        /// Into the path, or out of it.
        in_path: bool,
    },
    /// A PnP IRP with a minor code of one's choice and zeros as parameters.
    Minor {
        /// `IRP_MN_*`
        minor: u8,
    },
    /// A `WMI` request, which no driver of the stack provides.
    SystemControl {
        /// `IRP_MN_*`
        minor: u8,
    },
    /// A power check box of Device Manager, by `WMI`.
    CheckBox {
        /// Which.
        of: CheckBox,
        /// What is done with it.
        asked: Asked,
    },
    /// `IRP_MN_SET_POWER` or `IRP_MN_QUERY_POWER` for a device state.
    DevicePower {
        /// `DEVICE_POWER_STATE`
        state: u32,
        /// Asks only.
        query: bool,
    },
}

/// What happens to the power of the system or of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PowerOperation {
    /// The system goes to sleep. Refused: it stays in S0.
    Sleep {
        /// The state.
        state: crate::power::Sleep,
        /// Nobody is asked, as when a battery ends.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        critical: bool,
    },
    /// The user wakes the system.
    Wake,
    /// A device signals wake. Nobody hears it if nothing is armed: `STATUS_UNSUCCESSFUL`.
    DeviceWakes {
        /// The device.
        device: String,
    },
    /// The system is shut down. The script ends with this.
    ShutDown {
        /// It would start again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        restart: bool,
    },
}

impl PowerOperation {
    /// In a few words.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Sleep { state, critical: false } => format!("the system goes to {state:?}"),
            Self::Sleep { state, critical: true } => format!("the system must go to {state:?}"),
            Self::Wake => "the system wakes".into(),
            Self::DeviceWakes { device } => format!("{device} signals wake"),
            Self::ShutDown { restart: false } => "the system is shut down".into(),
            Self::ShutDown { restart: true } => "the system is restarted".into(),
        }
    }
}

/// Things that happen at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Race {
    /// What each thread does.
    pub branches: Vec<Branch>,
}

/// One thread of a race.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// What it does.
    pub steps: Vec<Step>,
    /// Begins only when every other thread waits for something, is done, or is held. Is not held itself then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub begins_last: bool,
    /// Where it stops until nobody else can run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
}

impl Branch {
    /// A thread that does this.
    #[must_use]
    pub const fn new(steps: Vec<Step>) -> Self {
        Self { steps, begins_last: false, hold: None }
    }

    /// A thread that does this when the others are held or can do no more.
    #[must_use]
    pub const fn last(steps: Vec<Step>) -> Self {
        Self { steps, begins_last: true, hold: None }
    }

    /// A thread that does this, and stops on entry of its first call of a routine.
    #[must_use]
    pub fn held_at(routine: &str, steps: Vec<Step>) -> Self {
        Self::held_at_call(1, routine, steps)
    }

    /// A thread that does this, and stops on entry of its call number `nth` of a routine, from 1.
    #[must_use]
    pub fn held_at_call(nth: u32, routine: &str, steps: Vec<Step>) -> Self {
        Self { steps, begins_last: false, hold: Some(Hold { routine: routine.into(), nth }) }
    }
}

/// A named schedule: a thread stops on entry of a kernel routine until every other thread waits for something
/// or is done. If the thread queues a work item first, the work item is what stops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The routine's documented name; `*` is any.
    pub routine: String,
    /// Which call of it in this thread, from 1.
    pub nth: u32,
}

/// Something that must be so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expectation {
    /// The PnP manager gets the device into this state; it is waited for.
    State {
        /// The device.
        device: String,
        /// The state.
        state: crate::pnp::NodeState,
    },
    /// A device interface of the device can be found by user mode.
    Interface {
        /// The device.
        device: String,
        /// Can it?
        arrived: bool,
    },
    /// The device gets into this state, or is in it; it is waited for.
    PowerState {
        /// The device.
        device: String,
        /// Its `DEVICE_POWER_STATE`: 1 is D0.
        state: u32,
    },
    /// No power request is under way, but for those that wait for wake; it is waited for.
    PowerQuiet,
    /// The driver has called a routine this often since the script began.
    Calls {
        /// The routine's documented name.
        routine: String,
        /// How often.
        count: u64,
    },
    /// `AddDevice` was called this often since the script began.
    AddDevices {
        /// How often.
        count: u64,
    },
}

impl Expectation {
    /// What is expected, in a few words.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::State { device, state } => format!("{device} gets {state:?}"),
            Self::Interface { device, arrived: true } => format!("{device} has an interface"),
            Self::Interface { device, arrived: false } => format!("{device} has no interface"),
            Self::PowerState { device, state } => {
                format!("{device} gets into {}", nt_trace::names::device_state(*state))
            }
            Self::PowerQuiet => "no power request is under way".into(),
            Self::Calls { routine, count } => format!("{count} calls of {routine}"),
            Self::AddDevices { count } => format!("{count} calls of AddDevice"),
        }
    }
}

//! What the stack knows about one plugged device.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

use usb_models::{DeviceModel, TransferId};

use super::{Options, idle::Idle, pipe::Pipe, status::Outcome, transfer::Transfer};
use crate::{abi::power::POWER_DEVICE_D0, mem::Addr, sched::Time, stop::Stop};

/// One plugged device.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Device {
    pub model: Box<dyn DeviceModel>,
    pub options: Options,
    /// The port that it is on, from 1.
    pub port: u32,
    /// It was unplugged.
    pub gone: bool,
    /// The bus has told the PnP manager that it is gone: its device object goes with the next `REMOVE`.
    pub missing: bool,
    /// What is selected, if anything.
    pub configuration: Option<Configuration>,
    /// Open pipes by handle.
    pub pipes: BTreeMap<Addr, Pipe>,
    /// URBs of the driver that the stack holds.
    pub transfers: BTreeMap<TransferId, Transfer>,
    /// URBs that are done and wait for the thread that completes them.
    pub finished: VecDeque<(TransferId, Outcome)>,
    /// When the model is polled next.
    pub poll_at: Option<Time>,
    /// A thread that completes URBs is on its way or runs.
    pub completing: bool,
    /// An MDL that is freed: what the stack leaves in URBs that it made an MDL for. NULL before the first.
    pub stale_mdl: Addr,
    /// Its `DEVICE_POWER_STATE`.
    pub power: u32,
    /// It has been without power since.
    pub lost_power: bool,
    /// The wait/wake IRP that the stack holds.
    pub wait_wake: Option<Addr>,
    /// The idle notification that the stack holds.
    pub idle: Option<Idle>,
    /// Why the machine cannot go on, found where nobody could be told.
    pub failure: Option<Stop>,
}

/// The selected configuration.
#[derive(Clone, Debug)]
pub(super) struct Configuration {
    /// `bConfigurationValue`
    pub value: u8,
    /// The handle that the driver got.
    pub handle: Addr,
    /// The alternate settings by interface number.
    pub settings: BTreeMap<u8, u8>,
}

impl Device {
    /// Whether a transfer goes over the bus in frames of its own.
    pub fn is_isochronous(&self, id: TransferId) -> bool {
        self.transfers.get(&id).is_some_and(|transfer| transfer.job.isochronous.is_some())
    }

    pub fn new(model: Box<dyn DeviceModel>, options: Options, port: u32) -> Self {
        Self {
            model,
            options,
            port,
            gone: false,
            missing: false,
            configuration: None,
            pipes: BTreeMap::new(),
            transfers: BTreeMap::new(),
            finished: VecDeque::new(),
            poll_at: None,
            completing: false,
            stale_mdl: Addr::NULL,
            power: POWER_DEVICE_D0,
            lost_power: false,
            wait_wake: None,
            idle: None,
            failure: None,
        }
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("options", &self.options)
            .field("gone", &self.gone)
            .field("transfers", &self.transfers)
            .finish_non_exhaustive()
    }
}

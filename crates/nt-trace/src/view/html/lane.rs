//! Who takes part in a sequence: one lane each, from user mode down to the device.

use crate::event::{Actor, Event, EventKind, IrpOrigin};
use crate::map::ObjectMap;
use crate::object::ObjectId;

/// A lane of a diagram, in the order from top to bottom of a device stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Threads of user mode.
    User,
    /// The I/O, PnP and power manager.
    System,
    /// A filter above the driver.
    Filter,
    /// The driver.
    Driver,
    /// The drivers below it.
    Below,
    /// The device.
    Device,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::User, Self::System, Self::Filter, Self::Driver, Self::Below, Self::Device];

    /// Its heading.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user threads",
            Self::System => "I/O manager",
            Self::Filter => "filter above",
            Self::Driver => "driver",
            Self::Below => "USB stack",
            Self::Device => "device",
        }
    }

    /// The lane of somebody who acts.
    #[must_use]
    pub const fn of(actor: Actor) -> Self {
        match actor {
            Actor::System => Self::System,
            Actor::Driver => Self::Driver,
            Actor::Below => Self::Below,
            Actor::Above => Self::Filter,
        }
    }
}

/// Which lane a device object and an IRP's maker are in.
#[derive(Clone, Debug, Default)]
pub struct Cast {
    devices: ObjectMap<Lane>,
    makers: ObjectMap<Lane>,
    tops: ObjectMap<Lane>,
}

impl Cast {
    /// Learns it from a whole trace.
    #[must_use]
    pub fn of(events: &[Event]) -> Self {
        let mut cast = Self::default();
        for event in events {
            match &event.kind {
                EventKind::DeviceCreated(made) => {
                    cast.devices.insert(made.device, Lane::of(made.by));
                }
                EventKind::IrpCreated(made) => {
                    cast.makers.insert(made.irp, maker(made.origin));
                }
                EventKind::IrpSent(sent) => {
                    let top = cast.device(sent.to);
                    cast.tops.entry(sent.irp).or_insert(top);
                }
                _ => {}
            }
        }
        cast
    }

    /// The lane of a device object. One that nobody was seen to make is the bus driver's.
    #[must_use]
    pub fn device(&self, device: ObjectId) -> Lane {
        self.devices.get(&device).copied().unwrap_or(Lane::Below)
    }

    /// The lane of whoever got an IRP first.
    #[must_use]
    pub fn top(&self, irp: ObjectId) -> Lane {
        self.tops.get(&irp).copied().unwrap_or(Lane::Driver)
    }

    /// The lane of whoever made an IRP.
    #[must_use]
    pub fn maker(&self, irp: ObjectId) -> Lane {
        self.makers.get(&irp).copied().unwrap_or(Lane::System)
    }
}

const fn maker(origin: IrpOrigin) -> Lane {
    match origin {
        IrpOrigin::IoManager => Lane::User,
        IrpOrigin::Allocated
        | IrpOrigin::BuiltDeviceControl
        | IrpOrigin::BuiltAsynchronous
        | IrpOrigin::BuiltSynchronous => Lane::Driver,
        _ => Lane::System,
    }
}

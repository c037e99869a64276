//! Whether a transfer costs more when there is more of something else.

use std::path::Path;

use serde::{Deserialize, Serialize};
use usb_models::models::loopback;

use super::{
    Cost, FILE, Look,
    cases::{self, Case},
    open, play, plug,
};
use crate::{
    machine::{Choices, Machine, Options},
    mem::Mode,
    scenario::{DEVICE, Ioctl, Step},
};

/// Instructions and kernel calls of a 4 KiB bulk transfer while other things are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Of what there are many.
    pub many: String,
    /// How many.
    pub count: u32,
    /// Instructions of the driver.
    pub instructions: u64,
    /// Kernel calls of the driver.
    pub calls: u64,
}

/// Of what there may be many, and how many of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    /// Devices of the driver.
    Devices,
    /// Pipes of the device.
    Pipes,
    /// Open files of the device.
    Files,
    /// Requests of the device that are in flight.
    Requests,
}

impl Many {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Devices, Self::Pipes, Self::Files, Self::Requests];

    const fn name(self) -> &'static str {
        match self {
            Self::Devices => "devices",
            Self::Pipes => "pipes",
            Self::Files => "open files",
            Self::Requests => "requests in flight",
        }
    }

    /// How many of it the cost is measured with.
    const fn counts(self) -> &'static [u32] {
        match self {
            Self::Devices | Self::Files => &[1, 10, 100, 1000],
            // A device has 30 at most.
            Self::Pipes => &[3, 30],
            Self::Requests => &[1, 10, 100, 1000, 10_000],
        }
    }

    fn model(self, count: u32) -> &'static str {
        if self == Self::Pipes && count > 3 { "loopback-30" } else { "loopback-hs" }
    }

    /// What makes it many.
    fn crowd(self, count: u32) -> Vec<Step> {
        let others = 1..count;
        match self {
            Self::Devices => others.map(|index| plug(&format!("device {index}"), "loopback-hs")).collect(),
            Self::Pipes => Vec::new(),
            Self::Files => others.map(|index| open(&format!("file {index}"))).collect(),
            Self::Requests => (0..count)
                .map(|index| Step::Submit {
                    request: format!("request {index}"),
                    ioctl: Ioctl::read(FILE, loopback::INTERRUPT_IN, 64),
                })
                .collect(),
        }
    }
}

/// How the cost of a transfer depends on what else there is, up to `most` of it.
///
/// # Errors
/// The driver cannot be loaded or started.
pub fn growth(driver: &Path, many: &[Many], most: u32) -> Result<Vec<Point>, String> {
    let options = Options { memory: Mode::Packed, ..Options::default() };
    let mut machine = Machine::load(driver, options).map_err(|error| error.to_string())?;
    let mut points = Vec::new();
    for &many in many {
        for &count in many.counts().iter().filter(|count| **count <= most) {
            let case = Case { first: many.crowd(count), ..cases::plain(many.model(count)) };
            machine.next_life(Choices::InTurn).map_err(|stop| stop.to_string())?;
            let Cost { instructions, calls, .. } = play(&mut machine, case, Look::Instructions)??;
            points.push(Point { many: many.name().into(), count, instructions, calls });
        }
    }
    Ok(points)
}

/// The device, and what each life begins with.
pub(super) fn prelude(model: &str) -> [Step; 2] {
    [plug(DEVICE, model), open(FILE)]
}

//! Scenarios: what is done to a driver and a device, as data.
//!
//! A [`Scenario`] is a list of [`Step`]s that can be written down as JSON. A [`Stage`] can play it: the
//! simulated kernel has one ([`SimStage`]). [`library`] holds the ones that come with the simulator.
//!
//! ```
//! let script = r#"{
//!     "name": "open_and_close",
//!     "about": "a device is plugged in, opened, asked for its descriptor, and pulled",
//!     "steps": [
//!         { "Plug": { "model": "loopback-hs", "expect": { "status": ["STATUS_SUCCESS"] } } },
//!         { "Open": { "file": "file" } },
//!         { "Ioctl": { "file": "file", "code": "GET_DEVICE_DESCRIPTOR", "output": { "zero": 18 },
//!                      "expect": { "status": ["STATUS_SUCCESS"], "information": 18, "output": "1201" } } },
//!         { "Close": { "file": "file" } },
//!         { "Unplug": { "device": "device" } },
//!         "Unload"
//!     ]
//! }"#;
//! let scenario: ntsim::scenario::Scenario = serde_json::from_str(script)?;
//! assert_eq!(scenario.steps.len(), 6);
//! # Ok::<(), serde_json::Error>(())
//! ```

mod bytes;
pub mod library;
mod loopback;
mod plan;
mod request;
mod stage;
mod step;
mod tolerance;

use serde::{Deserialize, Serialize};

pub use bytes::{Bytes, Hex, fill};
pub use plan::{
    Branch, Completion, DEVICE, Expectation, Face, Hold, Loopback, Open, Plug, PnpOperation, PowerOperation,
    Race,
};
pub use request::{Code, Expected, Ioctl, Isoch};
pub use stage::SimStage;
pub use step::{Knob, Poke, Step};
pub use tolerance::{Tolerance, clean_up, try_out};

use crate::stop::Stop;

/// A script with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// Its name: lower case, words joined by underscores.
    pub name: String,
    /// What it is about, in a line.
    pub about: String,
    /// What happens, in order. The driver is loaded already.
    pub steps: Vec<Step>,
}

impl Scenario {
    /// The same on other devices: `change` gets every device that is plugged in.
    #[must_use]
    pub fn with_devices(mut self, change: impl Fn(&mut Plug)) -> Self {
        each_plug(&mut self.steps, &change);
        self
    }
}

fn each_plug(steps: &mut [Step], change: &impl Fn(&mut Plug)) {
    for step in steps {
        match step {
            Step::Plug(plug) => change(plug),
            Step::Try { step } => each_plug(std::slice::from_mut(&mut **step), change),
            Step::Race(race) => {
                race.branches.iter_mut().for_each(|branch| each_plug(&mut branch.steps, change));
            }
            _ => {}
        }
    }
}

/// Something that can play a script.
pub trait Stage {
    /// Does one step and looks whether it went as the step says.
    ///
    /// # Errors
    /// [`Stop::Script`] when it went otherwise; anything else when the machine stops.
    fn perform(&self, step: &Step) -> impl Future<Output = Result<(), Stop>>;
}

/// Plays steps in order.
///
/// # Errors
/// The first that went wrong.
pub async fn play<S: Stage>(stage: &S, steps: &[Step]) -> Result<(), Stop> {
    for step in steps {
        stage.perform(step).await?;
    }
    Ok(())
}

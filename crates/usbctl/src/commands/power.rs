//! `usbctl power`: whether the device is suspended when it is idle, and when.

use std::time::Duration;

use serde::Serialize;
use usbclient_user::Device;

use crate::{
    cli::{Power, Switch},
    failure::Failure,
    interrupt,
    output::{self, units},
    session::Session,
};

/// What is set, as `--json` writes it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct State {
    can_be_suspended: bool,
    auto_suspend: bool,
    suspend_delay_ms: u128,
    control_timeout_ms: Option<u128>,
}

/// Shows the policies, after changing them.
pub fn run(session: &Session, options: &Power) -> Result<(), Failure> {
    let device = session.select(options.device.as_ref())?;
    if let Some(delay) = options.delay {
        if delay < Duration::from_millis(1) || delay.as_millis() > u128::from(u32::MAX) {
            return Err(Failure::usage("the delay is whole milliseconds, at least one"));
        }
        interrupt::wait(device.policies().set_suspend_delay(delay))?;
    }
    if let Some(switch) = options.auto_suspend {
        interrupt::wait(device.policies().set_auto_suspend(switch == Switch::On))?;
    }
    let state = State::of(&device)?;
    if session.output.is_json() {
        return Ok(output::json(&state)?);
    }
    for (name, value) in state.lines() {
        output::line(&format!("{name:<20}  {value}"))?;
    }
    Ok(())
}

impl State {
    /// Asks the driver.
    pub fn of(device: &Device) -> Result<Self, Failure> {
        let policies = device.policies();
        Ok(Self {
            can_be_suspended: interrupt::wait(device.properties())?.can_be_suspended(),
            auto_suspend: interrupt::wait(policies.auto_suspend())?,
            suspend_delay_ms: interrupt::wait(policies.suspend_delay())?.as_millis(),
            control_timeout_ms: interrupt::wait(policies.control_timeout())?
                .map(|timeout| timeout.as_millis()),
        })
    }

    /// For people.
    pub fn lines(&self) -> [(&'static str, String); 4] {
        let time = |ms: u128| units::setting(Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX)));
        let yes = |is_true: bool, yes: &str, no: &str| if is_true { yes } else { no }.to_owned();
        [
            (
                "can be suspended",
                yes(self.can_be_suspended, "yes", "no: the USB driver stack does not offer it"),
            ),
            ("suspended when idle", yes(self.auto_suspend, "on", "off")),
            ("idle for", time(self.suspend_delay_ms)),
            ("control timeout", self.control_timeout_ms.map_or_else(|| "never".to_owned(), time)),
        ]
    }
}

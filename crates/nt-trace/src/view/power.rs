//! Events of power in words.

use crate::event::EventKind;
use crate::names::{self, device_state, power_state, system_state};

/// An event of power, if it is one.
pub fn power(kind: &EventKind) -> Option<String> {
    Some(match kind {
        EventKind::PowerIrpCreated(made) => {
            let request = names::request(names::mj::POWER, made.minor);
            let who = if made.requested { ", the driver asked for it" } else { "" };
            let system = made.system || made.minor == names::power::WAIT_WAKE;
            format!("{request} {} for {}{who}", power_state(system, made.state), made.pdo)
        }
        EventKind::PowerIrpRequested(asked) => {
            let request = names::request(names::mj::POWER, asked.minor);
            format!("{request} asked for: {}", asked.status)
        }
        EventKind::PowerIrpCompleted(done) => format!("every driver is done with it: {}", done.status),
        EventKind::PowerCallbackReturned(back) => format!("the callback of {} has returned", back.irp),
        EventKind::PowerStateSet(set) => {
            format!("{} is now in {}", set.device, power_state(set.system, set.state))
        }
        EventKind::SystemPowerChanged(change) => {
            let paging = if change.paging { "" } else { ", page faults can not be served" };
            format!("the system is in {}{paging}", system_state(change.state))
        }
        EventKind::DevicePowerChanged(change) => {
            let armed = if change.armed { ", armed for wake" } else { "" };
            format!(
                "{} goes from {} to {}{armed}",
                change.pdo,
                device_state(change.from),
                device_state(change.to)
            )
        }
        EventKind::WakeSignalled(wake) => {
            let armed = if wake.armed { "" } else { ", for which it is not armed" };
            format!("{} signals wake{armed}", wake.pdo)
        }
        EventKind::RequestOutsideD0(request) => {
            format!("{} comes for a device in {}", request.irp, device_state(request.state))
        }
        EventKind::IdleSubmitted(idle) => format!("idle notification {}: {}", idle.irp, idle.status),
        EventKind::IdleCallbackReturned(idle) => {
            format!("the idle callback has returned, the device is in {}", device_state(idle.state))
        }
        _ => return None,
    })
}

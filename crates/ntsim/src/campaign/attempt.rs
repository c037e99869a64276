//! Steps of made-up scripts: each is done as far as it can be done when its turn comes, and ends however it likes.

use crate::scenario::{Expected, Ioctl, Open, Plug, PnpOperation, Poke, Step};

/// A step that need not be possible.
pub(super) fn attempt(step: Step) -> Step {
    Step::Try { step: Box::new(step) }
}

/// Plugs a device in, which may fail.
pub(super) fn plug(device: &str, model: &str) -> Step {
    Step::Plug(Plug { expect: Expected::anything(), ..Plug::new(device, model) })
}

/// Opens a device, if it can be opened.
pub(super) fn open(device: &str, file: &str) -> Step {
    attempt(Step::Open(Open { expect: Expected::anything(), ..Open::new(device, file) }))
}

/// Closes a handle, if it is open.
pub(super) fn close(file: &str) -> Step {
    attempt(Step::Close { file: file.into() })
}

/// Starts a request, if its handle is open.
pub(super) fn submit(request: &str, ioctl: Ioctl) -> Step {
    attempt(Step::Submit { request: request.into(), ioctl })
}

/// Cancels a request and waits for its end. A request that nobody ends then waits for ever.
pub(super) fn end(request: &str) -> [Step; 2] {
    let wait = Step::Wait { request: request.into(), expect: Expected::anything() };
    [attempt(Step::Cancel { request: request.into() }), attempt(wait)]
}

/// Pulls a device, if it is there.
pub(super) fn unplug(device: &str) -> Step {
    attempt(Step::Unplug { device: device.into() })
}

/// Does something to a device.
pub(super) fn poke(device: &str, poke: Poke) -> Step {
    attempt(Step::Poke { device: device.into(), poke })
}

/// The PnP manager does something, if the device is in a state for it.
pub(super) fn pnp(device: &str, operation: PnpOperation) -> Step {
    attempt(Step::Pnp { device: device.into(), operation, expect: Expected::anything() })
}

/// Lets this many microseconds pass.
pub(super) const fn sleep(microseconds: u64) -> Step {
    Step::Sleep { microseconds }
}

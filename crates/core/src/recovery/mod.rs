//! What takes a device or a part of it out of use for a while: resetting pipes and the port, selecting settings and
//! configurations.
//!
//! One of these runs at a time per device, at `PASSIVE_LEVEL`, in the device's work item
//! ([page](https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-recover-from-usb-pipe-errors): only one
//! recovery at a time, and no reset of a pipe beside it). Each begins alike: new requests of the part are held, those in
//! flight are cancelled and waited for ([`Quiet`]). Each ends alike: what was held goes on. Every wait is bounded, and
//! after each the state of the device is looked at, because it may be gone.

mod cycle_port;
mod reset_pipe;
mod reset_port;
mod select_configuration;
mod select_interface;
mod tasks;

use usbclient_protocol::status::{STATUS_IO_TIMEOUT, Status};

pub use self::{
    cycle_port::prepare_cycle,
    reset_pipe::{PipeCalls, reset_pipe},
    reset_port::{PortCalls, reset_port},
    select_configuration::{ConfigurationCalls, select_configuration},
    select_interface::{Setting, SettingCalls, select_interface},
    tasks::{Task, Tasks},
};
use crate::dispatch::IrpCalls;

/// The part of a device that a recovery takes out of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everything, the default pipe too.
    Device,
    /// The pipes of the interface with this number.
    Interface(u8),
    /// The pipe of the endpoint with this address.
    Pipe(u8),
}

/// How a part of a device is made quiet. At `PASSIVE_LEVEL`, outside every lock.
pub trait QuietCalls: IrpCalls {
    /// From its return on, requests for this part are held: under the device's
    /// [spin lock](https://learn.microsoft.com/windows-hardware/drivers/kernel/introduction-to-spin-locks).
    fn hold(device: Self::Device, scope: Scope, passive: &mut Self::Passive);

    /// Calls [`IoCancelIrp`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iocancelirp) on what is
    /// in flight for this part. Does not wait.
    fn cancel(device: Self::Device, scope: Scope, passive: &mut Self::Passive);

    /// Waits until nothing is in flight for this part, for a bounded time
    /// ([`KeWaitForSingleObject`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kewaitforsingleobject)).
    /// False: something still is, or the device went away meanwhile.
    fn wait_until_quiet(device: Self::Device, scope: Scope, passive: &mut Self::Passive) -> bool;

    /// Whether the device is still there for its driver.
    ///
    /// # Errors
    /// `STATUS_DEVICE_NOT_CONNECTED` from surprise removal on.
    fn still_there(device: Self::Device, passive: &mut Self::Passive) -> Result<(), Status>;

    /// Undoes [`hold`](Self::hold), and sends what was held.
    fn resume(device: Self::Device, scope: Scope, passive: &mut Self::Passive);
}

/// The proof that nothing of a part of the device is in flight, and that nothing new passes. Only this module makes one.
#[must_use = "what is held must be let go on"]
#[derive(Debug)]
pub struct Quiet {
    scope: Scope,
}

impl Quiet {
    /// What is quiet.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }
}

/// Makes a part of the device quiet. On failure everything is as before, but for requests that were cancelled.
///
/// # Errors
/// `STATUS_DEVICE_NOT_CONNECTED`: the device went away. `STATUS_IO_TIMEOUT`: requests did not come back in time.
fn quieten<C: QuietCalls>(
    device: C::Device,
    scope: Scope,
    passive: &mut C::Passive,
) -> Result<Quiet, Status> {
    C::hold(device, scope, passive);
    C::cancel(device, scope, passive);
    let is_quiet = C::wait_until_quiet(device, scope, passive);
    let result = C::still_there(device, passive);
    let result = match result {
        Ok(()) if is_quiet => return Ok(Quiet { scope }),
        Ok(()) => Err(STATUS_IO_TIMEOUT),
        Err(status) => Err(status),
    };
    C::resume(device, scope, passive);
    result
}

/// Does `body` while a part of the device is quiet. It goes on afterwards, however that ended.
fn while_quiet<C: QuietCalls, T>(
    device: C::Device,
    scope: Scope,
    passive: &mut C::Passive,
    body: impl FnOnce(&Quiet, &mut C::Passive) -> Result<T, Status>,
) -> Result<T, Status> {
    let quiet = quieten::<C>(device, scope, passive)?;
    let result = body(&quiet, passive);
    // A failure of a device that is gone is only that.
    let there = C::still_there(device, passive);
    C::resume(device, quiet.scope, passive);
    match (result, there) {
        (Err(_), Err(gone)) => Err(gone),
        (result, _) => result,
    }
}

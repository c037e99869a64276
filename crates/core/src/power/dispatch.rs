//! `IRP_MJ_POWER`: what each IRP does, and the calls that the edge carries out.
//!
//! Pages: <https://learn.microsoft.com/windows-hardware/drivers/kernel/dispatchpower-routines>,
//! <https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-a-system-set-power-irp-in-a-device-power-policy-owner>,
//! <https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-a-system-query-power-irp-in-a-device-power-policy-owner>,
//! <https://learn.microsoft.com/windows-hardware/drivers/kernel/passing-power-irps>

use super::{
    irp::{Answered, Ask, Back, Down, PowerIrp, SystemBack, Up, UpBack},
    machine::{Entered, Power},
    mapping::SystemTarget,
    outstanding::Arrival,
    policy::Facts,
    states::{DeviceState, SystemState},
};
use crate::{
    dispatch::{Disposition, Fdo, Irp, IrpCalls, Pended, RemoveGuard},
    status::{NtStatus, STATUS_CANCELLED, STATUS_SUCCESS},
};

/// What a power IRP asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// `IRP_MN_SET_POWER` for the system.
    SystemSet(SystemTarget),
    /// `IRP_MN_QUERY_POWER` for the system.
    SystemQuery(SystemTarget),
    /// `IRP_MN_SET_POWER` for the device.
    DeviceSet(DeviceState),
    /// `IRP_MN_WAIT_WAKE`
    WaitWake,
    /// Anything else, `IRP_MN_QUERY_POWER` for the device among it.
    Other,
}

/// Which completion routine a power IRP goes down with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// [`system_came_back`]
    System,
    /// [`device_up_came_back`]
    Up,
    /// The wait/wake IRP's.
    Wake,
}

/// What power IRPs call, at or below `DISPATCH_LEVEL`.
pub trait PowerCalls: IrpCalls {
    /// The token of at most `DISPATCH_LEVEL`.
    type AtMostDispatch;

    /// `Parameters.Power` of the
    /// [stack location](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/ns-wdm-_io_stack_location).
    fn power_request(irp: &Self::Irp) -> Request;

    /// Runs `body` under the device's
    /// [spin lock](https://learn.microsoft.com/windows-hardware/drivers/kernel/introduction-to-spin-locks).
    fn with_power<R>(
        device: Self::Device,
        irql: &mut Self::AtMostDispatch,
        body: impl FnOnce(&mut Power, Facts) -> R,
    ) -> R;

    /// Copies the stack location, sets a completion routine and calls the lower driver
    /// ([page](https://learn.microsoft.com/windows-hardware/drivers/kernel/passing-power-irps)).
    fn send(irp: Pended<Self>, then: Then);

    /// [`PoRequestPowerIrp`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-porequestpowerirp) with
    /// the system IRP as context; the callback is [`device_answered`] or [`query_answered`].
    ///
    /// # Errors
    /// Gives the system IRP back: there is no device IRP.
    fn ask_device(system: Pended<Self>, ask: Ask, state: DeviceState) -> Result<(), Pended<Self>>;

    /// `PoRequestPowerIrp` for D0. The remove lock is held until its callback has run. What cannot be asked for is
    /// asked for again by the policy.
    fn ask_d0(device: Self::Device, irql: &mut Self::AtMostDispatch);

    /// [`PoSetPowerState`](https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-posetpowerstate)
    fn set_power_state(device: Self::Device, state: DeviceState);

    /// Keeps the IRP; gets back what is in flight; then passes it down, all of it in a
    /// [work item](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioallocateworkitem) that
    /// `AddDevice` allocated.
    fn hold_until_quiet(device: Self::Device, irp: PowerIrp<Self, Down>, irql: &mut Self::AtMostDispatch);

    /// Sends what was held, or ends it and calls
    /// [`IoInvalidateDeviceState`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioinvalidatedevicestate).
    /// Gives the IRP back unless something at `PASSIVE_LEVEL` has to be done first.
    fn after_d0(
        device: Self::Device,
        irp: PowerIrp<Self, UpBack>,
        entered: Entered,
        irql: &mut Self::AtMostDispatch,
    ) -> Option<PowerIrp<Self, UpBack>>;

    /// Remembers a wait/wake IRP under the device's lock, for whoever cancels it.
    fn keep_wake(device: Self::Device, irp: &Self::Irp, irql: &mut Self::AtMostDispatch) -> Arrival;

    /// [`IoCancelIrp`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iocancelirp) on the wait/wake
    /// IRP, outside any lock.
    fn cancel_wake(device: Self::Device, irql: &mut Self::AtMostDispatch);
}

/// `IRP_MJ_POWER`. Does not wait; works until the remove lock is waited on, and then fails the IRP with
/// `STATUS_DELETE_PENDING`.
pub fn dispatch<'d, C: PowerCalls>(
    fdo: &Fdo<'d, C>,
    mut irp: Irp<'d, C>,
    irql: &mut C::AtMostDispatch,
) -> Disposition<'d> {
    let guard = match fdo.acquire(&irp) {
        Ok(guard) => guard,
        Err(status) => return irp.refuse(status),
    };
    let device = fdo.device();
    match C::power_request(irp.raw()) {
        Request::SystemSet(target) => {
            let (pended, disposition) = irp.pend(guard);
            let mapped = C::with_power(device, irql, |power, _facts| power.system(target));
            if !mapped.stays_armed {
                C::cancel_wake(device, irql);
            }
            PowerIrp::<C, super::irp::System>::arrived(pended).send();
            disposition
        }
        Request::SystemQuery(_) => {
            // There is no cause to refuse: each state of the system has one of the device, and a device that cannot
            // wake from it is disarmed.
            let (pended, disposition) = irp.pend(guard);
            PowerIrp::<C, super::irp::System>::arrived(pended).send();
            disposition
        }
        Request::DeviceSet(DeviceState::D0) => {
            let (pended, disposition) = irp.pend(guard);
            C::with_power(device, irql, |power, _facts| power.enter());
            PowerIrp::<C, Up>::arrived(pended).send();
            disposition
        }
        Request::DeviceSet(state) => {
            let (pended, disposition) = irp.pend(guard);
            leave(device, PowerIrp::<C, Down>::arrived(pended, state), irql);
            disposition
        }
        Request::WaitWake => wait_wake(device, irp, guard, irql),
        Request::Other => irp.forward(guard),
    }
}

/// A device IRP for a low state.
fn leave<C: PowerCalls>(device: C::Device, irp: PowerIrp<C, Down>, irql: &mut C::AtMostDispatch) {
    let to = irp.to();
    match C::with_power(device, irql, |power, facts| power.leave(to, facts)) {
        Some(quiet) => irp.pass_down(quiet),
        None => C::hold_until_quiet(device, irp, irql),
    }
}

/// `IRP_MN_WAIT_WAKE`, on its way down: its address is taken here, because it may be gone when `PoRequestPowerIrp`
/// returns.
fn wait_wake<'d, C: PowerCalls>(
    device: C::Device,
    mut irp: Irp<'d, C>,
    guard: RemoveGuard<'d, C>,
    irql: &mut C::AtMostDispatch,
) -> Disposition<'d> {
    match C::keep_wake(device, irp.raw(), irql) {
        Arrival::Send => {
            let (pended, disposition) = irp.pend(guard);
            C::send(pended, Then::Wake);
            disposition
        }
        Arrival::End => irp.complete(guard, STATUS_CANCELLED.nt(), 0),
        Arrival::Foreign => irp.forward(guard),
    }
}

/// The completion routine of a system IRP.
pub fn system_came_back<C: PowerCalls>(
    device: C::Device,
    mut irp: PowerIrp<C, SystemBack>,
    status: NtStatus,
    irql: &mut C::AtMostDispatch,
) -> Back {
    let (ask, target) = match C::power_request(irp.raw()) {
        Request::SystemSet(target) => (Ask::Set, target),
        Request::SystemQuery(target) => (Ask::Query, target),
        Request::DeviceSet(_) | Request::WaitWake | Request::Other => return irp.go_on(),
    };
    if !status.is_success() {
        return irp.go_on();
    }
    if ask == Ask::Set && target.state == SystemState::S0 {
        C::ask_d0(device, irql);
        return irp.go_on();
    }
    let state = C::with_power(device, irql, |power, _facts| power.map(target)).device;
    // Asked for even if the device is in that state: the other drivers of the stack count on it.
    irp.ask_device(ask, state).unwrap_or_else(PowerIrp::<C, super::irp::Unanswered>::go_on)
}

/// The callback of a device IRP that a system `IRP_MN_SET_POWER` waits for: the system goes on, however the device
/// IRP ended.
pub fn device_answered<C: PowerCalls>(system: PowerIrp<C, Answered>) {
    system.complete(STATUS_SUCCESS);
}

/// The callback of a device query that a system query waits for: its answer is the system query's.
pub fn query_answered<C: PowerCalls>(system: PowerIrp<C, Answered>, status: NtStatus) {
    system.complete(status);
}

/// The completion routine of a device IRP for D0.
pub fn device_up_came_back<C: PowerCalls>(
    device: C::Device,
    irp: PowerIrp<C, UpBack>,
    status: NtStatus,
    irql: &mut C::AtMostDispatch,
) -> Back {
    let is_success = status.is_success();
    let entered = C::with_power(device, irql, |power, _facts| power.entered(is_success));
    if is_success {
        C::set_power_state(device, DeviceState::D0);
    }
    C::after_d0(device, irp, entered, irql).map_or(Back::Kept, PowerIrp::<C, UpBack>::go_on)
}

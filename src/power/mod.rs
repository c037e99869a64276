//! The power policy owner: core's calls, carried out.
//!
//! | module | what it does |
//! |---|---|
//! | `mover` | takes the device out of D0 when nothing is in flight |
//! | `policy` | does what core's policy asks for, one job after the other |
//! | `wake` | the wait/wake IRP |
//! | `idle` | the idle notification, its callback, its end |
//! | `timer` | how long nothing has happened |
//! | `settings` | what the INF and the user say |
//! | `check_boxes` | what the user says, by WMI |

pub mod check_boxes;
pub mod idle;
pub mod mover;
pub mod policy;
pub mod settings;
pub mod timer;
pub mod wake;

use usbclient_core::{
    dispatch::Pended,
    power::{
        Admission, DeviceState, Entered, Facts, Power, PowerCalls, Request, Then,
        irp::{Ask, Down, PowerIrp, UpBack},
        outstanding::Arrival,
    },
};
use usbclient_protocol::status::{STATUS_DEVICE_NOT_CONNECTED, STATUS_SUCCESS};

use crate::{
    cancel,
    events::{self, Failed},
    holding,
    nt::{
        Nt,
        device::Device,
        irp::Irp,
        irql::AtMostDispatch,
        power::{self as nt, Cancellable},
        usbd::HandleUse,
        work_item,
    },
    power::{idle::IdleRequest, mover::Mover, timer::IdleTimer},
    reader, recovery,
};

/// What the device's lock guards of the power IRPs.
pub struct PowerIrps {
    /// The device IRP that waits until nothing is in flight.
    pub leaving: Option<PowerIrp<Nt, Down>>,
    /// The wait/wake IRP, from its arrival in the dispatch routine to its end.
    pub wake: Option<Cancellable>,
    /// The idle notification. Made once, and kept.
    pub idle: Option<IdleRequest>,
    /// The use of the handle that keeps the device in D0 while the notification is being sent.
    pub idle_use: Option<HandleUse>,
    /// The timer that says that nothing has happened for the suspend delay.
    pub timer: IdleTimer,
    /// The device is registered with WMI.
    pub is_registered: bool,
}

impl PowerIrps {
    /// There are none.
    pub const fn none() -> Self {
        Self {
            leaving: None,
            wake: None,
            idle: None,
            idle_use: None,
            timer: IdleTimer::new(),
            is_registered: false,
        }
    }
}

impl PowerCalls for Nt {
    type AtMostDispatch = AtMostDispatch;

    fn power_request(irp: &Irp) -> Request {
        irp.power_request()
    }

    fn with_power<R>(
        device: Device,
        irql: &mut AtMostDispatch,
        body: impl FnOnce(&mut Power, Facts) -> R,
    ) -> R {
        let mut gate = device.gate.lock(irql);
        let facts = gate.facts();
        let was_admitting = gate.power.admit() == Admission::Admit;
        let result = body(&mut gate.power, facts);
        if !was_admitting && gate.power.admit() == Admission::Admit {
            recovery::hold_for_resume(&mut gate);
        }
        result
    }

    fn send(irp: Pended<Self>, then: Then) {
        nt::send(irp, then);
    }

    fn ask_device(system: Pended<Self>, ask: Ask, state: DeviceState) -> Result<(), Pended<Self>> {
        let device = system.device();
        nt::ask_device(system, ask, state).map_err(|(system, status)| {
            events::power_failed(device, Failed::RequestForSystem, status.nt());
            system
        })
    }

    fn ask_d0(device: Device, irql: &mut AtMostDispatch) {
        device.gate.lock(irql).power.up_asked();
        if let Err(status) = nt::ask_d0(device, irql) {
            events::power_failed(device, Failed::RequestD0, status.nt());
            device.gate.lock(irql).power.needs_up();
            policy::run(device);
        }
    }

    fn set_power_state(device: Device, state: DeviceState) {
        nt::set_power_state(device, state);
        events::device_power(device, state, STATUS_SUCCESS);
    }

    fn hold_until_quiet(device: Device, irp: PowerIrp<Self, Down>, irql: &mut AtMostDispatch) {
        let mut gate = device.gate.lock(irql);
        gate.power_irps.leaving = Some(irp);
        // Under the lock: without it the IRP may have gone down already, and the device with it.
        if work_item::queue::<Mover>(device) {
            return;
        }
        // The device is being removed, and its work is done: whatever used the handle is gone.
        let irp = gate.power_irps.leaving.take();
        drop(gate);
        let Some(irp) = irp else { return };
        let to = irp.to();
        match Self::with_power(device, irql, |power, facts| power.leave(to, facts)) {
            Some(quiet) => irp.pass_down(quiet),
            None => irp.refuse(),
        }
    }

    fn after_d0(
        device: Device,
        irp: PowerIrp<Self, UpBack>,
        entered: Entered,
        irql: &mut AtMostDispatch,
    ) -> Option<PowerIrp<Self, UpBack>> {
        match entered {
            Entered::Nothing => {}
            Entered::Resume => {
                holding::send_held(device, irql);
                reader::pump_all(device, irql);
                policy::run_if_needed(device, irql);
            }
            Entered::Fail => {
                nt::invalidate_device_state(device, irql);
                cancel::fail_held(device, STATUS_DEVICE_NOT_CONNECTED, irql, |_key, _file| true);
            }
        }
        Some(irp)
    }

    fn keep_wake(device: Device, irp: &Irp, irql: &mut AtMostDispatch) -> Arrival {
        wake::arrived(device, irp, irql)
    }

    fn cancel_wake(device: Device, irql: &mut AtMostDispatch) {
        wake::cancel(device, irql);
    }
}

/// A D0 IRP that policy asked for is over.
pub fn d0_answered(device: Device, irql: &mut AtMostDispatch) {
    device.gate.lock(irql).power.up_answered();
    policy::run_if_needed(device, irql);
}

//! The control interface: what the runner asks for.

use alloc::{boxed::Box, sync::Arc};

use wdk_sys::{IRP_MN_CANCEL_REMOVE_DEVICE, IRP_MN_QUERY_REMOVE_DEVICE};

use super::Bus;
use crate::{
    child::Child,
    filter::orders,
    nt::{
        device::Device,
        irp::Irp,
        status::{
            NTSTATUS, STATUS_BUFFER_TOO_SMALL, STATUS_DEVICE_BUSY, STATUS_INSUFFICIENT_RESOURCES,
            STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_PARAMETER,
            STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SUCCESS, is_success,
        },
        work,
    },
    protocol::{self, Plug, Poke, State},
    usb::wake,
};

/// A control request.
pub(super) fn dispatch(bus: &Arc<Bus>, irp: Irp, device: Device) -> NTSTATUS {
    let control = irp.control();
    let input = irp.system_buffer(control.input).copied();
    match control.code {
        protocol::PLUG => {
            irp.complete(Plug::decode(&input).map_or(STATUS_INVALID_PARAMETER, |plug| self::plug(bus, &plug)))
        }
        protocol::POKE => {
            irp.complete(Poke::decode(&input).map_or(STATUS_INVALID_PARAMETER, |poke| self::poke(bus, &poke)))
        }
        protocol::STATE => state(bus, irp, &input, control.output),
        protocol::UNPLUG => match number(bus, &input) {
            Ok((child, _)) => {
                child.pull();
                bus.physical.children_changed();
                irp.complete(STATUS_SUCCESS)
            }
            Err(status) => irp.complete(status),
        },
        protocol::EJECT | protocol::CANCEL_REMOVE | protocol::REBALANCE | protocol::SYSTEM_POWER => {
            match number(bus, &input) {
                Ok((child, second)) => later(bus, irp, device, control.code, child, second),
                Err(status) => irp.complete(status),
            }
        }
        _ => irp.complete(STATUS_INVALID_DEVICE_REQUEST),
    }
}

/// What asks a whole stack runs in a thread of its own: Wine sends all requests of programs from one, and the stack may
/// have to see another of them before it answers.
fn later(bus: &Arc<Bus>, irp: Irp, device: Device, code: u32, child: Arc<Child>, second: u32) -> NTSTATUS {
    let bus = Arc::clone(bus);
    // Before it is queued: the other thread may complete it at once.
    let pending = irp.pend();
    let work = Box::new(move || {
        let status = match code {
            protocol::EJECT => eject(&bus, &child),
            protocol::CANCEL_REMOVE => orders::query_remove_and_cancel(&child),
            protocol::REBALANCE => orders::rebalance(&child),
            _ => orders::system_power(&child, second),
        };
        irp.complete(status);
    });
    if work::queue(device, work).is_err() {
        irp.complete(STATUS_INSUFFICIENT_RESOURCES);
    }
    pending
}

/// The child that the first number of an input is about, and the second number, if there is one.
fn number(bus: &Bus, input: &[u8]) -> Result<(Arc<Child>, u32), NTSTATUS> {
    let (first, rest) = input.split_first_chunk::<4>().ok_or(STATUS_INVALID_PARAMETER)?;
    let second = rest.first_chunk::<4>().map_or(0, |second| u32::from_le_bytes(*second));
    let child = bus.child(u32::from_le_bytes(*first)).ok_or(STATUS_OBJECT_NAME_NOT_FOUND)?;
    Ok((child, second))
}

fn plug(bus: &Arc<Bus>, plug: &Plug) -> NTSTATUS {
    let Some(name) = plug.name() else { return STATUS_INVALID_PARAMETER };
    if bus.child(plug.number).is_some_and(|child| child.is_there()) {
        return STATUS_OBJECT_NAME_COLLISION;
    }
    match Child::plug(bus, name, plug.number, plug.flags) {
        Ok(child) => {
            bus.enter(child);
            bus.physical.children_changed();
            STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

fn poke(bus: &Bus, poke: &Poke) -> NTSTATUS {
    let Some(child) = bus.child(poke.number) else { return STATUS_OBJECT_NAME_NOT_FOUND };
    let Ok(endpoint) = u8::try_from(poke.endpoint) else { return STATUS_INVALID_PARAMETER };
    if poke.what == Poke::WAKE {
        return if wake::end(&child, STATUS_SUCCESS) { STATUS_SUCCESS } else { STATUS_INVALID_DEVICE_STATE };
    }
    let poke = match poke.what {
        Poke::HALT => usb_models::Poke::Halt { endpoint },
        Poke::NAK => usb_models::Poke::Nak { endpoint, on: poke.on != 0 },
        Poke::MUTE => usb_models::Poke::Mute,
        _ => return STATUS_INVALID_PARAMETER,
    };
    child.poke(poke)
}

fn state(bus: &Bus, irp: Irp, input: &[u8], room: usize) -> NTSTATUS {
    let Some(first) = input.first_chunk::<4>() else { return irp.complete(STATUS_INVALID_PARAMETER) };
    if room < State::SIZE {
        return irp.complete(STATUS_BUFFER_TOO_SMALL);
    }
    let number = u32::from_le_bytes(*first);
    let state = bus.child(number).map_or_else(State::default, |child| child.state());
    let state = State { removals: bus.removals(number), ..state };
    irp.system_buffer(room).bytes_mut().iter_mut().zip(state.encode()).for_each(|(to, from)| *to = from);
    irp.complete_with(STATUS_SUCCESS, State::SIZE)
}

/// An orderly removal: with a file open it is refused, as by the PnP manager.
fn eject(bus: &Bus, child: &Arc<Child>) -> NTSTATUS {
    let status = orders::send(child, IRP_MN_QUERY_REMOVE_DEVICE);
    if !is_success(status) || child.files() > 0 {
        orders::send(child, IRP_MN_CANCEL_REMOVE_DEVICE);
        return if is_success(status) { STATUS_DEVICE_BUSY } else { status };
    }
    child.eject();
    bus.physical.children_changed();
    status
}

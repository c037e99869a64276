//! An edge that does nothing. As in the driver, only this module can make devices, IRPs, handles and tokens.
#![allow(dead_code)]

use usbclient_core::{
    dispatch::{self, Disposition, Fdo, Irp, IrpCalls},
    pnp::{Event, GateCalls, PolicyCalls, Reason, Step, Told},
    remove::{Arrived, RemoveCalls, RemoveIrp, Removing},
    status::{NtStatus, STATUS_SUCCESS, Status},
};

pub struct Edge;

#[derive(Clone, Copy)]
pub struct Device(());
pub struct RawIrp(());
#[derive(Clone, Copy)]
pub struct Tag(());
pub struct Passive(());
pub struct Handle(());
pub struct Urbs(());

/// Runs a PnP dispatch routine.
pub fn pnp(
    body: impl for<'d> FnOnce(Fdo<'d, Edge>, Irp<'d, Edge>, &'d mut Passive) -> Disposition<'d>,
) -> NtStatus {
    dispatch::enter_passive(Device(()), RawIrp(()), Passive(()), body)
}

/// Runs the handler of REMOVE.
pub fn removal(body: impl for<'d> FnOnce(RemoveIrp<'d, Edge, Arrived>) -> Disposition<'d>) -> NtStatus {
    pnp(|fdo, irp, passive| match fdo.acquire(&irp) {
        Ok(guard) => body(RemoveIrp::arrived(fdo, irp, guard, passive)),
        Err(status) => irp.refuse(status),
    })
}

impl IrpCalls for Edge {
    type Device = Device;
    type Irp = RawIrp;
    type Tag = Tag;
    type Passive = Passive;

    fn tag(_: &RawIrp) -> Tag {
        Tag(())
    }
    fn acquire_remove_lock(_: Device, _: Tag) -> Result<(), Status> {
        Ok(())
    }
    fn release_remove_lock(_: Device, _: Tag) {}
    fn set_status(_: &mut RawIrp, _: NtStatus) {}
    fn complete(_: RawIrp, _: NtStatus, _: usize) {}
    fn mark_pending(_: &mut RawIrp) {}
    fn forward(_: Device, _: RawIrp) -> NtStatus {
        STATUS_SUCCESS
    }
    fn forward_and_wait(_: Device, _: &mut RawIrp, _: &mut Passive) -> NtStatus {
        STATUS_SUCCESS
    }
}

impl GateCalls for Edge {
    fn change(_: Device, _: Event, _: &mut Passive) -> Step {
        Step::Impossible(Reason::NothingFollows)
    }
    fn start_held(_: Device, _: &mut Passive) {}
    fn fail_held(_: Device, _: Status, _: &mut Passive) {}
    fn cancel_in_flight(_: Device, _: &mut Passive) {}
    fn wait_for_requests(_: Device, _: &mut Passive) {}
    fn disable_interface(_: Device, _: &mut Passive) {}
    fn tell(_: Device, _: Told) {}
}

impl RemoveCalls for Edge {
    type Handle = Handle;
    type Drained = Urbs;

    fn flush_dpcs(_: Device, _: &mut Passive) {}
    fn free_urbs(_: Device, _: &Removing, _: &mut Passive) -> Urbs {
        Urbs(())
    }
    fn take_handle(_: Device, _: &Removing, _: &mut Passive) -> Option<Handle> {
        Some(Handle(()))
    }
    fn close_handle(_: Handle, _: Urbs, _: &Removing, _: &mut Passive) {}
    fn release_remove_lock_and_wait(_: Device, _: Tag, _: &Removing, _: &mut Passive) {}
    fn detach(_: Device, _: &Removing, _: &mut Passive) {}
    fn delete(_: Device, _: &Removing, _: &mut Passive) {}
}

impl PolicyCalls for Edge {
    fn come_up(_: Device, _: &mut Passive) -> Result<(), Status> {
        Ok(())
    }
    fn disarm(_: Device, _: &mut Passive) {}
    fn read_settings(_: Device, _: &mut Passive) {}
    fn offer_check_boxes(_: Device, _: &mut Passive) {}
    fn withdraw_check_boxes(_: Device, _: &mut Passive) {}
    fn run_policy(_: Device, _: &mut Passive) {}
}

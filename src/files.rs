//! Open files: what `IRP_MJ_CREATE`, CLEANUP and CLOSE do for them, and the requests that change what they have.
//!
//! Who may do what is core's ([`usbclient_core::files`]); here its state is reached under the device's lock.

use alloc::vec::Vec;

use usbclient_core::{
    descriptors::Endpoint,
    files::{self, File, HANDLES, HandleSlot, Object, Rights},
    pnp::{Admission, RequestClass},
};
use usbclient_protocol::{
    HandleReply,
    status::{
        STATUS_CANCELLED, STATUS_DEVICE_NOT_READY, STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER,
        STATUS_SUCCESS, Status,
    },
};

use crate::{
    cancel,
    events::{self, Change},
    gate::{Gate, Pipe},
    nt::{
        device::Device,
        file::{FileContext, NewContext},
        irp::Irp,
        irql::AtMostDispatch,
        pool::try_filled,
        slot::Cause,
    },
    reader, replies,
    request::{Plan, told},
    streams,
};

/// What the files of a device share.
pub type Files = files::Files<Vec<HandleSlot>>;

/// `IRP_MJ_CREATE`: opens a file, unless the device is not there to be opened, or there is no memory.
pub fn create(device: Device, irp: &Irp, irql: &mut AtMostDispatch) -> Result<(), Status> {
    make_room(device, irql)?;
    let mut gate = device.gate.lock(irql);
    if let Admission::Refuse(status) = gate.machine.admit(RequestClass::Create) {
        return Err(status);
    }
    let opened = gate.files.open();
    drop(gate);
    let context = NewContext::allocate(opened.ok_or(STATUS_DEVICE_NOT_READY)?)?;
    let not_needed = device.gate.lock(irql).file_states.keep(irp, context);
    drop(not_needed);
    Ok(())
}

/// `IRP_MJ_CLOSE`: frees what is kept for the file.
pub fn close(device: Device, irp: &Irp, irql: &mut AtMostDispatch) {
    let old = device.gate.lock(irql).file_states.give_up(irp);
    // Not under the lock.
    drop(old);
}

/// Gives the device memory for handles, when its first file is opened.
fn make_room(device: Device, irql: &mut AtMostDispatch) -> Result<(), Status> {
    if device.gate.lock(irql).files.has_room() {
        return Ok(());
    }
    let slots = try_filled(HANDLES, || HandleSlot::FREE)?;
    let not_needed = device.gate.lock(irql).files.furnish(slots);
    // Another file was quicker. Freed here, and not under the lock.
    drop(not_needed);
    Ok(())
}

/// `IRP_MJ_CLEANUP`: the file's handles are stale and its claims end, then its requests are cancelled.
pub fn clean_up(device: Device, irp: &Irp, irql: &mut AtMostDispatch) {
    let file = irp.file();
    if let Some(context) = FileContext::of(irp) {
        let mut guard = device.gate.lock(irql);
        let gate = &mut *guard;
        let mut released = Interfaces::default();
        gate.files.close(context.state(&mut gate.file_states), |object| released.add(object));
        drop(guard);
        released.tell(device);
    }
    cancel::fail_held(device, STATUS_CANCELLED, irql, |_key, other| other == file);
    reader::stop(device, irql, |_endpoint, other| other == file);
    cancel::cancel_in_flight(device, Cause::Cleanup, irql, |entry| entry.file == file);
    streams::abandon_all_of(device, file, irql);
}

/// The interface that a handle was the claim of.
const fn claimed_number(object: Object) -> Option<u8> {
    if let Object::Interface(claimed) = object { Some(claimed.number) } else { None }
}

/// Interfaces whose claims have ended, to be told of when the lock is released.
#[derive(Default)]
struct Interfaces {
    /// Bit N % 64 of word N / 64 is interface N.
    words: [u64; 4],
}

impl Interfaces {
    /// Adds the interface of a handle that was a claim.
    fn add(&mut self, object: Object) {
        let Some(number) = claimed_number(object) else { return };
        if let Some(word) = self.words.get_mut(usize::from(number >> 6)) {
            *word |= 1_u64.rotate_left(u32::from(number & 63));
        }
    }

    fn tell(&self, device: Device) {
        let mut base = 0_u8;
        for &word in &self.words {
            let mut left = word;
            while left != 0 {
                let [bit, ..] = left.trailing_zeros().to_le_bytes();
                events::changed(device, Change::Release(base | bit), STATUS_SUCCESS);
                left &= left.wrapping_sub(1);
            }
            base = base.wrapping_add(64);
        }
    }
}

/// Whether the request's file may use the endpoint, after a time in which the lock was not held.
pub fn may_still_use(gate: &mut Gate, irp: &Irp, endpoint: u8) -> Result<(), Status> {
    let configured = gate.configured.as_ref().ok_or(STATUS_DEVICE_NOT_READY)?;
    let file = FileContext::of(irp).map(|context| &*context.state(&mut gate.file_states));
    if file.is_some_and(File::is_closed) {
        return Err(STATUS_CANCELLED);
    }
    gate.files.access(file).pipe(&configured.endpoints, endpoint.into()).map(|_endpoint| ())
}

/// `CLAIM_INTERFACE`
pub fn claim(gate: &mut Gate, irp: &mut Irp, interface: u8) -> Plan {
    told(Change::Claim(interface), try_claim(gate, irp, interface))
}

fn try_claim(gate: &mut Gate, irp: &mut Irp, interface: u8) -> Result<Plan, Status> {
    let configured = gate.configured.as_ref().ok_or(STATUS_DEVICE_NOT_READY)?;
    if !configured.has_interface(interface) {
        return Err(STATUS_INVALID_PARAMETER);
    }
    let file = irp.file();
    let of_interface = |address| {
        configured
            .endpoints
            .iter()
            .any(|endpoint| endpoint.address == address && endpoint.interface == interface)
    };
    let has_reader = || {
        let pipes = configured.endpoints.iter().zip(&configured.pipes);
        let is_others = |pipe: &Pipe| pipe.reader.as_ref().is_some_and(|reader| !reader.is_of(file));
        pipes.filter(|(endpoint, _)| endpoint.interface == interface).any(|(_, pipe)| is_others(pipe))
    };
    let is_in_use = || {
        has_reader()
            || gate.slots.any(|entry| entry.file != file && of_interface(entry.endpoint))
            || gate.held.any(|key, other| other != file && key.wait.pipe().is_some_and(of_interface))
    };
    let context = FileContext::of(irp).map(|context| &*context.state(&mut gate.file_states));
    let handle = gate.files.claim(context, interface, is_in_use)?;
    replies::bytes(irp, &HandleReply { handle }.encode())
}

/// `OPEN_PIPE`
pub fn open_pipe(gate: &mut Gate, irp: &mut Irp, interface: u32, endpoint: Endpoint) -> Result<Plan, Status> {
    let file = FileContext::of(irp).map(|context| &*context.state(&mut gate.file_states));
    let handle = gate.files.open_pipe(file, interface, endpoint)?;
    replies::bytes(irp, &HandleReply { handle }.encode())
}

/// `CLOSE_HANDLE`
pub fn close_handle(gate: &mut Gate, irp: &Irp, handle: u32) -> Result<Plan, Status> {
    let file = FileContext::of(irp).map(|context| &*context.state(&mut gate.file_states));
    let mut claimed = None;
    gate.files.close_handle(file, handle, |object| claimed = claimed.or_else(|| claimed_number(object)))?;
    let done = Plan::Complete(STATUS_SUCCESS, 0);
    Ok(claimed.map_or(done, |number| Plan::Change(Change::Release(number), STATUS_SUCCESS, 0)))
}

/// `DROP_PRIVILEGES`. A sender that opened no file has none that could give anything up.
pub fn drop_privileges(gate: &mut Gate, irp: &Irp, keep: Rights) -> Result<Plan, Status> {
    let context = FileContext::of(irp).ok_or(STATUS_INVALID_HANDLE)?;
    let file = context.state(&mut gate.file_states);
    file.drop_privileges(keep);
    let left = file.rights().operations();
    Ok(Plan::Change(Change::Privileges(left), STATUS_SUCCESS, 0))
}

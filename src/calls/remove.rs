//! What REMOVE does.

use usbclient_core::remove::{RemoveCalls, Removing};
use usbclient_registration::usbd::ClosePermit;

use crate::{
    nt::{
        Nt,
        device::{self, Device},
        irp::Tag,
        irql::Passive,
        pnp,
        slot::{Drained, Pool},
        usbd::UsbdRegistration,
    },
    reader::Readers,
};

impl RemoveCalls for Nt {
    type Drained = Drained;
    type Handle = UsbdRegistration;

    fn flush_dpcs(device: Device, passive: &mut Passive) {
        // Nobody sets them any more: the gate is closed, and nothing is held.
        let _was_set = device.idle_timer.cancel(passive);
        let _was_set = device.held_timer.cancel(passive);
        pnp::flush_queued_dpcs(passive);
    }

    fn free_urbs(device: Device, _removing: &Removing, passive: &mut Passive) -> Drained {
        let mut gate = device.gate.lock(passive);
        let senders = (gate.sender.take(), gate.recovery.sender.take());
        let configured = gate.configured.take();
        let readers = core::mem::replace(&mut gate.kept_readers, Readers::new());
        let mut slots = core::mem::replace(&mut gate.slots, Pool::new());
        drop(gate);
        drop((senders, configured, readers));
        slots.drain()
    }

    fn take_handle(device: Device, _removing: &Removing, passive: &mut Passive) -> Option<UsbdRegistration> {
        device.gate.lock(passive).handle.take()
    }

    fn close_handle(handle: UsbdRegistration, drained: Drained, _removing: &Removing, passive: &mut Passive) {
        let Ok(()) = handle.close(ClosePermit::Removing { drained, passive });
    }

    fn release_remove_lock_and_wait(device: Device, tag: Tag, _removing: &Removing, passive: &mut Passive) {
        device::release_remove_lock_and_wait(device, tag, passive);
    }

    fn detach(device: Device, _removing: &Removing, passive: &mut Passive) {
        if let Some(lower) = device.lower() {
            device::detach(lower, passive);
        }
    }

    fn delete(device: Device, _removing: &Removing, passive: &mut Passive) {
        device::drop_and_delete(device, passive);
    }
}

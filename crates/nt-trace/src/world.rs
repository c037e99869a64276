//! What the trace has said so far: who owns which IRP, which callbacks run, which devices exist.
//!
//! Every rule sees the world as it was *before* the event it judges, so a rule about leaving a dispatch
//! routine still sees its frame.

mod device;
mod frame;
mod irp;
mod power;
mod thread;

pub use device::Device;
pub use frame::Frame;
pub use irp::{Irp, Owner};
pub use power::PowerRequest;
pub use thread::{HeldLock, Thread};

use crate::event::{Actor, Callback, Event, EventKind};
use crate::map::{NumberMap, ObjectMap};
use crate::names::{mj, pnp};
use crate::object::ObjectId;

/// The state of the world between two events.
#[derive(Debug, Default)]
pub struct World {
    /// Threads in a callback of the driver or with a lock of its. Others are dropped, as simulated work comes
    /// and goes on ever new threads.
    threads: NumberMap<Thread>,
    /// Emptied threads, kept for their memory.
    spare: Vec<Thread>,
    irps: ObjectMap<Irp>,
    newest_irp: u32,
    devices: ObjectMap<Device>,
    newest_device: ObjectId,
}

impl World {
    /// The thread that `event` happened on.
    #[must_use]
    pub fn thread(&self, event: &Event) -> Option<&Thread> {
        self.threads.get(&event.thread)
    }

    /// The innermost callback of the driver on the thread of `event`.
    #[must_use]
    pub fn frame(&self, event: &Event) -> Option<&Frame> {
        self.thread(event)?.frames.last()
    }

    /// The innermost dispatch routine of the driver on the thread of `event`, looking through nested
    /// callbacks.
    #[must_use]
    pub fn dispatch(&self, event: &Event) -> Option<&Frame> {
        self.thread(event)?.frames.iter().rev().find(|frame| frame.is_dispatch())
    }

    /// The dispatch routine around `event` that handles this PnP request, if any.
    #[must_use]
    pub fn in_pnp(&self, event: &Event, minor: u8) -> Option<&Frame> {
        self.thread(event)?.frames.iter().rev().find(|frame| frame.request() == Some((mj::PNP, minor)))
    }

    /// The `AddDevice` call around `event`, if any.
    #[must_use]
    pub fn in_add_device(&self, event: &Event) -> Option<&Frame> {
        let frames = &self.thread(event)?.frames;
        frames.iter().rev().find(|frame| matches!(frame.callback, Callback::AddDevice { .. }))
    }

    /// Every callback that is running, on any thread.
    pub fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.threads.values().flat_map(|thread| &thread.frames)
    }

    /// A live IRP.
    #[must_use]
    pub fn irp(&self, irp: ObjectId) -> Option<&Irp> {
        self.irps.get(&irp)
    }

    /// All live IRPs, in no particular order.
    pub fn irps(&self) -> impl Iterator<Item = (ObjectId, &Irp)> {
        self.irps.iter().map(|(id, irp)| (*id, irp))
    }

    /// Whether the IRP existed and is gone.
    #[must_use]
    pub fn irp_is_gone(&self, irp: ObjectId) -> bool {
        irp.is_some() && irp.number <= self.newest_irp && !self.irps.contains_key(&irp)
    }

    /// A device object, also after it was deleted.
    #[must_use]
    pub fn device(&self, device: ObjectId) -> Option<&Device> {
        self.devices.get(&device)
    }

    /// All device objects that the trace named, in no particular order.
    pub fn devices(&self) -> impl Iterator<Item = (ObjectId, &Device)> {
        self.devices.iter().map(|(id, device)| (*id, device))
    }

    /// The device object that the driver made last, `NONE` if none.
    #[must_use]
    pub const fn newest_device(&self) -> ObjectId {
        self.newest_device
    }

    /// Takes `event` into account.
    pub fn apply(&mut self, event: &Event) {
        match &event.kind {
            EventKind::CallbackEnter(enter) => self.enter(event, enter.callback),
            EventKind::CallbackLeave(leave) => self.leave(event, leave),
            _ => {}
        }
        self.apply_to_irps(event);
        self.apply_to_devices(event);
        if thread::concerns(&event.kind) {
            self.thread_entry(event).apply(event);
            self.retire(event.thread);
        }
    }

    fn enter(&mut self, event: &Event, callback: Callback) {
        let mut frame = Frame::new(event, callback);
        frame.power = self.irps.get(&frame.irp()).and_then(|irp| irp.power);
        self.thread_entry(event).frames.push(frame);
        match callback {
            Callback::Dispatch { major, minor, irp, .. } if !self.irp_is_gone(irp) => {
                let state = self.irp_entry(irp);
                (state.major, state.minor, state.owner) = (major, minor, Owner::Driver);
            }
            Callback::Completion { irp, .. } if !self.irp_is_gone(irp) => {
                self.irp_entry(irp).owner = Owner::Driver;
            }
            _ => {}
        }
    }

    fn leave(&mut self, event: &Event, leave: &crate::event::CallbackLeave) {
        if let Some(thread) = self.threads.get_mut(&event.thread)
            && let Some(at) = thread.frames.iter().rposition(|frame| frame.callback == leave.callback)
        {
            thread.frames.truncate(at);
            self.retire(event.thread);
        }
        if let Callback::Completion { irp, .. } = leave.callback
            && leave.status != crate::NtStatus::MORE_PROCESSING_REQUIRED
            && let Some(state) = self.irps.get_mut(&irp)
        {
            state.owner = Owner::Completed;
        }
    }

    fn thread_entry(&mut self, event: &Event) -> &mut Thread {
        let spare = &mut self.spare;
        self.threads.entry(event.thread).or_insert_with(|| spare.pop().unwrap_or_default())
    }

    fn retire(&mut self, number: u32) {
        if self.threads.get(&number).is_some_and(Thread::is_idle) {
            self.spare.extend(self.threads.remove(&number));
        }
    }

    fn irp_entry(&mut self, irp: ObjectId) -> &mut Irp {
        self.newest_irp = self.newest_irp.max(irp.number);
        self.irps.entry(irp).or_default()
    }

    fn apply_to_irps(&mut self, event: &Event) {
        let Some(irp) = irp::concerned(&event.kind) else { return };
        if matches!(event.kind, EventKind::IrpFreed(_)) {
            self.irps.remove(&irp);
            return;
        }
        self.update_frames(event, irp);
        if self.irp_is_gone(irp) && !matches!(event.kind, EventKind::IrpCreated(_)) {
            return;
        }
        let in_own_dispatch = self.frame(event).is_some_and(|frame| frame.dispatches(irp));
        self.irp_entry(irp).apply(event, in_own_dispatch);
    }

    /// Tells frames what happened to their IRP. Sending and marking count for the innermost frame only:
    /// a completion routine that runs inside `IoCallDriver` acts for itself.
    fn update_frames(&mut self, event: &Event, irp: ObjectId) {
        let state = self.irps.get(&irp);
        let (skipped, completion_ours) =
            state.map_or((false, false), |s| (s.skipped, s.completion.is_some()));
        match &event.kind {
            EventKind::IrpCompleteCalled(call) if call.by == Actor::Driver => {
                for frame in self.threads.values_mut().flat_map(|thread| &mut thread.frames) {
                    if frame.concerns(irp) {
                        frame.completed = Some(call.status);
                    }
                }
            }
            kind => {
                let thread = self.threads.get_mut(&event.thread);
                if let Some(frame) = thread.and_then(|thread| thread.frames.last_mut())
                    && frame.concerns(irp)
                {
                    frame.apply(kind, skipped, completion_ours);
                }
            }
        }
    }

    fn apply_to_devices(&mut self, event: &Event) {
        match &event.kind {
            EventKind::DeviceCreated(created) => {
                let pdo = self.in_add_device(event).map_or(ObjectId::NONE, Frame::pdo);
                self.devices.insert(created.device, Device::new(event, created, pdo));
                if created.by == Actor::Driver {
                    self.newest_device = created.device;
                }
            }
            EventKind::DeviceAttached(attached) => {
                if let Some(device) = self.devices.get_mut(&attached.device) {
                    device.attached_to = attached.to;
                }
            }
            EventKind::DeviceDetached(detached) => {
                if let Some(device) = self.devices.get_mut(&detached.device) {
                    device.detached = Some(event.seq);
                }
            }
            EventKind::DeviceDeleted(deleted) => {
                if let Some(device) = self.devices.get_mut(&deleted.device) {
                    device.deleted = Some(event.seq);
                }
            }
            EventKind::DeviceFlags(flags) => {
                if let Some(device) = self.devices.get_mut(&flags.device) {
                    device.flags = flags.flags;
                    device.lower_flags = Some(flags.lower_flags);
                    device.types = Some((flags.device_type, flags.lower_type));
                }
            }
            EventKind::IrpSent(sent)
                if sent.by == Actor::Driver
                    && (sent.major, sent.minor) == (mj::PNP, pnp::REMOVE_DEVICE)
                    && self.irps.get(&sent.irp).is_some_and(|irp| !irp.is_ours()) =>
            {
                if let Some(device) = self.devices.get_mut(&sent.from) {
                    device.remove_forwarded = Some(event.seq);
                }
            }
            _ => {}
        }
    }
}

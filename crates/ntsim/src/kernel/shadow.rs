//! What the driver did to an IRP without calling anybody.
//!
//! `IoMarkIrpPending`, `IoSetCompletionRoutine` and their kind are inline code in a driver. Each IRP has a
//! copy here from when the simulator saw it last. At kernel calls and at the ends of callbacks the copies of
//! the IRPs concerned are compared with the memory, and the differences are told as events. The simulator
//! changes an IRP only through [`Kernel::irp_mut`] and [`Kernel::location_mut`], which compare first, so
//! that nothing of its own is taken for the driver's.

use nt_trace::{
    NtStatus, ObjectId,
    event::{
        CancelRoutineCleared, CancelRoutineSet, CompletionRoutineSet, DeviceFlags, IrpMarkedPending,
        IrpStatusWritten, StackCopied, StackSkipped,
    },
};
use zerocopy::IntoBytes;

use super::{Kernel, callback::Frame};
use crate::{
    abi::{
        DEVICE_OBJECT, IO_STACK_LOCATION, IRP,
        io_flags::{SL_INVOKE_ON_CANCEL, SL_INVOKE_ON_ERROR, SL_INVOKE_ON_SUCCESS, SL_PENDING_RETURNED},
    },
    mem::{Addr, BadAccess},
    sched::ThreadId,
};

const INVOKE: u8 = SL_INVOKE_ON_CANCEL | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_SUCCESS;

/// An IRP as the simulator saw it last.
#[derive(Clone, Debug)]
pub struct Shadow {
    header: IRP,
    /// By location, the lowest (number 1) first.
    locations: Vec<IO_STACK_LOCATION>,
}

impl Shadow {
    pub(super) fn of(kernel: &Kernel, irp: Addr) -> Result<Self, BadAccess> {
        let header = *kernel.mem.at::<IRP>(irp)?;
        let count = u64::try_from(header.StackCount).unwrap_or(0);
        let locations = (1..=count).map(|number| kernel.mem.read(location(irp, number)));
        Ok(Self { header, locations: locations.collect::<Result<_, _>>()? })
    }

    fn location(&self, number: i8) -> Option<&IO_STACK_LOCATION> {
        self.locations.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }
}

/// The address of stack location `number` (1 is the lowest driver's) of an IRP.
#[must_use]
pub const fn location(irp: Addr, number: u64) -> Addr {
    const HEADER: u64 = size_of::<IRP>() as u64;
    const LOCATION: u64 = size_of::<IO_STACK_LOCATION>() as u64;
    irp.add(HEADER.wrapping_add(LOCATION.wrapping_mul(number.wrapping_sub(1))))
}

impl Kernel {
    /// Compares the IRPs of the current thread's callbacks, and the flags of the driver's device objects.
    pub(super) fn sync_thread(&mut self) {
        let frames = self.callbacks.get(&self.sched.current());
        let mut irps: [Addr; 4] = [Addr::NULL; 4];
        for (to, from) in irps.iter_mut().zip(frames.into_iter().flatten().rev()) {
            *to = from.irp;
        }
        for irp in irps {
            self.sync_irp(irp);
        }
        self.sync_device_flags();
    }

    /// Compares an IRP with its copy, tells what changed, and copies it again. No IRP: nothing.
    pub fn sync_irp(&mut self, irp: Addr) {
        let Some(record) = self.io.irps.get(&irp) else { return };
        if record.given_away || record.compared == self.runs {
            // The driver cannot have changed it.
            return;
        }
        let Some(before) = record.shadow.as_ref() else { return };
        let (id, header) = (record.id, before.header);
        let Ok(now) = self.mem.at::<IRP>(irp) else { return };
        let runs = self.runs;
        let same_header = now.as_bytes() == header.as_bytes();
        let count = before.locations.len() as u64;
        let bytes = self.mem.bytes(location(irp, 1), count * size_of::<IO_STACK_LOCATION>() as u64);
        if same_header && bytes.is_ok_and(|bytes| bytes == before.locations.as_bytes()) {
            if let Some(record) = self.io.irps.get_mut(&irp) {
                record.compared = runs;
            }
            return;
        }
        let Ok(now) = Shadow::of(self, irp) else { return };
        let before = self.io.irps.get_mut(&irp).and_then(|record| {
            record.compared = runs;
            record.shadow.replace(now.clone())
        });
        let Some(before) = before else { return };
        let first = self.trace.events().len();
        self.tell(id, &before, &now);
        if before.header.Tail.ListEntry.as_bytes() != now.header.Tail.ListEntry.as_bytes() {
            self.tell_queued(irp);
        }
        // Another thread may look at the IRP first (it cancels it): what is found was done by the one that has it.
        if let Some(thread) = self.thread_with(irp) {
            self.attribute(first, thread);
        }
    }

    /// Another thread than the current one that was given an IRP and has not come back.
    fn thread_with(&self, irp: Addr) -> Option<ThreadId> {
        let has = |frames: &[Frame]| frames.iter().any(|frame| frame.irp == irp);
        let current = self.sched.current();
        if self.callbacks.get(&current).is_some_and(|frames| has(frames)) {
            return None;
        }
        self.callbacks.iter().find(|(_, frames)| has(frames)).map(|(thread, _)| *thread)
    }

    fn tell(&mut self, irp: ObjectId, before: &Shadow, now: &Shadow) {
        let (old, new) = (&before.header, &now.header);
        if old.IoStatus.as_bytes() != new.IoStatus.as_bytes() {
            let (status, information) = (NtStatus(new.IoStatus.Status), new.IoStatus.Information);
            self.emit(IrpStatusWritten { irp, status, information });
        }
        let current = old.CurrentLocation;
        let marked = |number: i8| {
            let bit =
                |shadow: &Shadow| shadow.location(number).map_or(0, |at| at.Control) & SL_PENDING_RETURNED;
            bit(before) == 0 && bit(now) != 0
        };
        if marked(current) {
            self.emit(IrpMarkedPending { irp });
        }
        self.tell_next(irp, before, now);
        if old.CancelRoutine != new.CancelRoutine {
            if new.CancelRoutine.is_null() {
                self.emit(CancelRoutineCleared { irp });
            } else {
                self.emit(CancelRoutineSet { irp });
            }
        }
        if new.CurrentLocation == current.wrapping_add(1) {
            self.emit(StackSkipped { irp });
        }
    }

    /// What was done to the location below the current one.
    fn tell_next(&mut self, irp: ObjectId, before: &Shadow, now: &Shadow) {
        let number = before.header.CurrentLocation;
        let next = number.wrapping_sub(1);
        let (Some(was), Some(is)) = (before.location(next), now.location(next)) else { return };
        if was.as_bytes() == is.as_bytes() {
            return;
        }
        let above = now.location(number);
        let copied = above.is_some_and(|above| same_request(above, is)) && !same_request(was, is);
        let with_routine = above.is_some_and(|above| {
            !is.CompletionRoutine.is_null()
                && above.CompletionRoutine == is.CompletionRoutine
                && above.Context == is.Context
        });
        if copied {
            self.emit(StackCopied { irp, with_completion_routine: with_routine });
        }
        let set = is.CompletionRoutine != was.CompletionRoutine
            || is.Context != was.Context
            || is.Control & INVOKE != was.Control & INVOKE;
        if set && is.Control & INVOKE != 0 && !(copied && with_routine) {
            let pageable = self.mem.pageable_section(is.CompletionRoutine).is_some();
            let routine = self.site_of(is.CompletionRoutine);
            let (control, ours) = (is.Control & INVOKE, routine.is_some());
            self.emit(CompletionRoutineSet { irp, control, ours, routine, ex: false, pageable });
        }
    }

    fn sync_device_flags(&mut self) {
        if self.flags_compared == self.runs {
            // The driver cannot have changed any.
            return;
        }
        self.flags_compared = self.runs;
        for index in 0..self.io.driver_devices.len() {
            let Some(device) = self.io.driver_devices.get(index).copied() else { return };
            let Ok(flags) = self.device_flags(device) else { continue };
            let Some(record) = self.io.devices.get_mut(&device) else { continue };
            if record.deleted || record.flags_seen == flags {
                continue;
            }
            record.flags_seen = flags;
            let name = record.id;
            let of =
                |at: Addr| self.mem.at::<DEVICE_OBJECT>(at).map_or((0, 0), |at| (at.Flags, at.DeviceType));
            let ((_, device_type), lower) = (of(device), self.attached_to(device));
            let (lower_flags, lower_type) = lower.map_or((0, 0), of);
            self.emit(DeviceFlags { device: name, flags, lower_flags, device_type, lower_type });
        }
    }

    /// Changes an IRP's header as the simulator.
    ///
    /// # Errors
    /// When there is no such IRP.
    pub fn irp_mut<T>(&mut self, irp: Addr, change: impl FnOnce(&mut IRP) -> T) -> Result<T, BadAccess> {
        self.sync_irp(irp);
        let header = self.mem.at_mut::<IRP>(irp)?;
        let result = change(header);
        let copy = *header;
        if let Some(shadow) = self.io.irps.get_mut(&irp).and_then(|record| record.shadow.as_mut()) {
            shadow.header = copy;
        }
        Ok(result)
    }

    /// Changes stack location `number` of an IRP as the simulator.
    ///
    /// # Errors
    /// When there is no such location.
    pub fn location_mut<T>(
        &mut self,
        irp: Addr,
        number: i8,
        change: impl FnOnce(&mut IO_STACK_LOCATION) -> T,
    ) -> Result<T, BadAccess> {
        self.sync_irp(irp);
        let at = location(irp, u64::try_from(number).unwrap_or(0));
        if number < 1 {
            return Err(BadAccess::Wild { address: at, length: size_of::<IO_STACK_LOCATION>() as u64 });
        }
        let memory = self.mem.at_mut::<IO_STACK_LOCATION>(at)?;
        let result = change(memory);
        let copy = *memory;
        let shadow = self.io.irps.get_mut(&irp).and_then(|record| record.shadow.as_mut());
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        if let (Some(shadow), Some(index)) = (shadow, index)
            && let Some(place) = shadow.locations.get_mut(index)
        {
            *place = copy;
        }
        Ok(result)
    }
}

/// Whether two locations ask for the same: equal up to their completion routines, `Control` aside.
fn same_request(left: &IO_STACK_LOCATION, right: &IO_STACK_LOCATION) -> bool {
    left.MajorFunction == right.MajorFunction
        && left.MinorFunction == right.MinorFunction
        && left.Parameters.as_bytes() == right.Parameters.as_bytes()
        && left.FileObject == right.FileObject
        && left.DeviceObject == right.DeviceObject
}

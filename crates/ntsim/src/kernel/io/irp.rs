//! IRPs: their memory, their stack locations, and routines that are Rust code.

use std::{collections::BTreeMap, fmt};

use nt_trace::{
    NtStatus, ObjectId, ObjectKind,
    event::{Actor, IrpCreated, IrpFreed, IrpOrigin},
};
use zerocopy::FromZeros;

use super::{HOST_ROUTINE, LocalFuture, invariant::Invariant};
use crate::{
    abi::{
        IO_PARAMETERS, IO_STACK_LOCATION, IO_STATUS_BLOCK, IRP, LIST_ENTRY,
        io_flags::{SL_INVOKE_ON_CANCEL, SL_INVOKE_ON_ERROR, SL_INVOKE_ON_SUCCESS, SL_PENDING_RETURNED},
        irp_major::{IRP_MJ_DEVICE_CONTROL, IRP_MJ_INTERNAL_DEVICE_CONTROL},
        status::STATUS_SUCCESS,
    },
    kernel::{
        Kernel,
        bug_check::{OVERWRITTEN, verifier, verifier_io},
        shadow::{Shadow, location},
    },
    mem::{Addr, BadAccess, Fill, Request},
    sched::{Cpu, ThreadId},
    stop::Stop,
};

/// A completion routine of the simulator's: gets the device object of the driver that set it (NULL for the
/// IRP's creator) and the IRP.
pub type Completion = Box<dyn FnOnce(Cpu, Addr, Addr) -> LocalFuture<Result<NtStatus, Stop>>>;

/// A cancel routine of the simulator's. It is called at `DISPATCH_LEVEL` with the cancel spin lock held and
/// is to release it with [`Kernel::release_spin_lock`], to the IRQL in `Irp->CancelIrql`.
pub type CancelRoutine = Box<dyn FnOnce(Cpu, Addr, Addr) -> LocalFuture<Result<(), Stop>>>;

/// What the I/O manager does when every completion routine let the IRP go. The IRP is freed afterwards.
pub type Finish = Box<dyn FnOnce(&mut Kernel, Addr) -> Result<(), Stop>>;

/// An IRP that is allocated.
pub struct Irp {
    /// Its name in the trace.
    pub id: ObjectId,
    /// Where it comes from.
    pub origin: IrpOrigin,
    /// The thread that it belongs to.
    pub thread: ThreadId,
    /// Where the allocating call returns to.
    pub site: Addr,
    /// The driver gave it away and does not have it back: its memory is taken from the driver's view.
    pub(in crate::kernel) given_away: bool,
    /// What its buffer held when the driver got it.
    pub(in crate::kernel) invariant: Option<Box<Invariant>>,
    /// How often driver code had run when memory and shadow were compared last.
    pub(in crate::kernel) compared: u64,
    /// The shadow, see [`shadow`](crate::kernel::shadow).
    pub(in crate::kernel) shadow: Option<Shadow>,
    /// Completion routines of the simulator's, by the number of the location that they are in.
    pub(super) completions: BTreeMap<i8, Completion>,
    pub(super) cancel: Option<CancelRoutine>,
    pub(super) finish: Option<Finish>,
    /// Since a driver got it, the trace has told that it is in a list.
    pub(super) queued: bool,
}

impl fmt::Debug for Irp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Irp").field("id", &self.id).field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// What a request asks for, as its first stack location says it.
#[derive(Clone, Debug)]
pub struct IrpSpec {
    /// `IRP_MJ_*`
    pub major: u8,
    /// `IRP_MN_*`
    pub minor: u8,
    /// The parameters.
    pub parameters: IO_PARAMETERS,
    /// The initial status.
    pub status: NtStatus,
    /// Where it comes from.
    pub origin: IrpOrigin,
    /// The file object, or NULL.
    pub file: Addr,
    /// Whether user mode asks.
    pub user_mode: bool,
    /// The event that a driver wants set in the end, or NULL.
    pub event: Addr,
}

impl IrpSpec {
    /// A request without parameters and file.
    #[must_use]
    pub fn new(origin: IrpOrigin, major: u8, minor: u8) -> Self {
        let parameters = IO_PARAMETERS::new_zeroed();
        let (file, event) = (Addr::NULL, Addr::NULL);
        Self { major, minor, parameters, status: STATUS_SUCCESS, origin, file, user_mode: false, event }
    }
}

impl Kernel {
    /// Allocates an IRP with `locations` stack locations; nobody has it yet.
    ///
    /// # Errors
    /// When the host refuses memory.
    pub fn allocate_irp(&mut self, locations: i8, origin: IrpOrigin) -> Result<Addr, Stop> {
        let count = u64::try_from(locations).unwrap_or(0);
        let length = (size_of::<IRP>() as u64) + count * size_of::<IO_STACK_LOCATION>() as u64;
        let site = self.site();
        let request = Request { kind: ObjectKind::Irp, length, tag: 0, fill: Fill::Zero, site };
        let irp = self.mem.allocate(request)?;
        self.initialize_irp(irp, locations)?;
        let record = Irp {
            id: self.object(irp),
            origin,
            thread: self.sched.current(),
            site,
            given_away: false,
            compared: 0,
            invariant: None,
            shadow: None,
            completions: BTreeMap::new(),
            cancel: None,
            finish: None,
            queued: false,
        };
        self.io.irps.insert(irp, record);
        self.reshadow(irp)?;
        Ok(irp)
    }

    /// Fills in what `IoInitializeIrp` does, in memory that holds zeros.
    pub(super) fn initialize_irp(&mut self, irp: Addr, locations: i8) -> Result<(), Stop> {
        let count = u64::try_from(locations).unwrap_or(0);
        let threads = irp.field(std::mem::offset_of!(IRP, ThreadListEntry));
        let current = location(irp, count + 1);
        let length = current.0 - irp.0;
        let header: &mut IRP = self.mem.at_mut(irp)?;
        header.Type = IRP::TYPE;
        header.Size = u16::try_from(length).unwrap_or(0);
        header.StackCount = locations;
        header.CurrentLocation = locations.saturating_add(1);
        header.ThreadListEntry = LIST_ENTRY::empty(threads);
        header.Tail.CurrentStackLocation = current;
        Ok(())
    }

    /// Makes the shadow equal to the memory, without telling anything.
    pub(super) fn reshadow(&mut self, irp: Addr) -> Result<(), Stop> {
        let shadow = Shadow::of(self, irp)?;
        if let Some(record) = self.io.irps.get_mut(&irp) {
            record.shadow = Some(shadow);
        }
        Ok(())
    }

    /// Builds a request for the stack whose top is `top`. The stack locations that the request does not use
    /// hold what the last request left there, as they do on Windows when a driver above has used them.
    ///
    /// # Errors
    /// When the host refuses memory.
    pub fn build_irp(&mut self, top: Addr, spec: &IrpSpec, finish: Option<Finish>) -> Result<Addr, Stop> {
        const DIRTY: u8 = 0xCD;
        let locations = self.mem.at::<crate::abi::DEVICE_OBJECT>(top)?.StackSize;
        let irp = self.allocate_irp(locations, spec.origin)?;
        let count = u64::try_from(locations).unwrap_or(0);
        let below = location(irp, count).0 - location(irp, 1).0;
        if below > 0 {
            self.mem.bytes_mut(location(irp, 1), below)?.fill(DIRTY);
        }
        for number in 1..count {
            let control =
                SL_PENDING_RETURNED | SL_INVOKE_ON_CANCEL | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_SUCCESS;
            self.mem.at_mut::<IO_STACK_LOCATION>(location(irp, number))?.Control = control;
        }
        let first: &mut IO_STACK_LOCATION = self.mem.at_mut(location(irp, count))?;
        first.MajorFunction = spec.major;
        first.MinorFunction = spec.minor;
        first.Parameters = spec.parameters;
        first.FileObject = spec.file;
        let thread = self.thread_object(self.sched.current());
        let header: &mut IRP = self.mem.at_mut(irp)?;
        header.IoStatus = IO_STATUS_BLOCK::new(spec.status.0, 0);
        header.RequestorMode = u8::from(spec.user_mode);
        header.Tail.Thread = thread;
        header.Tail.OriginalFileObject = spec.file;
        if let Some(record) = self.io.irps.get_mut(&irp) {
            record.finish = finish;
        }
        self.reshadow(irp)?;
        self.created(irp, spec);
        Ok(irp)
    }

    fn created(&mut self, irp: Addr, spec: &IrpSpec) {
        let (irp, file) = (self.object(irp), self.object(spec.file));
        let control = matches!(spec.major, IRP_MJ_DEVICE_CONTROL | IRP_MJ_INTERNAL_DEVICE_CONTROL);
        let control_code = if control { spec.parameters.DeviceIoControl().IoControlCode } else { 0 };
        let (major, minor, origin, status) = (spec.major, spec.minor, spec.origin, spec.status);
        let user_event =
            if spec.event.is_null() { ObjectId::NONE } else { self.name_of(spec.event, ObjectKind::Event) };
        self.emit(IrpCreated { irp, major, minor, origin, status, file, control_code, user_event });
    }

    /// Gives an IRP's memory back.
    ///
    /// # Errors
    /// When it is no IRP (0xC9/0x01), or was written beyond.
    pub fn free_irp(&mut self, irp: Addr, by: Actor) -> Result<(), Stop> {
        self.sync_irp(irp);
        let Some(record) = self.io.irps.remove(&irp) else {
            let text = format!("IoFreeIrp of {irp} ({}), which is no IRP or was freed", self.object(irp));
            return Err(verifier_io(0x01, text));
        };
        self.emit(IrpFreed { irp: record.id, by });
        let header = self.irp(irp)?;
        if by == Actor::Driver && header.CurrentLocation <= header.StackCount {
            let text = format!("{} is freed, but a driver below has it", record.id);
            return Err(verifier_io(0x20A, text));
        }
        let freed = self.mem.free(irp, self.site())?;
        if freed.intact {
            return Ok(());
        }
        Err(verifier(OVERWRITTEN, format!("the bytes around {} were overwritten", record.id)))
    }

    /// An IRP's header.
    ///
    /// # Errors
    /// When there is no such IRP.
    pub fn irp(&self, irp: Addr) -> Result<&IRP, BadAccess> {
        self.mem.at(irp)
    }

    /// The current stack location: what the driver that has the IRP was asked.
    ///
    /// # Errors
    /// When nobody has the IRP.
    pub fn current_location(&self, irp: Addr) -> Result<&IO_STACK_LOCATION, BadAccess> {
        let number = self.irp(irp)?.CurrentLocation;
        self.mem.at(location(irp, u64::try_from(number).unwrap_or(0)))
    }

    /// `IoMarkIrpPending`
    ///
    /// # Errors
    /// When nobody has the IRP.
    pub fn mark_pending(&mut self, irp: Addr) -> Result<(), BadAccess> {
        let number = self.irp(irp)?.CurrentLocation;
        self.location_mut(irp, number, |at| at.Control |= SL_PENDING_RETURNED)
    }

    /// `IoSkipCurrentIrpStackLocation`
    ///
    /// # Errors
    /// When there is no such IRP.
    pub fn skip_location(&mut self, irp: Addr) -> Result<(), BadAccess> {
        self.irp_mut(irp, |header| {
            header.CurrentLocation = header.CurrentLocation.saturating_add(1);
            let size = size_of::<IO_STACK_LOCATION>() as u64;
            header.Tail.CurrentStackLocation = header.Tail.CurrentStackLocation.add(size);
        })
    }

    /// `IoCopyCurrentIrpStackLocationToNext`
    ///
    /// # Errors
    /// When there is no next location.
    pub fn copy_location(&mut self, irp: Addr) -> Result<(), BadAccess> {
        let number = self.irp(irp)?.CurrentLocation;
        let current = *self.current_location(irp)?;
        self.location_mut(irp, number.saturating_sub(1), |next| {
            let (routine, context) = (next.CompletionRoutine, next.Context);
            *next = current;
            next.Control = 0;
            (next.CompletionRoutine, next.Context) = (routine, context);
        })
    }

    /// `IoSetCompletionRoutine` with a closure, for success, error and cancel.
    ///
    /// # Errors
    /// When there is no next location.
    pub fn set_completion(&mut self, irp: Addr, routine: Completion) -> Result<(), BadAccess> {
        let next = self.irp(irp)?.CurrentLocation.saturating_sub(1);
        self.location_mut(irp, next, |at| {
            at.Control = SL_INVOKE_ON_CANCEL | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_SUCCESS;
            at.CompletionRoutine = HOST_ROUTINE;
            at.Context = Addr::NULL;
        })?;
        if let Some(record) = self.io.irps.get_mut(&irp) {
            record.completions.insert(next, routine);
        }
        Ok(())
    }

    /// `IoSetCancelRoutine` with a closure.
    ///
    /// # Errors
    /// When there is no such IRP.
    pub fn set_cancel(&mut self, irp: Addr, routine: CancelRoutine) -> Result<(), BadAccess> {
        self.irp_mut(irp, |header| header.CancelRoutine = HOST_ROUTINE)?;
        if let Some(record) = self.io.irps.get_mut(&irp) {
            record.cancel = Some(routine);
        }
        Ok(())
    }

    /// `IoSetCancelRoutine` with NULL: true when a routine was there, which now will not be called.
    ///
    /// # Errors
    /// When there is no such IRP.
    pub fn clear_cancel(&mut self, irp: Addr) -> Result<bool, BadAccess> {
        let before = self.irp_mut(irp, |header| std::mem::replace(&mut header.CancelRoutine, Addr::NULL))?;
        if let Some(record) = self.io.irps.get_mut(&irp) {
            record.cancel = None;
        }
        Ok(!before.is_null())
    }

    /// Sets `IoStatus`.
    ///
    /// # Errors
    /// When there is no such IRP.
    pub fn set_io_status(&mut self, irp: Addr, status: NtStatus, information: u64) -> Result<(), BadAccess> {
        self.irp_mut(irp, |header| header.IoStatus = IO_STATUS_BLOCK::new(status.0, information))
    }
}

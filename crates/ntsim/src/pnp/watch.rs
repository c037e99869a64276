//! What the drivers above and below the one under test assert of each IRP.
//!
//! The filter above notes what it sends down and looks at what comes back, as the filter of HLK's device fundamentals
//! tests and Driver Verifier's enhanced I/O verification do. The bus below compares what arrives with that. Both only
//! tell ([`NeighbourFound`]); what is a violation, a rule says.
//!
//! Page: `devtest/enhanced-i-o-verification`.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use nt_trace::{
    NtStatus,
    event::{Actor, IrpOrigin, NeighbourFault, NeighbourFound},
};

use crate::{
    abi::{
        IO_STACK_LOCATION,
        irp_major::{IRP_MJ_PNP, IRP_MJ_POWER, IRP_MJ_SYSTEM_CONTROL},
        irp_minor::{
            IRP_MN_CANCEL_REMOVE_DEVICE, IRP_MN_CANCEL_STOP_DEVICE, IRP_MN_DEVICE_USAGE_NOTIFICATION,
            IRP_MN_EJECT, IRP_MN_QUERY_CAPABILITIES, IRP_MN_QUERY_INTERFACE, IRP_MN_QUERY_REMOVE_DEVICE,
            IRP_MN_QUERY_STOP_DEVICE, IRP_MN_REMOVE_DEVICE, IRP_MN_SET_LOCK, IRP_MN_START_DEVICE,
            IRP_MN_STOP_DEVICE, IRP_MN_SURPRISE_REMOVAL,
        },
        status::{STATUS_PENDING, STATUS_SUCCESS},
    },
    kernel::{
        Kernel,
        io::{Completion, call_driver},
    },
    mem::Addr,
    sched::{Cpu, DISPATCH_LEVEL, PASSIVE_LEVEL},
    stop::Stop,
};

/// What the filter and the bus know of IRPs on their way.
#[derive(Debug, Default)]
pub struct Watch {
    below: BTreeMap<Addr, Below>,
    /// Physical device objects that had `REMOVE` and no `AddDevice` since.
    removed: BTreeSet<Addr>,
}

/// An IRP that the filter sent down.
#[derive(Clone, Copy, Debug)]
struct Below {
    /// The filter's stack location.
    location: IO_STACK_LOCATION,
    /// The status it went with.
    status: NtStatus,
    /// What the bus answered, if it came there.
    answered: Option<NtStatus>,
}

/// How an IRP came back.
#[derive(Clone, Copy, Debug)]
struct Up {
    status: NtStatus,
    pending_returned: bool,
}

/// Passes an IRP to the driver below and looks at what comes back.
///
/// # Errors
/// When the machine stops.
pub(super) async fn forward_watching(
    cpu: &Cpu,
    device: Addr,
    lower: Addr,
    irp: Addr,
) -> Result<NtStatus, Stop> {
    let came: Rc<Cell<Option<Up>>> = Rc::default();
    let (about, irql) = {
        let mut kernel = cpu.k();
        let about = kernel.about(Actor::Above, device, irp)?;
        kernel.note_below(irp)?;
        kernel.copy_location(irp)?;
        kernel.set_completion(irp, look_at(Rc::clone(&came)))?;
        (about, kernel.sched.irql())
    };
    let returned = call_driver(cpu, device, lower, irp).await?;
    let mut kernel = cpu.k();
    let now = kernel.sched.irql();
    if now != irql {
        kernel.object_to(&about, NeighbourFault::IrqlChanged, u64::from(irql), u64::from(now));
    }
    kernel.compare_return(&about, returned, came.get());
    Ok(returned)
}

/// The filter's completion routine.
fn look_at(came: Rc<Cell<Option<Up>>>) -> Completion {
    Box::new(move |cpu, device, irp| {
        let result = cpu.k().look_at_completed(device, irp);
        Box::pin(async move {
            came.set(Some(result?));
            Ok(STATUS_SUCCESS)
        })
    })
}

impl Kernel {
    /// What the neighbour with this device object says of an IRP that it has, but for what is wrong.
    fn about(&self, by: Actor, device: Addr, irp: Addr) -> Result<NeighbourFound, Stop> {
        let at = self.current_location(irp)?;
        let (major, minor) = (at.MajorFunction, at.MinorFunction);
        let (irp, device) = (self.object(irp), self.object(device));
        Ok(NeighbourFound { by, irp, device, major, minor, ..NeighbourFound::default() })
    }

    fn object_to(&mut self, about: &NeighbourFound, what: NeighbourFault, expected: u64, found: u64) {
        self.emit(NeighbourFound { what, expected, found, ..about.clone() });
    }

    fn note_below(&mut self, irp: Addr) -> Result<(), Stop> {
        let location = *self.current_location(irp)?;
        let status = NtStatus(self.irp(irp)?.IoStatus.Status);
        self.pnp.watch.below.insert(irp, Below { location, status, answered: None });
        Ok(())
    }

    /// An IRP came up to the filter.
    fn look_at_completed(&mut self, device: Addr, irp: Addr) -> Result<Up, Stop> {
        let about = self.about(Actor::Above, device, irp)?;
        let header = *self.irp(irp)?;
        let up =
            Up { status: NtStatus(header.IoStatus.Status), pending_returned: header.PendingReturned != 0 };
        if up.pending_returned {
            self.mark_pending(irp)?;
        }
        if !header.CancelRoutine.is_null() {
            self.object_to(&about, NeighbourFault::CancelRoutine, 0, 0);
        }
        let Some(below) = self.pnp.watch.below.remove(&irp) else { return Ok(up) };
        let (then, now) = (below.location, *self.current_location(irp)?);
        let function = |at: &IO_STACK_LOCATION| (at.MajorFunction, at.MinorFunction, at.DeviceObject);
        if function(&then) != function(&now) || !same_parameters(&then, &now) {
            self.object_to(&about, NeighbourFault::LocationChanged, 0, 0);
        }
        let at_home = self.is_for_a_provider(&below.location);
        if let Some((what, expected)) = wrong_status(&about, below.answered, up.status)
            && !(at_home && what == NeighbourFault::NotPassedDown)
        {
            self.object_to(&about, what, expected, u64::from(up.status.0));
        }
        Ok(up)
    }

    /// A WMI request that names a registered device object ends in its driver ("Handling WMI Requests").
    fn is_for_a_provider(&self, location: &IO_STACK_LOCATION) -> bool {
        location.MajorFunction == IRP_MJ_SYSTEM_CONTROL
            && self.io.wmi.is_registered(location.Parameters.Argument1)
    }

    /// Compares what a dispatch routine returned with how the IRP came up, if it has.
    fn compare_return(&mut self, about: &NeighbourFound, returned: NtStatus, came: Option<Up>) {
        let found = u64::from(returned.0);
        let pending = returned == STATUS_PENDING;
        match came {
            None if !pending => self.object_to(about, NeighbourFault::NotComplete, 0, found),
            Some(up) if pending && !up.pending_returned => {
                self.object_to(about, NeighbourFault::PendingNotMarked, 0, found);
            }
            Some(up) if !pending && up.pending_returned => {
                self.object_to(about, NeighbourFault::MarkedNotReturned, 0, found);
            }
            Some(up) if !pending && up.status != returned => {
                self.object_to(about, NeighbourFault::ReturnedOther, u64::from(up.status.0), found);
            }
            _ => {}
        }
    }

    /// A stack is built above a physical device object.
    pub(super) fn watch_new_stack(&mut self, pdo: Addr) {
        self.pnp.watch.removed.remove(&pdo);
    }

    /// An IRP arrived at the bus.
    ///
    /// # Errors
    /// When it is no IRP.
    pub fn bus_receives(&mut self, pdo: Addr, irp: Addr) -> Result<(), Stop> {
        if !self.pnp.asserting {
            return Ok(());
        }
        let about = self.about(Actor::Below, pdo, irp)?;
        let (at, header) = (*self.current_location(irp)?, *self.irp(irp)?);
        if !header.CancelRoutine.is_null() {
            self.object_to(&about, NeighbourFault::CancelRoutine, 0, 0);
        }
        let highest = if about.major == IRP_MJ_PNP { PASSIVE_LEVEL } else { DISPATCH_LEVEL };
        let irql = self.sched.irql();
        if irql > highest {
            self.object_to(&about, NeighbourFault::BadIrql, u64::from(highest), u64::from(irql));
        }
        let removed = self.pnp.watch.removed.contains(&pdo);
        if removed && self.comes_from_above(irp) && !self.was_on_its_way(about.major, irp) {
            self.object_to(&about, NeighbourFault::AfterRemove, 0, 0);
        }
        if (about.major, about.minor) == (IRP_MJ_PNP, IRP_MN_REMOVE_DEVICE) {
            self.bus_is_removed(pdo, &about);
        }
        let sent = self.pnp.watch.below.get(&irp).copied();
        let passed_on = |sent: &Below| sent.location.MajorFunction == at.MajorFunction;
        if let Some(sent) = sent.filter(passed_on) {
            let (expected, found) = (u64::from(sent.status.0), u64::from(header.IoStatus.Status));
            if !knows(about.major, about.minor) && expected != found {
                self.object_to(&about, NeighbourFault::StatusScrambled, expected, found);
            }
            if at.MinorFunction != sent.location.MinorFunction || !same_parameters(&at, &sent.location) {
                self.object_to(&about, NeighbourFault::ParametersChanged, 0, 0);
            }
        }
        Ok(())
    }

    /// Whether a driver above the bus sent an IRP, and not the PnP manager to the bus alone.
    fn comes_from_above(&self, irp: Addr) -> bool {
        let own = |origin| {
            matches!(
                origin,
                IrpOrigin::Allocated
                    | IrpOrigin::BuiltDeviceControl
                    | IrpOrigin::BuiltAsynchronous
                    | IrpOrigin::BuiltSynchronous
            )
        };
        let made = self.io.irps.get(&irp).is_some_and(|record| own(record.origin));
        made || self.pnp.watch.below.contains_key(&irp)
    }

    /// A request that is not for the hardware, came to the driver before `REMOVE`, and holds the remove lock. The driver
    /// sends `REMOVE` down first and waits for the lock then (page `wdm/nf-wdm-ioreleaseremovelockandwait`), so such a
    /// request may come later.
    fn was_on_its_way(&self, major: u8, irp: Addr) -> bool {
        matches!(major, IRP_MJ_POWER | IRP_MJ_SYSTEM_CONTROL) && self.holds_remove_lock(irp)
    }

    /// `REMOVE` arrived. Only a stack that is there can have left something, and gets nothing more afterwards.
    fn bus_is_removed(&mut self, pdo: Addr, about: &NeighbourFound) {
        let left = self.usb.in_flight(pdo);
        if left > 0 {
            self.object_to(about, NeighbourFault::RequestsLeft, 0, left as u64);
        }
        if self.top_of_stack(pdo).is_ok_and(|top| top != pdo) {
            self.pnp.watch.removed.insert(pdo);
        }
    }

    /// The bus answers an IRP. With enhanced I/O verification, success of a PnP or power IRP is another success.
    ///
    /// # Errors
    /// When it is no IRP.
    pub fn bus_answers(&mut self, irp: Addr, status: NtStatus) -> Result<NtStatus, Stop> {
        let major = self.current_location(irp)?.MajorFunction;
        let adjusted =
            self.pnp.enhanced && status == STATUS_SUCCESS && matches!(major, IRP_MJ_PNP | IRP_MJ_POWER);
        let status = if adjusted { ADJUSTED } else { status };
        self.bus_leaves(irp, status);
        Ok(status)
    }

    /// The bus completes an IRP with this status.
    pub fn bus_leaves(&mut self, irp: Addr, status: NtStatus) {
        if let Some(below) = self.pnp.watch.below.get_mut(&irp) {
            below.answered = Some(status);
        }
    }
}

/// A success that is not `STATUS_SUCCESS`, with the customer bit.
const ADJUSTED: NtStatus = NtStatus(0x2000_0001);

/// What is wrong with the status that an IRP came up with, and what was expected instead.
fn wrong_status(
    about: &NeighbourFound,
    answered: Option<NtStatus>,
    status: NtStatus,
) -> Option<(NeighbourFault, u64)> {
    match about.major {
        IRP_MJ_PNP if must_succeed(about.minor) && !status.is_success() => Some((NeighbourFault::Failed, 0)),
        IRP_MJ_PNP | IRP_MJ_SYSTEM_CONTROL => match answered {
            None if may_end_here(about.major, about.minor, status) => None,
            None => Some((NeighbourFault::NotPassedDown, 0)),
            Some(below) if below == status || may_differ(about, below, status) => None,
            Some(below) => Some((NeighbourFault::StatusChanged, u64::from(below.0))),
        },
        _ => None,
    }
}

/// PnP requests that no driver may fail.
const fn must_succeed(minor: u8) -> bool {
    matches!(
        minor,
        IRP_MN_REMOVE_DEVICE
            | IRP_MN_SURPRISE_REMOVAL
            | IRP_MN_CANCEL_REMOVE_DEVICE
            | IRP_MN_CANCEL_STOP_DEVICE
            | IRP_MN_STOP_DEVICE
    )
}

/// Requests that a function driver may complete without the bus.
const fn may_end_here(major: u8, minor: u8, status: NtStatus) -> bool {
    let queries = matches!(
        minor,
        IRP_MN_START_DEVICE
            | IRP_MN_QUERY_STOP_DEVICE
            | IRP_MN_QUERY_REMOVE_DEVICE
            | IRP_MN_DEVICE_USAGE_NOTIFICATION
            | IRP_MN_QUERY_CAPABILITIES
    );
    major == IRP_MJ_PNP && ((queries && !status.is_success()) || minor == IRP_MN_QUERY_INTERFACE)
}

/// Whether a function driver may answer otherwise than the bus did: it may fail what it may fail, and need not repeat
/// which success the bus meant.
const fn may_differ(about: &NeighbourFound, below: NtStatus, status: NtStatus) -> bool {
    let may_fail = may_end_here(about.major, about.minor, NtStatus(0xC000_0001));
    let both = below.is_success() && status.is_success();
    about.major == IRP_MJ_PNP && knows(about.major, about.minor) && (may_fail || both)
}

/// Whether function drivers have something to do for a request. The status of others is not theirs to change.
const fn knows(major: u8, minor: u8) -> bool {
    match major {
        IRP_MJ_PNP => {
            minor <= IRP_MN_SURPRISE_REMOVAL && !matches!(minor, 0x0E | IRP_MN_EJECT | IRP_MN_SET_LOCK)
        }
        IRP_MJ_POWER => minor <= 3,
        IRP_MJ_SYSTEM_CONTROL => false,
        _ => true,
    }
}

fn same_parameters(one: &IO_STACK_LOCATION, other: &IO_STACK_LOCATION) -> bool {
    let all = |at: &IO_STACK_LOCATION| {
        let of = at.Parameters;
        [of.Argument1, of.Argument2, of.Argument3, of.Argument4]
    };
    all(one) == all(other)
}

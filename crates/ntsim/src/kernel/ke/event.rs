//! Events.

use nt_trace::{
    ObjectKind,
    event::{Actor, EventCleared, EventInitialised, EventSignalled},
};

use crate::{
    abi::{DISPATCHER_HEADER, KEVENT, LIST_ENTRY},
    kernel::{
        Kernel,
        export::{Args, Export, HIGH_LEVEL, Handler, Returns},
    },
    mem::{Addr, BadAccess},
    sched::DISPATCH_LEVEL,
    stop::Stop,
};

/// `KeInitializeEvent` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "KeInitializeEvent",
        "wdm/nf-wdm-keinitializeevent",
        HIGH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(initialize_event),
    ),
    Export::new(
        "KeSetEvent",
        "wdm/nf-wdm-kesetevent",
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(set_event),
    ),
    Export::new(
        "KePulseEvent",
        "ntifs/nf-ntifs-kepulseevent",
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(pulse_event),
    ),
    Export::new(
        "KeClearEvent",
        "wdm/nf-wdm-keclearevent",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(clear_event),
    ),
    Export::new(
        "KeResetEvent",
        "wdm/nf-wdm-keresetevent",
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(clear_event),
    ),
    Export::new(
        "KeReadStateEvent",
        "wdm/nf-wdm-kereadstateevent",
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(read_state),
    ),
];

impl Kernel {
    /// Makes the memory at `event` an event.
    ///
    /// # Errors
    /// When it is not the driver's memory.
    pub fn event_initialize(&mut self, event: Addr, kind: u8, signalled: bool) -> Result<(), BadAccess> {
        let list = event.field(std::mem::offset_of!(DISPATCHER_HEADER, WaitListHead));
        let header = DISPATCHER_HEADER {
            Type: kind,
            Signalling: 0,
            Size: 6,
            Reserved1: 0,
            SignalState: i32::from(signalled),
            WaitListHead: LIST_ENTRY::empty(list),
        };
        self.mem.write(event, &KEVENT { Header: header })
    }

    /// Signals a dispatcher object: a notification object releases every waiter, another one the first.
    /// Gives the state that it had.
    ///
    /// # Errors
    /// When it is not the driver's memory.
    pub fn signal(&mut self, object: Addr) -> Result<i32, BadAccess> {
        let header: &mut DISPATCHER_HEADER = self.mem.at_mut(object)?;
        let before = std::mem::replace(&mut header.SignalState, 1);
        self.release_waiters(object)?;
        Ok(before)
    }
}

/// Whether a wait for such an object takes its signal away.
pub(super) const fn is_synchronization(kind: u8) -> bool {
    kind == DISPATCHER_HEADER::SYNCHRONIZATION_EVENT || kind == DISPATCHER_HEADER::TIMER_SYNCHRONIZATION
}

fn initialize_event(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (event, kind) = (args.pointer(kernel, 0)?, args.ulong(kernel, 1)?);
    let signalled = args.byte(kernel, 2)? != 0;
    let synchronization = kind == u32::from(DISPATCHER_HEADER::SYNCHRONIZATION_EVENT);
    kernel.event_initialize(event, u8::from(synchronization), signalled)?;
    let object = kernel.rename(event, ObjectKind::Event);
    kernel.emit(EventInitialised { object, synchronization, signalled });
    Ok(0)
}

fn set_event(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let event = args.pointer(kernel, 0)?;
    let wait = args.byte(kernel, 2)? != 0;
    let object = kernel.name_of(event, ObjectKind::Event);
    kernel.emit(EventSignalled { object, by: Actor::Driver, wait });
    Ok(i64::from(kernel.signal(event)?).cast_unsigned())
}

/// Lets go whoever waits now, and nobody later.
fn pulse_event(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let before = set_event(kernel, args)?;
    let event = args.pointer(kernel, 0)?;
    kernel.mem.at_mut::<DISPATCHER_HEADER>(event)?.SignalState = 0;
    Ok(before)
}

fn clear_event(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let event = args.pointer(kernel, 0)?;
    let object = kernel.name_of(event, ObjectKind::Event);
    let header: &mut DISPATCHER_HEADER = kernel.mem.at_mut(event)?;
    let before = std::mem::replace(&mut header.SignalState, 0);
    kernel.emit(EventCleared { object });
    Ok(i64::from(before).cast_unsigned())
}

fn read_state(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let event = args.pointer(kernel, 0)?;
    Ok(i64::from(kernel.mem.at::<DISPATCHER_HEADER>(event)?.SignalState).cast_unsigned())
}

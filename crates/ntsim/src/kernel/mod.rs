//! The kernel: what the driver's imports do, and the state they share.
//!
//! [`Kernel`] is borrowed for one step at a time: a synchronous routine gets `&mut Kernel`, async code takes
//! it from its [`Cpu`](crate::sched::Cpu) between awaits. For what builds on this (PnP manager, USB stack,
//! scenarios) the surface is:
//!
//! - **Drivers of the simulator's own** ([`io::SimDriver`]): a dispatch routine that is an async function.
//!   [`Kernel::create_driver`], [`Kernel::create_device`], [`Kernel::attach_device`],
//!   [`Kernel::detach_device`], [`Kernel::delete_device`].
//! - **IRPs**: [`io::send_irp`] builds one, sends it, waits for it and gives its status (PnP and power
//!   manager). [`io::call_driver`], [`io::complete_request`], [`io::cancel_irp`] are the I/O manager's
//!   routines for code that holds an IRP; [`Kernel::set_completion`] and [`Kernel::set_cancel`] give it Rust
//!   closures as routines, [`Kernel::mark_pending`], [`Kernel::skip_location`], [`Kernel::copy_location`]
//!   are the inline ones. [`io::forward`] and [`io::forward_and_wait`] are the usual combinations.
//! - **User mode** ([`io::user`]): processes with handles; open, start a request, wait, cancel, close, exit.
//! - **The driver's callbacks**: [`callback::call`], bracketed in the trace.
//! - **Tables that others fill**: [`io::Io::registry`], [`io::Io::properties`], [`io::Io::create_refused`].
//! - **Exports**: a module that adds routines (the USB stack) lists them in [`exports::TABLES`].
#![expect(
    clippy::cast_possible_truncation,
    clippy::future_not_send,
    clippy::unnecessary_wraps,
    reason = "arguments are halves of registers; a machine stays on its thread; routines have one signature"
)]

pub mod bug_check;
mod c_runtime;
pub mod callback;
mod contiguous;
mod counted_strings;
mod debug_print;
mod emulate;
mod etw;
mod ex;
pub mod export;
pub mod exports;
pub mod fault;
mod format;
pub mod interruption;
pub mod io;
pub mod ke;
pub mod leak;
mod memory;
mod misc;
mod mm;
mod object;
mod pool;
mod process;
mod registry;
mod registry_keys;
mod registry_values;
mod rtl;
pub mod shadow;
pub mod snapshot;
mod system;
mod system_thread;
#[cfg(test)]
pub(crate) mod tests;
pub mod trace;
mod unload;
mod user_access;
mod variables;

use nt_trace::{
    Arg, NtStatus, ObjectKind,
    event::{Call, Return},
};

pub use etw::Session;
pub(crate) use etw::listen;
pub use pool::{Block, Pool};
pub use registry::{Key, RegistryValue};

use crate::{
    inf::Installation,
    mem::{Addr, BadAccess, Mem, State},
    sched::{DISPATCH_LEVEL, Sched},
    stop::Stop,
};
use export::{Args, Export, Handler, Returns};

/// Everything the kernel knows, in one place. Kernel routines borrow it for one call; async code borrows it
/// between awaits.
#[derive(Debug)]
pub struct Kernel {
    /// The machine's memory.
    pub mem: Mem,
    /// Threads and time.
    pub sched: Sched,
    /// What each import of the image is bound to, by the import's number.
    pub imports: Vec<&'static Export>,
    /// What happened.
    pub trace: trace::Trace,
    /// Where threads are in the driver.
    pub snapshots: snapshot::Snapshots,
    /// Unwinds the driver's stacks; none before it is loaded.
    pub unwind: Option<crate::image::Unwind>,
    /// Which calls fail.
    pub faults: fault::Faults,
    /// Pool blocks.
    pub pool: Pool,
    /// Waiters, spin locks, DPCs, timers.
    pub ke: ke::Ke,
    /// Devices, IRPs, files and all that belongs to them.
    pub io: io::Io,
    /// The USB driver stack below the driver.
    pub usb: crate::usb::Usb,
    /// Miniport drivers and their adapters.
    pub ndis: crate::ndis::Ndis,
    /// Devices that are elsewhere.
    pub outside: crate::usbip::Outside,
    /// What the PnP manager knows.
    pub pnp: crate::pnp::Pnp,
    /// What the power manager knows.
    pub power: crate::power::Power,
    system_threads: system_thread::SystemThreads,
    ex: ex::Ex,
    callbacks: callback::Callbacks,
    etw: etw::Etw,
    /// The image's functions, by which exceptions find their handlers.
    pub function_table: interruption::FunctionTable,
    /// What an INF file installed, for every life.
    pub installation: Option<Installation>,
    /// Parts of the image that are gone when `DriverEntry` has returned.
    pub discardable: Vec<std::ops::Range<Addr>>,
    /// The structure that `IoGetConfigurationInformation` gives, NULL before the first call.
    configuration_information: Addr,
    /// Bytes that the driver had `memcpy` and its siblings copy in this life.
    pub copied: u64,
    site: Addr,
    /// How often driver code has run, since the machine was made.
    runs: u64,
    /// The run after which the flags of the driver's device objects were compared.
    flags_compared: u64,
}

impl Kernel {
    /// A kernel without a driver.
    #[must_use]
    pub fn new(mem: Mem, sched: Sched) -> Self {
        Self {
            mem,
            sched,
            imports: Vec::new(),
            trace: trace::Trace::default(),
            snapshots: snapshot::Snapshots::default(),
            unwind: None,
            faults: fault::Faults::default(),
            pool: Pool::default(),
            ke: ke::Ke::default(),
            io: io::Io::default(),
            usb: crate::usb::Usb::default(),
            ndis: crate::ndis::Ndis::default(),
            outside: crate::usbip::Outside::default(),
            pnp: crate::pnp::Pnp::default(),
            power: crate::power::Power::default(),
            system_threads: system_thread::SystemThreads::default(),
            ex: ex::Ex::default(),
            callbacks: callback::Callbacks::new(),
            etw: etw::Etw::default(),
            function_table: interruption::FunctionTable::default(),
            installation: None,
            discardable: Vec::new(),
            configuration_information: Addr::NULL,
            copied: 0,
            site: Addr::NULL,
            runs: 1,
            flags_compared: 0,
        }
    }

    /// Forgets a life: every object, thread and event. The image and its imports stay.
    ///
    /// # Errors
    /// What the host says when it refuses to change a protection.
    pub fn reset(&mut self, sched: Sched) -> Result<(), Stop> {
        self.mem.reset()?;
        self.sched = sched;
        self.trace.reset();
        self.snapshots.reset();
        self.faults.reset();
        self.pool = Pool::default();
        self.ke = ke::Ke::default();
        self.io = io::Io::default();
        self.usb = crate::usb::Usb::default();
        self.ndis = crate::ndis::Ndis::default();
        self.outside.new_life();
        self.pnp = crate::pnp::Pnp::default();
        self.power = crate::power::Power::default();
        self.system_threads = system_thread::SystemThreads::default();
        self.ex = ex::Ex::default();
        self.callbacks.clear();
        self.etw = etw::Etw::default();
        self.configuration_information = Addr::NULL;
        self.copied = 0;
        self.site = Addr::NULL;
        Ok(())
    }

    /// Makes the driver's view of memory what the running thread is to see. To be called before driver code runs.
    ///
    /// # Errors
    /// What the host says when it refuses to open or close pages.
    pub fn settle_memory(&mut self) -> Result<(), Stop> {
        self.runs += 1;
        self.look_at_level();
        Ok(self.mem.settle()?)
    }

    /// Routines run at the level of the thread that called them: they reach no more than it does.
    fn look_at_level(&mut self) {
        let reachable = self.sched.irql() < DISPATCH_LEVEL;
        self.mem.set_pageable_reachable(reachable);
    }

    /// Where the kernel call that is being answered returns to; NULL outside of calls.
    #[must_use]
    pub const fn site(&self) -> Addr {
        self.site
    }

    /// Notes where the kernel call that is answered next returns to.
    pub fn set_site(&mut self, site: Addr) {
        self.look_at_level();
        self.site = site;
    }

    /// The driver enters import number `index`: traces the call and gives the routine's code.
    ///
    /// # Errors
    /// When there is no such import.
    pub fn enter_call(&mut self, index: usize, args: Args) -> Result<Handler, Stop> {
        let export = *self.imports.get(index).ok_or_else(|| Stop::Host("no such import".into()))?;
        self.sync_thread();
        let first = args.pointer(self, 0)?;
        let second = args.pointer(self, 1)?;
        self.sync_irp(first);
        self.sync_irp(second);
        self.check_deleted(first)?;
        let shown = nt_trace::Args::none().with(self.shown(first)).with(self.shown(second));
        self.snapshots.enter(self.sched.current(), args);
        self.emit(Call { routine: export.name.into(), args: shown });
        Ok(export.handler)
    }

    /// A routine works on the driver's behalf: it may not be given what the driver may not touch either.
    fn check_deleted(&self, argument: Addr) -> Result<(), Stop> {
        let Some(object) = self.mem.object_at(argument) else { return Ok(()) };
        if object.state != State::Revoked || object.id.kind != ObjectKind::Device {
            return Ok(());
        }
        let (address, id) = (argument, object.id);
        Err(Stop::BadAccess(BadAccess::Freed { address, object: id, freed_at: self.site }))
    }

    /// The routine is about to return `value` to the driver.
    pub fn leave_call(&mut self, index: usize, value: u64) {
        let Some(export) = self.imports.get(index).copied() else { return };
        let value = match export.returns {
            Returns::Void => Arg::Void,
            Returns::Status => Arg::Status(callback::low_half(value)),
            Returns::Pointer => self.shown(Addr(value)),
            Returns::Number => Arg::Number(value),
            Returns::Boolean => Arg::Bool(value & 0xFF != 0),
        };
        self.emit(Return { routine: export.name.into(), value });
        self.snapshots.leave(self.sched.current());
    }

    /// A pointer as a trace shows it: the object it points to, if any. Other values are left out: a register
    /// that holds no argument holds what the host left there.
    fn shown(&self, value: Addr) -> Arg {
        self.mem.object_at(value).map_or(Arg::Void, |object| Arg::Object(object.id))
    }
}

/// What a routine that returns `NTSTATUS` returns.
const fn answer(status: NtStatus) -> u64 {
    status.0 as u64
}

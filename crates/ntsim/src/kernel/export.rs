//! What a kernel routine is to the machine: its name, its contract and its code.

use std::{future::Future, pin::Pin};

use crate::{
    kernel::Kernel,
    mem::{Addr, BadAccess},
    sched::Cpu,
    stop::Stop,
};

/// The arguments of a call: eight bytes each, on the driver's stack.
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// Where the first one lies.
    pub base: Addr,
    /// Where the call returns to.
    pub site: Addr,
}

impl Args {
    /// Argument number `index`, from 0. Narrow types have undefined upper bits: cut them.
    ///
    /// # Errors
    /// When the driver's stack ends before it.
    pub fn get(self, kernel: &Kernel, index: u64) -> Result<u64, BadAccess> {
        kernel.mem.read(self.base.add(index * 8))
    }

    /// Argument number `index` as an address.
    ///
    /// # Errors
    /// When the driver's stack ends before it.
    pub fn pointer(self, kernel: &Kernel, index: u64) -> Result<Addr, BadAccess> {
        self.get(kernel, index).map(Addr)
    }

    /// Argument number `index` as a `ULONG`.
    ///
    /// # Errors
    /// When the driver's stack ends before it.
    pub fn ulong(self, kernel: &Kernel, index: u64) -> Result<u32, BadAccess> {
        // CAST: a ULONG is the lower half of its slot.
        self.get(kernel, index).map(|value| value as u32)
    }

    /// Argument number `index` as a `BOOLEAN` or `KIRQL`.
    ///
    /// # Errors
    /// When the driver's stack ends before it.
    pub fn byte(self, kernel: &Kernel, index: u64) -> Result<u8, BadAccess> {
        // CAST: a byte-sized argument is the lowest byte of its slot.
        self.get(kernel, index).map(|value| value as u8)
    }
}

/// What an async routine's code is.
pub type RoutineFuture = Pin<Box<dyn Future<Output = Result<u64, Stop>>>>;

/// A routine's code.
#[derive(Clone, Copy)]
pub enum Handler {
    /// Neither waits nor calls back.
    Sync(fn(&mut Kernel, Args) -> Result<u64, Stop>),
    /// Answers at once where it can (`Some`), otherwise goes on as async code.
    Try(fn(&mut Kernel, Args) -> Result<Option<u64>, Stop>, fn(Cpu, Args) -> RoutineFuture),
    /// Waits, or calls the driver.
    Async(fn(Cpu, Args) -> RoutineFuture),
    /// Not a routine but a variable: the address is in its slot.
    Data(fn(&mut Kernel) -> Result<Addr, Stop>),
}

impl std::fmt::Debug for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sync(_) => "Sync",
            Self::Try(..) => "Try",
            Self::Async(_) => "Async",
            Self::Data(_) => "Data",
        })
    }
}

/// How a result is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// `VOID`
    Void,
    /// `NTSTATUS`
    Status,
    /// A pointer, shown as the object it points to.
    Pointer,
    /// A number.
    Number,
    /// `BOOLEAN`
    Boolean,
}

/// One exported routine.
#[derive(Clone, Copy, Debug)]
pub struct Export {
    /// The exporting module, in lower case, for example `ntoskrnl.exe`.
    pub module: &'static str,
    /// The routine's name.
    pub name: &'static str,
    /// The documentation page that it was written from, as in `wdm/nf-wdm-iocreatedevice`.
    pub page: &'static str,
    /// Highest `IRQL` at which it may be called.
    pub max_irql: u8,
    /// How its result is shown.
    pub returns: Returns,
    /// Statuses that it documents for failing, each a fault that a campaign can inject. A routine that
    /// reports failure by NULL lists the status that stands for it.
    pub failures: &'static [u32],
    /// Its code.
    pub handler: Handler,
}

/// The highest `IRQL`: the routine may be called at any.
pub const HIGH_LEVEL: u8 = 15;

impl Export {
    /// A routine of the kernel image.
    #[must_use]
    pub const fn new(
        name: &'static str,
        page: &'static str,
        max_irql: u8,
        returns: Returns,
        failures: &'static [u32],
        handler: Handler,
    ) -> Self {
        Self { module: "ntoskrnl.exe", name, page, max_irql, returns, failures, handler }
    }
}

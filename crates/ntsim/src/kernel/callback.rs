//! Calls into the driver: traced, and with a look at the IRPs concerned before and after.

use std::collections::BTreeMap;

use nt_trace::{
    NtStatus, ObjectId,
    event::{Callback, CallbackEnter, CallbackLeave},
};

use super::Kernel;
use crate::{
    cpu::MAX_ARGUMENTS,
    mem::Addr,
    sched::{Cpu, ThreadId},
    stop::Stop,
};

/// A callback that a thread is in.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The device object passed, NULL for none.
    pub device: Addr,
    /// The IRP passed, NULL for none.
    pub irp: Addr,
}

/// The callbacks that each thread is in, innermost last.
pub type Callbacks = BTreeMap<ThreadId, Vec<Frame>>;

/// Calls a routine of the driver that has nothing to do with an IRP.
///
/// # Errors
/// When the machine stops.
pub async fn call(cpu: &Cpu, what: Callback, routine: Addr, arguments: &[Addr]) -> Result<u64, Stop> {
    call_in(cpu, what, routine, arguments, Frame { device: Addr::NULL, irp: Addr::NULL }).await
}

/// Calls a routine of the driver; `frame` says what it was given.
///
/// # Errors
/// When the machine stops.
pub async fn call_in(
    cpu: &Cpu,
    what: Callback,
    routine: Addr,
    arguments: &[Addr],
    frame: Frame,
) -> Result<u64, Stop> {
    let irql = {
        let mut kernel = cpu.k();
        kernel.sync_thread();
        kernel.irp_came_back(frame.irp);
        kernel.emit_at(None, CallbackEnter { callback: what });
        kernel.callbacks.entry(cpu.thread()).or_default().push(frame);
        kernel.sched.irql()
    };
    let mut values = [0; MAX_ARGUMENTS];
    for (value, argument) in values.iter_mut().zip(arguments) {
        *value = argument.0;
    }
    let result = cpu.call(routine, values.get(..arguments.len()).unwrap_or(&[])).await;
    let mut kernel = cpu.k();
    kernel.sync_thread();
    if let Some(frames) = kernel.callbacks.get_mut(&cpu.thread()) {
        frames.pop();
        if frames.is_empty() {
            kernel.callbacks.remove(&cpu.thread());
        }
    }
    let status = if returns_status(&what) { low_half(result) } else { NtStatus::SUCCESS };
    kernel.emit_at(None, CallbackLeave { callback: what, status });
    if !matches!(what, Callback::Cancel { .. }) {
        // A callback that left at another level is reported; what follows shall not be about it as well.
        kernel.sched.set_irql(irql);
    }
    Ok(result)
}

/// The `NTSTATUS` in a register.
#[must_use]
pub const fn low_half(value: u64) -> NtStatus {
    // CAST: an NTSTATUS is the lower half of the register.
    NtStatus(value as u32)
}

const fn returns_status(what: &Callback) -> bool {
    matches!(
        what,
        Callback::DriverEntry
            | Callback::AddDevice { .. }
            | Callback::Dispatch { .. }
            | Callback::Completion { .. }
            | Callback::MiniportSetOptions { .. }
            | Callback::MiniportInitialize { .. }
    )
}

impl Kernel {
    /// The innermost callback of the driver that the current thread is in.
    #[must_use]
    pub fn frame(&self) -> Option<Frame> {
        self.callbacks.get(&self.sched.current())?.last().copied()
    }

    /// The device object that the driver acts for: the one its innermost callback was given.
    #[must_use]
    pub fn acting_device(&self) -> Addr {
        let frames = self.callbacks.get(&self.sched.current());
        let devices = frames.into_iter().flatten().rev().map(|frame| frame.device);
        devices.into_iter().find(|device| !device.is_null()).unwrap_or(Addr::NULL)
    }

    /// Its name.
    #[must_use]
    pub fn acting_device_name(&self) -> ObjectId {
        self.object(self.acting_device())
    }
}

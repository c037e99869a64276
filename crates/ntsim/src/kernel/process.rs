//! Threads and processes, as far as a driver can name them. Their objects are addresses that nothing lies at.

use super::{
    Kernel,
    export::{Args, Export, HIGH_LEVEL, Handler, Returns},
};
use crate::{mem::Addr, sched::ThreadId, stop::Stop};

/// `IoGetCurrentProcess` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IoGetCurrentProcess",
        CURRENT,
        HIGH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Sync(current_process),
    ),
    Export::new(
        "PsGetCurrentProcess",
        CURRENT,
        HIGH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Sync(current_process),
    ),
    Export::new(
        "PsGetCurrentProcessId",
        "ntddk/nf-ntddk-psgetcurrentprocessid",
        HIGH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(current_process_id),
    ),
    Export::new(
        "PsGetCurrentThread",
        "wdm/nf-wdm-psgetcurrentthread",
        HIGH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Sync(current_thread),
    ),
    Export::new(
        "KeGetCurrentThread",
        "wdm/nf-wdm-kegetcurrentthread",
        HIGH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Sync(current_thread),
    ),
];

const CURRENT: &str = "wdm/nf-wdm-iogetcurrentprocess";
/// Where thread and process objects would lie: in no arena.
const THREADS: u64 = 0xFFFF_8100_0000_0000;
pub(super) const PROCESSES: u64 = 0xFFFF_8200_0000_0000;
const STRIDE: u64 = 0x1000;

/// The address that the object of a thread goes by that the driver did not make.
#[must_use]
pub(super) const fn thread_address(thread: ThreadId) -> Addr {
    Addr(THREADS + thread.0 as u64 * STRIDE)
}

fn current_process(kernel: &mut Kernel, _: Args) -> Result<u64, Stop> {
    Ok(PROCESSES + u64::from(kernel.current_process()) * STRIDE)
}

/// Process identifiers are multiples of four; the system process is 4.
fn current_process_id(kernel: &mut Kernel, _: Args) -> Result<u64, Stop> {
    Ok(4 + u64::from(kernel.current_process()) * 4)
}

fn current_thread(kernel: &mut Kernel, _: Args) -> Result<u64, Stop> {
    Ok(kernel.thread_object(kernel.sched.current()).0)
}

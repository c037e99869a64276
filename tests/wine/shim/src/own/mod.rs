//! Routines that Wine 8 lacks, or of which it has no more than the name: each after its page.
#![expect(non_snake_case, reason = "the names are the kernel's")]

mod device;
mod etw;
mod mdl;
mod memory;
mod power;
mod processor;
mod time;

pub use device::IoInvalidateDeviceState;
pub use etw::{EtwRegister, EtwSetInformation, EtwUnregister, EtwWriteTransfer};
pub use mdl::{
    IoBuildPartialMdl, MmBuildMdlForNonPagedPool, MmMapLockedPagesSpecifyCache, MmUnmapLockedPages,
};
pub use memory::ExAllocatePool2;
pub use power::{PoRequestPowerIrp, PoSetPowerState};
pub use processor::{KeFlushQueuedDpcs, KeGetCurrentIrql, KeInitializeDpc};
pub use time::{KeQueryInterruptTimePrecise, KeQuerySystemTimePrecise, KeQueryUnbiasedInterruptTime};

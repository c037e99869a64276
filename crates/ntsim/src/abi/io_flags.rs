//! Flags of IRPs, their stack locations and completion (wdm.h).

/// The dispatch routine marked the IRP pending.
pub const SL_PENDING_RETURNED: u8 = 0x01;
pub const SL_ERROR_RETURNED: u8 = 0x02;
pub const SL_INVOKE_ON_CANCEL: u8 = 0x20;
pub const SL_INVOKE_ON_SUCCESS: u8 = 0x40;
pub const SL_INVOKE_ON_ERROR: u8 = 0x80;

pub const IRP_NOCACHE: u32 = 0x0000_0001;
pub const IRP_SYNCHRONOUS_API: u32 = 0x0000_0004;
pub const IRP_CREATE_OPERATION: u32 = 0x0000_0008;
pub const IRP_BUFFERED_IO: u32 = 0x0000_0010;
pub const IRP_DEALLOCATE_BUFFER: u32 = 0x0000_0020;
pub const IRP_INPUT_OPERATION: u32 = 0x0000_0040;
pub const IRP_READ_OPERATION: u32 = 0x0000_0100;
pub const IRP_WRITE_OPERATION: u32 = 0x0000_0200;
pub const IRP_CLOSE_OPERATION: u32 = 0x0000_0400;
pub const IRP_DEFER_IO_COMPLETION: u32 = 0x0000_0800;

pub const KERNEL_MODE: u8 = 0;
pub const USER_MODE: u8 = 1;

/// `IoCompleteRequest`'s boost for requests that took no time.
pub const IO_NO_INCREMENT: u8 = 0;

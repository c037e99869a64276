//! The kernel's structures and numbers as a driver sees them: x64 layouts of the published WDK headers.
//!
//! Every structure carries Microsoft's names, derives zerocopy's traits (padding is explicit) and holds
//! pointers as [`Addr`](crate::mem::Addr), so [`Mem`](crate::mem::Mem) can lend it in place. `layout.rs`
//! asserts size, alignment and each field's offset against a list made from the real headers.
#![expect(
    missing_docs,
    non_snake_case,
    reason = "names and fields are Microsoft's; each structure's page describes its fields"
)]

mod device_capabilities;
mod device_object;
mod dispatcher;
mod driver_object;
mod file_object;
mod guid;
mod interface;
mod io_remove_lock;
mod io_stack_location;
mod irp;
mod kdpc;
#[cfg(test)]
mod layout;
mod list_entry;
mod mdl;
mod unicode_string;

pub mod device_flags;
pub mod io_flags;
pub mod ioctl;
pub mod irp_major;
pub mod irp_minor;
pub mod power;
pub mod registry;
pub mod status;
pub mod urb;
pub mod usbd_status;

pub use device_capabilities::DEVICE_CAPABILITIES;
pub use device_object::{DEVICE_OBJECT, DEVOBJ_EXTENSION, KDEVICE_QUEUE};
pub use dispatcher::{DISPATCHER_HEADER, FAST_MUTEX, KEVENT, KMUTANT, KSEMAPHORE, KTIMER};
pub use driver_object::{DRIVER_EXTENSION, DRIVER_OBJECT};
pub use file_object::FILE_OBJECT;
pub use guid::GUID;
pub use interface::{DEVICE_RELATIONS, INTERFACE};
pub use io_remove_lock::{IO_REMOVE_LOCK, IO_REMOVE_LOCK_DBG_BLOCK, IO_REMOVE_LOCK_VERIFIED};
pub use io_stack_location::{
    CREATE_PARAMETERS, DEVICE_CAPABILITIES_PARAMETERS, DEVICE_IO_CONTROL_PARAMETERS, IO_PARAMETERS,
    IO_STACK_LOCATION, POWER_PARAMETERS, QUERY_DEVICE_RELATIONS_PARAMETERS, QUERY_ID_PARAMETERS,
    QUERY_INTERFACE_PARAMETERS, READ_PARAMETERS, START_DEVICE_PARAMETERS, USAGE_NOTIFICATION_PARAMETERS,
    WMI_PARAMETERS,
};
pub use irp::{IO_STATUS_BLOCK, IRP, IRP_TAIL_OVERLAY};
pub use kdpc::KDPC;
pub use list_entry::LIST_ENTRY;
pub use mdl::MDL;
pub use unicode_string::UNICODE_STRING;

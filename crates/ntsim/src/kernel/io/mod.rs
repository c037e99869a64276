//! The I/O manager.

mod build;
mod call;
mod cancel;
mod complete;
mod csq;
mod device;
mod device_exports;
mod driver;
mod error_log;
mod interface;
mod invariant;
mod irp;
mod irp_exports;
mod mdl;
mod mdl_exports;
mod names;
mod owner;
mod property;
mod queued;
mod remove_lock;
mod send;
mod share_access;
mod shutdown;
pub mod user;
pub mod wmi;
mod work_item;

use std::collections::BTreeMap;

use nt_trace::NtStatus;

pub use call::call_driver;
pub use cancel::cancel_irp;
pub use complete::complete_request;
pub use device::{Device, DeviceSpec};
pub use driver::{LocalFuture, SimDriver};
pub use interface::Interface;
pub use invariant::first_difference;
pub use irp::{CancelRoutine, Completion, Finish, Irp, IrpSpec};
pub use mdl::MdlRecord;
pub use remove_lock::RemoveLock;
pub use send::{IoStatus, forward, forward_and_wait, send_irp};
pub use shutdown::tell_of_shutdown;

use super::{export::Export, registry::Registry};
use crate::{abi::GUID, mem::Addr};

/// The routines of this part.
pub const EXPORTS: &[&[Export]] = &[
    build::EXPORTS,
    csq::EXPORTS,
    device_exports::EXPORTS,
    error_log::EXPORTS,
    interface::EXPORTS,
    irp_exports::EXPORTS,
    mdl_exports::EXPORTS,
    names::EXPORTS,
    property::EXPORTS,
    remove_lock::EXPORTS,
    share_access::EXPORTS,
    shutdown::EXPORTS,
    wmi::EXPORTS,
    work_item::EXPORTS,
];

/// What a routine pointer holds where the routine is Rust code of the simulator: not NULL, and no code.
pub const HOST_ROUTINE: Addr = Addr(0xFFFF_8000_0000_1000);

/// Everything the I/O manager knows.
#[derive(Debug, Default)]
pub struct Io {
    /// Driver objects and their names.
    pub drivers: BTreeMap<Addr, driver::Driver>,
    /// Device objects, deleted ones included until their memory goes.
    pub devices: BTreeMap<Addr, Device>,
    /// Device objects of the driver under test, in order of creation.
    pub driver_devices: Vec<Addr>,
    /// IRPs that are allocated.
    pub irps: BTreeMap<Addr, Irp>,
    /// MDLs that are allocated.
    pub mdls: BTreeMap<Addr, MdlRecord>,
    /// Remove locks that were initialised.
    pub remove_locks: BTreeMap<Addr, RemoveLock>,
    /// Work items that are allocated.
    pub work_items: BTreeMap<Addr, work_item::WorkItem>,
    /// Device interfaces by symbolic link.
    pub interfaces: BTreeMap<String, Interface>,
    /// Registry keys that the driver can open, and the handles it holds.
    pub registry: Registry,
    /// Device properties by physical device object and `DEVICE_REGISTRY_PROPERTY`.
    pub properties: BTreeMap<(Addr, u32), Vec<u8>>,
    /// Unified device properties by physical device object, key and identifier.
    pub unified_properties: BTreeMap<(Addr, GUID, u32), Vec<u8>>,
    /// What a CREATE of a physical device object's stack is refused with, without asking the stack.
    pub create_refused: BTreeMap<Addr, NtStatus>,
    /// Physical device objects for which `IoInvalidateDeviceState` was called; the PnP manager takes them.
    pub invalidated: Vec<Addr>,
    /// Device objects that provide data to WMI.
    pub wmi: wmi::Wmi,
    /// Names of device objects.
    names: names::Names,
    /// Device objects whose stacks are told of the system's shutdown, in order of registration.
    told_of_shutdown: Vec<Addr>,
    /// Files, processes, handles, requests.
    pub user: user::UserMode,
}

//! NDIS, as far as a miniport driver meets it in its initialisation.
//!
//! A driver that calls `NdisMRegisterMiniportDriver` in `DriverEntry` leaves its driver object to NDIS: its `AddDevice`,
//! its dispatch routines and its `Unload` are those of this module. The PnP manager's requests come here, and the driver
//! is called back at `MiniportInitializeEx`, `MiniportDevicePnPEventNotify`, `MiniportHaltEx` and `MiniportDriverUnload`.
//!
//! What is left out: no protocol driver binds to an adapter and no filter attaches to it, so it stays paused from its
//! initialisation to its halt, and nobody calls `MiniportRestart`, `MiniportPause`, `MiniportOidRequest` and the handlers
//! of sends, receives and resets. An adapter is not halted when the system sleeps: power requests are passed down. What
//! the attributes say of the network is taken and not looked at. A driver that imports another routine of `ndis.sys` is
//! refused when it is loaded, as for every module.
//!
//! The files that a driver can open are those that the script has put on the disk, by their whole names in the system's
//! object namespace: the page does not say in which directory a shorter name would be looked for.
//!
//! Pages: [Adding a NIC](https://learn.microsoft.com/windows-hardware/drivers/network/adding-a-nic),
//! [Removing a NIC](https://learn.microsoft.com/windows-hardware/drivers/network/removing-a-nic),
//! [Initializing a Miniport Driver](https://learn.microsoft.com/windows-hardware/drivers/network/initializing-a-miniport-driver),
//! [Initializing a Miniport Adapter](https://learn.microsoft.com/windows-hardware/drivers/network/initializing-a-miniport-adapter)

mod abi;
mod adapter;
mod attributes;
mod callbacks;
mod driver;
mod file;
mod status;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use adapter::add_device;
pub use driver::unload;

use crate::{kernel::export::Export, kernel::leak::Left, mem::Addr};

/// The module that an image imports these routines from.
const NDIS: &str = "ndis.sys";

/// What such a life leaves open.
pub const NOT_CHECKED: &str = "NDIS: adapters stay paused (no protocol binds, nothing is sent or asked for), and power does not halt them";

/// The routines of this module.
pub const EXPORTS: &[&[Export]] = &[attributes::EXPORTS, driver::EXPORTS, file::EXPORTS];

/// What NDIS knows.
#[derive(Debug, Default)]
pub struct Ndis {
    /// What is on the disk, by name in small letters.
    disk: BTreeMap<String, Vec<u8>>,
    /// Miniport drivers that are registered, by handle.
    miniports: BTreeMap<Addr, driver::Miniport>,
    /// Adapters, by handle.
    adapters: BTreeMap<Addr, adapter::Adapter>,
    /// Files that were opened, by handle, closed ones included: their addresses are never used again.
    files: BTreeMap<Addr, file::File>,
}

impl Ndis {
    /// Puts a file on the disk, in place of what was there under this name.
    pub fn put_on_disk(&mut self, name: &str, contents: Vec<u8>) {
        self.disk.insert(name.to_lowercase(), contents);
    }

    /// Registrations that were not given back.
    pub(crate) fn left(&self) -> impl Iterator<Item = Left> {
        self.miniports.values().map(|miniport| Left {
            object: miniport.id,
            what: "registration with NDIS".into(),
            site: miniport.site,
        })
    }
}

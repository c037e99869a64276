//! The USB driver stack below the client: its routines, its physical device objects, and the devices behind.
//!
//! A bus driver of the simulator's own has one physical device object for every plugged device. URBs that
//! arrive there are checked as the documentation lets the real stack check them, turned into transfers of a
//! [device model](usb_models), and completed in the way that [`Options`] say. The handle API (usbdex) and the
//! descriptor helpers (usbd.sys) are exports.
//!
//! What builds on this uses [`plug`], [`unplug`], [`poke`], [`cycle_port`], [`Knobs`] and [`Usb::take_cycled`].
//!
//! Not modelled: `USB_BUS_INTERFACE_USBDI`, Microsoft OS descriptors, path delays of isochronous pipes, and bandwidth: every
//! setting that a device has can be selected.

mod buffer;
mod bus;
mod capability;
mod complete;
mod completion;
mod control;
mod data;
mod descriptors;
mod device;
mod elsewhere;
mod engine;
mod face;
mod function;
mod handle;
mod idle;
mod interface_info;
mod invariant;
mod isochronous;
mod knobs;
mod left;
mod limits;
mod parse;
mod pipe;
mod plug;
mod pnp;
mod port;
mod power;
mod query_id;
mod select;
mod select_urb;
mod status;
mod streams;
mod submit;
#[cfg(test)]
mod tests;
mod transfer;
mod urb;
mod validate;

use std::collections::BTreeMap;

use nt_trace::ObjectId;

pub use completion::Completion;
pub(crate) use elsewhere::{hear, pump};
pub use face::Face;
pub use knobs::Knobs;
pub use plug::{Options, cycle_port, options_of, plug, poke, pull, unplug};
pub use power::{signal_wake, system_sleeps, system_wakes};

use crate::{kernel::export::Export, mem::Addr};
use device::Device;
use handle::Handle;
use urb::Urb;

/// The routines of usbdex and usbd.sys.
pub const EXPORTS: &[&[Export]] =
    &[handle::EXPORTS, capability::EXPORTS, urb::EXPORTS, select_urb::EXPORTS, descriptors::EXPORTS];

/// The module that the handle API is imported from. In the WDK it is static code.
const USBDEX: &str = "usbdex.sys";
/// The module that the descriptor helpers are imported from.
const USBD: &str = "usbd.sys";

/// Everything the USB stack knows.
#[derive(Debug, Default)]
pub struct Usb {
    /// What is made to fail, by Microsoft's names.
    pub knobs: Knobs,
    /// The bus driver's driver object, NULL before the first device is plugged.
    driver: Addr,
    devices: BTreeMap<Addr, Device>,
    handles: BTreeMap<Addr, Handle>,
    urbs: BTreeMap<Addr, Urb>,
    pipe_names: BTreeMap<Addr, ObjectId>,
    /// How many handles of pipes and configurations were given.
    tokens: u64,
    transfers: u64,
    ports: u32,
    cycled: Vec<Addr>,
    vanished: Vec<Addr>,
}

impl Usb {
    /// Physical device objects whose port was cycled, by the driver or by the hub itself: the PnP manager takes
    /// them through a surprise removal and finds the device anew.
    pub fn take_cycled(&mut self) -> Vec<Addr> {
        std::mem::take(&mut self.cycled)
    }

    /// Physical device objects whose device has gone by itself: the PnP manager takes them through a surprise removal.
    pub fn take_vanished(&mut self) -> Vec<Addr> {
        std::mem::take(&mut self.vanished)
    }

    /// Whether this is a physical device object of the USB stack.
    #[must_use]
    pub fn is_pdo(&self, device: Addr) -> bool {
        self.devices.contains_key(&device)
    }

    /// Whether the device behind a physical device object was unplugged. True for an unknown one.
    #[must_use]
    pub fn is_gone(&self, pdo: Addr) -> bool {
        self.devices.get(&pdo).is_none_or(|device| device.gone)
    }

    /// Whether the bus has found the device missing. True for an unknown one.
    #[must_use]
    pub fn is_missing(&self, pdo: Addr) -> bool {
        self.devices.get(&pdo).is_none_or(|device| device.missing)
    }

    /// How many URBs of the driver the stack holds for this physical device object.
    #[must_use]
    pub fn in_flight(&self, pdo: Addr) -> usize {
        self.devices.get(&pdo).map_or(0, |device| device.transfers.len())
    }
}

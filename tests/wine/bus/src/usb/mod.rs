//! The USB driver stack below a child: URBs become transfers of the model.
//!
//! What it answers is what the documentation says; `crates/ntsim/src/usb` has the pages beside the same decisions.

mod cancel;
mod control;
mod data;
pub mod engine;
mod function;
pub mod idle;
mod isochronous;
mod limits;
mod outcome;
pub mod parse;
mod pipe;
mod port;
mod select;
mod status;
mod streams;
mod submit;
mod transfer;
pub mod wake;

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec::Vec};

use usb_models::{DeviceModel, Poke, Speed, Time, TransferId};

use crate::{
    child::Child,
    nt::{
        irp::Irp,
        model::Model,
        status::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
    },
    shared::interface::speed,
};
use idle::Idle;
use outcome::Outcome;
use pipe::Pipe;
use transfer::{Stage, Transfer};

/// What the stack knows about a device.
pub struct Usb {
    model: Model,
    /// It was unplugged.
    gone: bool,
    /// It is in D0.
    powered: bool,
    configuration: Option<Configuration>,
    /// Open pipes by handle.
    pipes: BTreeMap<usize, Pipe>,
    /// URBs that the stack holds.
    transfers: BTreeMap<TransferId, Transfer>,
    latest: u64,
    /// Handles of configurations and pipes so far.
    tokens: usize,
    /// USBD handles that are open.
    handles: Vec<usize>,
    wait_wake: Option<Irp>,
    idle: Option<Idle>,
}

/// The selected configuration.
struct Configuration {
    /// `bConfigurationValue`
    value: u8,
    /// The handle that the driver got.
    handle: usize,
    /// The alternate settings by interface number.
    settings: BTreeMap<u8, u8>,
}

/// Handles of pipes and configurations count from here: nothing is at such an address.
const TOKENS: usize = 0xFFFF_9000_0000_0000;
/// The distance between two of them.
const TOKEN_STRIDE: usize = 0x200;

const SUBMIT_URB: u32 = 0x0022_0003;
const RESET_PORT: u32 = 0x0022_0007;
const GET_PORT_STATUS: u32 = 0x0022_0013;
const CYCLE_PORT: u32 = 0x0022_001F;
const SUBMIT_IDLE_NOTIFICATION: u32 = 0x0022_0027;

/// An `IRP_MJ_INTERNAL_DEVICE_CONTROL` to a child.
pub fn dispatch(child: &Arc<Child>, irp: Irp) -> NTSTATUS {
    match irp.control().code {
        SUBMIT_URB => submit::submit(child, irp),
        RESET_PORT => port::reset(child, irp),
        GET_PORT_STATUS => port::status(child, irp),
        CYCLE_PORT => port::cycle(child, irp),
        SUBMIT_IDLE_NOTIFICATION => idle::notification(child, irp),
        _ => irp.complete(STATUS_INVALID_DEVICE_REQUEST),
    }
}

impl Usb {
    /// A device that was plugged in.
    pub fn new(model: Box<dyn DeviceModel>) -> Self {
        Self {
            model: Model::new(model),
            gone: false,
            powered: true,
            configuration: None,
            pipes: BTreeMap::new(),
            transfers: BTreeMap::new(),
            latest: 0,
            tokens: 0,
            handles: Vec::new(),
            wait_wake: None,
            idle: None,
        }
    }

    /// Whether it was unplugged.
    pub const fn is_gone(&self) -> bool {
        self.gone
    }

    /// Its speed, as `usbdex.sys` is told.
    pub fn speed(&self) -> u32 {
        match self.model.speed() {
            Speed::Low => speed::LOW,
            Speed::Full => speed::FULL,
            Speed::High => speed::HIGH,
            Speed::Super => speed::SUPER,
        }
    }

    /// URBs that the stack holds.
    pub fn in_flight(&self) -> usize {
        self.transfers.len()
    }

    /// USBD handles that are open.
    pub const fn handles(&self) -> usize {
        self.handles.len()
    }

    /// A USBD handle was made.
    pub fn handle_opened(&mut self, handle: usize) {
        self.handles.push(handle);
    }

    /// A USBD handle was closed. False: there was no such handle.
    pub fn handle_closed(&mut self, handle: usize) -> bool {
        let index = self.handles.iter().position(|known| *known == handle);
        index.map(|index| self.handles.swap_remove(index)).is_some()
    }

    /// The plug is pulled.
    pub fn unplug(&mut self, now: Time) {
        self.gone = true;
        self.model.unplug(now);
    }

    /// Does something to the device. False: it refuses.
    pub fn poke(&mut self, now: Time, poke: Poke<'_>) -> bool {
        self.model.poke(now, poke).is_ok()
    }

    /// Enters or leaves D0. What is in flight when it leaves ends.
    pub fn set_powered(&mut self, powered: bool) {
        self.powered = powered;
        if !powered {
            self.abort(crate::nt::time::now(), status::CANCELED, |_, _| true);
        }
    }

    /// REMOVE: everything ends, nothing is selected.
    pub fn stop(&mut self) {
        let now = crate::nt::time::now();
        let usbd = if self.gone { status::DEVICE_GONE } else { status::CANCELED };
        self.abort(now, usbd, |_, _| true);
        self.deconfigure();
        if !self.gone {
            // The port is reset for the next driver. A device that refuses is no worse off.
            let _ = self.model.set_configuration(now, 0);
        }
    }

    /// A number that no handle of this device's was, is or will be.
    const fn token(&mut self) -> usize {
        self.tokens += 1;
        TOKENS + self.tokens * TOKEN_STRIDE
    }

    /// Takes transfers back from the device: they are done, with the bytes that had moved.
    fn abort(&mut self, now: Time, usbd: u32, concerned: impl Fn(TransferId, &Transfer) -> bool) {
        for (id, transfer) in &mut self.transfers {
            if !concerned(*id, transfer) {
                continue;
            }
            transfer.held = None;
            let moved = match transfer.stage {
                Stage::InModel => self.model.abort(now, *id).unwrap_or(0),
                Stage::Finished(_) => continue,
            };
            transfer.stage = Stage::Finished(Outcome::new(usbd, moved));
        }
    }
}

//! Models of USB devices, polled against simulated time.
//!
//! A model is what sits at the far end of the cable. It has no clock and no thread: whoever plays the host tells
//! it the time, submits transfers, asks when something will happen next, and polls it then. The same models
//! therefore serve a simulated kernel, a bus driver inside a real one, and plain unit tests, and a run of them is
//! always reproducible.
//!
//! * [`DeviceModel`] is the contract between host and model, [`HostMemory`] how a model reaches a transfer's bytes.
//! * [`descriptor`] builds descriptors that are legal by construction, and the hostile ones that are not.
//! * [`timing`] says how long a packet takes and where the figures come from.
//! * [`device::Device`] is the machinery that all models share; a [`function::Function`] is what makes them differ.
//! * [`registry::by_name`] makes the models that exist; [`registry::names`] lists them.
//!
//! Nothing here panics on what a host or a driver asks for, and every allocation is fallible.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod chapter9;
pub mod descriptor;
pub mod device;
pub mod fallible;
pub mod function;
pub mod model;
pub mod models;
pub mod registry;
pub mod time;
pub mod timing;
pub mod transfer;

pub use model::{DeviceModel, Heard, HostMemory, Poke, Refused, Speed, SubmitError};
pub use time::Time;
pub use transfer::{
    Completion, Direction, Kind, Packet, PacketEnd, Schedule, Setup, Status, Transfer, TransferId,
};

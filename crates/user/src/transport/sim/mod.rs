//! Devices in a simulated kernel, behind the real usbclient.sys.
//!
//! One machine per process, on a thread of its own: [`world::World`]. Everybody else sends it commands.

mod channel;
mod commands;
mod control;
mod judge;
mod options;
mod requests;
mod source;
mod world;

pub use self::{control::Simulator, options::SimOptions, source::SimSource};

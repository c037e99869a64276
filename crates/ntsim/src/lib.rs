//! A deterministic simulated NT kernel that runs a WDM driver's .sys on Linux.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::future_not_send, reason = "a machine lives on the thread that made it")]

pub mod abi;
pub mod campaign;
pub mod cli;
pub mod cost;
pub mod cpu;
pub mod image;
pub mod inf;
pub mod kernel;
pub mod life;
pub mod machine;
pub mod mem;
pub mod ndis;
pub mod pnp;
pub mod power;
pub mod scenario;
pub mod sched;
pub mod stop;
pub mod usb;
pub mod usbip;
pub mod verify;

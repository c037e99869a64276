//! A deterministic simulated NT kernel that runs a WDM driver's .sys on Linux.

pub mod abi;
pub mod cpu;
pub mod image;
pub mod kernel;
pub mod machine;
pub mod mem;
pub mod pnp;
pub mod sched;
pub mod stop;

//! A deterministic simulated NT kernel that runs a WDM driver's .sys on Linux.

pub mod mem;

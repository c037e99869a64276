//! The devices themselves.

pub mod composite;
pub mod hostile;
pub mod loopback;
pub mod obstinate;

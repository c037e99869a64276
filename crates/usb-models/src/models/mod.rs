//! The devices themselves.

pub mod composite;
pub mod hostile;
pub mod iso_loopback;
pub mod loopback;
pub mod obstinate;
pub mod stream_loopback;
pub mod uas;

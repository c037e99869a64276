//! The devices themselves.

pub mod audio;
pub mod camera;
pub mod composite;
pub mod eeprom;
pub mod hid;
pub mod hostile;
pub mod iso_loopback;
pub mod loopback;
pub mod obstinate;
pub mod settings;
pub mod stream_loopback;
pub mod uas;
pub mod wide;

//! The dispatch routines, in safe code: one file per major function code or family of them.

pub mod create_close;
pub mod device_control;
pub mod pnp;
pub mod power;
pub mod read_write;
pub mod system_control;

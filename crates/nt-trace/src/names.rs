//! Symbolic names of the numbers in a trace.

mod bug_check;
mod irql;
mod major;
mod power_state;
mod status;
mod urb;

pub use bug_check::bug_check;
pub use irql::{APC_LEVEL, DISPATCH_LEVEL, PASSIVE_LEVEL, irql};
pub use major::{major, minor, mj, pnp, power, request};
pub use power_state::{DEVICE_D0, DEVICE_D3, SYSTEM_WORKING, device_state, power_state, system_state};
pub use status::{ntstatus, ntstatus_value};
pub use urb::{function, urb_function, usbd_status};

//! The kernel's side: wrappers of its objects.

pub mod device;
pub mod event;
pub mod irp;
pub mod lock;
pub mod memory;
pub mod model;
pub mod own_irp;
pub mod status;
pub mod thread;
pub mod time;
pub mod urb;
pub mod work;

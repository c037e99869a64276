//! The kernel's side: the only unsafe code of the driver. One file per kernel concept, each naming
//! the documentation page that it follows.
//!
//! Everything outside works with the owners and tokens that these modules make.

pub mod bounce;
pub mod device;
pub mod dispatch;
pub mod etw;
pub mod event;
pub mod file;
pub mod held;
pub mod idle;
pub mod interface;
pub mod irp;
pub mod irql;
pub mod isoch_urb;
pub mod mdl;
pub mod narrow;
mod own_irp;
pub mod pnp;
pub mod pool;
pub mod port;
pub mod power;
pub mod registry;
pub mod remove_lock;
pub mod select_configuration;
pub mod slot;
pub mod spin_lock;
mod stack_location;
mod static_streams;
pub mod timer;
pub mod urb;
pub mod usbd;
pub mod wmi;
pub mod work_item;

pub use own_irp::{OwnIrp, Sender};

/// The type on which the edge implements core's calls.
pub struct Nt;

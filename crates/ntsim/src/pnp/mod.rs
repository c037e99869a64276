//! The PnP manager.
//!
//! A [`Node`] is a device that is plugged in, or whose stack is still there. What the PnP manager does with it
//! is an async function over [`Cpu`](crate::sched::Cpu) here: [`plug`] enumerates, builds the stack and starts
//! it, [`surprise_removal`] follows a pulled cable, and so on. Operations on one node exclude each other.
//!
//! The order of the IRPs is that of the PnP section of the Windows driver documentation; each function names
//! its page.

mod add_device;
mod events;
mod filter;
mod irp;
mod node;
mod other;
mod remove;
mod start;
mod stop;
mod watch;

pub use add_device::add_device;
pub(crate) use events::device_is_gone;
pub use events::serve;
pub use filter::{FilterFailure, Refusal, Way};
pub use irp::{bus_relations, capabilities, device_state};
pub use node::{NewDevice, Node, NodeState, Pnp, begin, changed, end, reached};
pub use other::{minor, system_control, usage_notification};
pub use remove::{
    cancel_remove, enable, orderly_removal, query_remove, remove, spurious_cancel_remove, surprise_removal,
};
pub use start::{plug, start};
pub use stop::{cancel_stop, query_stop, rebalance, spurious_cancel_stop, stop};

//! The life of a device: its states, what each PnP minor does, and what the gate lets through.
//!
//! [`Machine`] is the state, which the edge keeps under its spin lock; [`dispatch`](dispatch()) carries out a PnP IRP over the
//! traits of this module. One file per minor.

mod calls;
mod cancel_remove;
mod cancel_stop;
mod device_usage_notification;
mod dispatch;
mod gate;
mod machine;
mod minor;
mod query_capabilities;
mod query_pnp_device_state;
mod query_remove;
mod query_stop;
mod start;
mod stop;
mod surprise_removal;
mod told;

pub use calls::{GateCalls, PnpCalls, PolicyCalls, StartCalls, StopCalls};
pub use dispatch::dispatch;
pub use gate::{Admission, RequestClass};
pub use machine::{Event, Machine, Reason, State, Step};
pub use minor::Minor;
pub use told::{StartStep, Told};

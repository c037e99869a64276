//! Device power: this driver is the power policy owner of its device.
//!
//! | module | what it decides |
//! |---|---|
//! | [`states`] | the states of the system and of a device |
//! | [`mapping`] | which state the device takes for a state of the system |
//! | [`machine`] | what a power IRP does to the device, and what requests meet meanwhile |
//! | [`outstanding`] | who ends an IRP that may be cancelled at any moment |
//! | [`policy`] | what is to be done next about wake and idleness |
//! | [`settings`] | what registry and user allow |
//! | [`irp`] | the order of each power IRP, as types |
//! | [`dispatch`](dispatch()) | `IRP_MJ_POWER` |
//!
//! ```text
//! system, down   S-IRP goes down -> comes back -> D-IRP asked for -> its callback completes the S-IRP
//! system, S0     S-IRP goes down -> comes back -> D0 asked for, and the S-IRP goes on at once
//! query          S-query goes down -> comes back -> D-query asked for -> its callback completes the S-query
//! device, down   marked pending; the gate holds; what is in flight comes back; PoSetPowerState; goes down
//! device, D0     goes down -> comes back -> PoSetPowerState; the gate opens; what was held starts
//! ```
//!
//! Nothing waits in the dispatch routine, and nothing is allocated on these ways. All of it is one state
//! machine under the device's lock.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/managing-device-power-policy>

pub mod irp;
pub mod machine;
pub mod mapping;
pub mod outstanding;
pub mod policy;
pub mod settings;
pub mod states;

mod dispatch;

pub use dispatch::{
    PowerCalls, Request, Then, device_answered, device_up_came_back, dispatch, query_answered,
    system_came_back,
};
pub use machine::{Admission, Device, Entered, Power, Quiet};
pub use mapping::{Capabilities, SystemTarget};
pub use outstanding::Outstanding;
pub use policy::{Facts, Job};
pub use settings::Settings;
pub use states::{DeviceState, SystemState};

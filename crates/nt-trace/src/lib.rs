//! Typed kernel trace and the rules that judge it.
//!
//! A simulated kernel (or any other producer) writes [`Event`]s. A [`RuleSet`] judges them one by one, as
//! they happen or later from a file, and reports [`Violation`]s under the names that Microsoft's tools use.
//! [`view`] shows a trace to people.
//!
//! ```
//! use nt_trace::{Event, RuleSet, event};
//!
//! let step = event::Step { text: "plug".into() };
//! let events = [Event { kind: step.into(), ..Event::default() }];
//! assert!(RuleSet::judge(&events).is_empty());
//! ```
#![forbid(unsafe_code)]

pub mod catalogue;
pub mod event;
mod map;
pub mod names;
pub mod object;
mod rule;
mod rules;
pub mod value;
pub mod view;
mod violation;
pub mod world;

pub use event::{Event, EventKind, Tag, VERSION};
pub use object::{ObjectId, ObjectKind};
pub use rule::{Rule, RuleSet};
pub use value::{Arg, Args, NtStatus, PoolTag, Site, Text};
pub use violation::{Code, Findings, Severity, Violation};
pub use world::World;

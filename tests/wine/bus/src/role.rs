//! What a device object of this driver is.

use alloc::sync::Arc;

use crate::{bus::Bus, child::Child};

/// What a device object is; its extension holds one.
#[derive(Clone)]
pub enum Role {
    /// The root device's functional device object.
    Bus(Arc<Bus>),
    /// A child's physical device object.
    Child(Arc<Child>),
    /// The filter on top of a child's stack.
    Filter(Arc<Child>),
}

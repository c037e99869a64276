//! Device objects.

use crate::event::{Actor, DeviceCreated, Event};
use crate::object::ObjectId;

/// What the trace said about a device object.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// Who made it.
    pub by: Actor,
    /// When, by `seq`.
    pub created: u64,
    /// The physical device object whose `AddDevice` call made it, `NONE` if none did.
    pub pdo: ObjectId,
    /// What it was attached to, `NONE` if never.
    pub attached_to: ObjectId,
    /// `Flags`, as last seen.
    pub flags: u32,
    /// `Flags` of the device object below, if the driver changed its own after attaching.
    pub lower_flags: Option<u32>,
    /// `DeviceType`, and that of the device object below, likewise.
    pub types: Option<(u32, u32)>,
    /// When it was detached, by `seq`.
    pub detached: Option<u64>,
    /// When it was deleted, by `seq`.
    pub deleted: Option<u64>,
    /// When the driver sent `IRP_MN_REMOVE_DEVICE` down from it, by `seq`.
    pub remove_forwarded: Option<u64>,
}

impl Device {
    pub(super) fn new(event: &Event, created: &DeviceCreated, pdo: ObjectId) -> Self {
        Self { by: created.by, created: event.seq, pdo, flags: created.flags, ..Self::default() }
    }

    /// Attached and not detached yet.
    #[must_use]
    pub const fn is_attached(&self) -> bool {
        self.attached_to.is_some() && self.detached.is_none()
    }

    /// Made by the driver and not deleted.
    #[must_use]
    pub fn is_ours_alive(&self) -> bool {
        self.by == Actor::Driver && self.deleted.is_none()
    }
}

//! Symbolic names for kernel objects. A trace never holds a pointer, so equal runs give equal traces.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What an [`ObjectId`] names. The order is part of no format; the printed prefix is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ObjectKind {
    /// Nothing: a null pointer.
    #[default]
    None,
    /// An I/O request packet.
    Irp,
    /// A device object.
    Device,
    /// A driver object.
    Driver,
    /// A USB request block.
    Urb,
    /// A USBD handle.
    Handle,
    /// A pool allocation.
    Pool,
    /// A file object.
    File,
    /// A remove lock, spin lock, mutex or resource.
    Lock,
    /// An event object.
    Event,
    /// A thread.
    Thread,
    /// A USB pipe handle.
    Pipe,
    /// A memory descriptor list.
    Mdl,
    /// A work item.
    WorkItem,
    /// A timer.
    Timer,
    /// A deferred procedure call.
    Dpc,
    /// A device interface (its symbolic link string).
    Interface,
    /// A registry key or other object-manager handle.
    Key,
    /// An `ETW` provider registration.
    Etw,
    /// A registration of a miniport driver with `NDIS`.
    Miniport,
    /// A miniport adapter.
    Adapter,
    /// A file that `NdisOpenFile` opened.
    NdisFile,
    /// A pointer-sized value that is no known object, for instance a remove lock tag.
    Tag,
}

impl ObjectKind {
    const ALL: [(Self, &'static str); 22] = [
        (Self::Irp, "irp"),
        (Self::Device, "device"),
        (Self::Driver, "driver"),
        (Self::Urb, "urb"),
        (Self::Handle, "handle"),
        (Self::Pool, "pool"),
        (Self::File, "file"),
        (Self::Lock, "lock"),
        (Self::Event, "event"),
        (Self::Thread, "thread"),
        (Self::Pipe, "pipe"),
        (Self::Mdl, "mdl"),
        (Self::WorkItem, "workitem"),
        (Self::Timer, "timer"),
        (Self::Dpc, "dpc"),
        (Self::Interface, "interface"),
        (Self::Key, "key"),
        (Self::Etw, "etw"),
        (Self::Miniport, "miniport"),
        (Self::Adapter, "adapter"),
        (Self::NdisFile, "ndisfile"),
        (Self::Tag, "tag"),
    ];

    /// The printed prefix, as in `irp#3`.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("null", |(_, prefix)| *prefix)
    }
}

/// A symbolic object name such as `irp#3`. Numbers start at 1 and are not reused within a trace, so a
/// recycled address is a new object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId {
    /// What it is.
    pub kind: ObjectKind,
    /// Which one, counted per kind.
    pub number: u32,
}

impl ObjectId {
    /// A null pointer.
    pub const NONE: Self = Self { kind: ObjectKind::None, number: 0 };

    /// Names object `number` of `kind`.
    #[must_use]
    pub const fn new(kind: ObjectKind, number: u32) -> Self {
        Self { kind, number }
    }

    /// True for a null pointer.
    #[must_use]
    pub const fn is_none(self) -> bool {
        matches!(self.kind, ObjectKind::None)
    }

    /// True for anything but a null pointer.
    #[must_use]
    pub const fn is_some(self) -> bool {
        !self.is_none()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() { f.pad("null") } else { f.pad(&format!("{}#{}", self.kind.prefix(), self.number)) }
    }
}

/// The text is not an object name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnObject;

impl fmt::Display for NotAnObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an object name such as irp#3")
    }
}

impl std::error::Error for NotAnObject {}

impl FromStr for ObjectId {
    type Err = NotAnObject;

    fn from_str(text: &str) -> Result<Self, NotAnObject> {
        if text == "null" {
            return Ok(Self::NONE);
        }
        let (prefix, number) = text.split_once('#').ok_or(NotAnObject)?;
        let (kind, _) = ObjectKind::ALL.iter().find(|(_, p)| *p == prefix).ok_or(NotAnObject)?;
        Ok(Self::new(*kind, number.parse().map_err(|_| NotAnObject)?))
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

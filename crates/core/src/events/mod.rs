//! What the driver tells event tracing: the provider, its levels and keywords, and every event.
//!
//! The format is `TraceLogging`'s: each event brings the names and types of its fields along, so nothing is installed
//! for decoding. It is described by Microsoft's
//! [TraceLogging headers and crates](https://github.com/microsoft/tracelogging) (MIT licence) and by
//! [About TraceLogging](https://learn.microsoft.com/windows/win32/tracelogging/trace-logging-about). All of it is made by
//! the compiler; at run time an event is a structure of a few numbers and, for some, a constant text.
//!
//! `docs/events.md` has the table of the events, which a test compares with [`documentation`].

mod field;
mod filter;
mod list;
mod metadata;

pub use field::{Field, FieldType, Hex8, Hex16, Hex32};
pub use filter::{Control, enabled};
pub use list::*;

/// The provider's name. The identifier is made from it, as tools do that take `*usbclient` for an identifier.
pub const PROVIDER_NAME: &str = "usbclient";

/// The provider's identifier, `{b1f09ace-5b65-5387-8e69-839820367d54}`: the four members of a GUID.
pub const PROVIDER_ID: (u32, u16, u16, [u8; 8]) =
    (0xB1F0_9ACE, 0x5B65, 0x5387, [0x8E, 0x69, 0x83, 0x98, 0x20, 0x36, 0x7D, 0x54]);

/// The provider's traits: `UINT16` size, and the name with its NUL.
pub static PROVIDER_TRAITS: [u8; metadata::traits_size(PROVIDER_NAME)] = metadata::traits(PROVIDER_NAME);

/// How grave an event is: `TRACE_LEVEL_*`. A session that asks for a level gets those below it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Level {
    /// The driver or the device failed.
    Error = 2,
    /// Something went wrong that a caller was told of.
    Warning = 3,
    /// A step in a device's life.
    Information = 4,
    /// Every request.
    Verbose = 5,
}

/// What an event is about. An event has one bit or several; a session asks for some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyword(pub u64);

impl Keyword {
    /// Driver and device: loaded, added, started, stopped, removed.
    pub const LIFECYCLE: Self = Self(0x01);
    /// Power states, wake and idle.
    pub const POWER: Self = Self(0x02);
    /// Failures of every kind.
    pub const ERROR: Self = Self(0x04);
    /// Every transfer: many.
    pub const TRANSFER: Self = Self(0x08);
    /// Files and what they claim.
    pub const FILE: Self = Self(0x10);
    /// Changes of policies, privileges and configuration.
    pub const POLICY: Self = Self(0x20);
    /// All of them with their names.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::LIFECYCLE, "LIFECYCLE"),
        (Self::POWER, "POWER"),
        (Self::ERROR, "ERROR"),
        (Self::TRANSFER, "TRANSFER"),
        (Self::FILE, "FILE"),
        (Self::POLICY, "POLICY"),
    ];

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Whether an event begins or ends something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// Neither.
    Info = 0,
    /// `WINEVENT_OPCODE_START`
    Start = 1,
    /// `WINEVENT_OPCODE_STOP`
    Stop = 2,
}

/// What is the same each time an event is written.
#[derive(Debug)]
pub struct Descriptor {
    /// Its place in [`ALL`], and its bit in a mask of events.
    pub index: u32,
    /// How grave.
    pub level: Level,
    /// About what.
    pub keyword: Keyword,
    /// Beginning or end.
    pub opcode: Opcode,
    /// Name, fields and their types, as `TraceLogging` wants them.
    pub metadata: &'static [u8],
}

impl Descriptor {
    /// The event's bit.
    #[must_use]
    pub const fn bit(&self) -> u64 {
        // Fewer events than bits: asserted beside the list.
        1_u64.rotate_left(self.index)
    }
}

/// An event with its data: a packed structure without padding, so that its bytes are the event's bytes.
pub trait Event: Copy {
    /// What is the same each time.
    const DESCRIPTOR: &'static Descriptor;

    /// The constant text that follows the structure.
    fn text(&self) -> Option<&'static core::ffi::CStr>;

    /// Bytes of the structure that are written: all but the pointer to the text.
    const LENGTH: u32;
}

/// An event as a page about it says it.
#[derive(Clone, Copy, Debug)]
pub struct Documented {
    /// Its name.
    pub name: &'static str,
    /// When it is written.
    pub about: &'static str,
    /// What is the same each time.
    pub descriptor: &'static Descriptor,
    /// Its fields with what they hold, in order.
    pub fields: &'static [(&'static str, &'static str)],
}

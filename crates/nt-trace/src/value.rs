//! The small values that events carry: statuses, pool tags, code sites, call arguments.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::names;
use crate::object::ObjectId;

/// Text in an event. Borrowed text costs nothing; a loader that learns a module's name at run time
/// leaks it once and borrows from then on.
pub type Text = Cow<'static, str>;

/// An `NTSTATUS`. Prints and serialises as its symbolic name where it has one here.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct NtStatus(pub u32);

impl NtStatus {
    /// `STATUS_SUCCESS`
    pub const SUCCESS: Self = Self(0);
    /// `STATUS_PENDING`
    pub const PENDING: Self = Self(0x0000_0103);
    /// `STATUS_NOT_SUPPORTED`
    pub const NOT_SUPPORTED: Self = Self(0xC000_00BB);
    /// `STATUS_CANCELLED`
    pub const CANCELLED: Self = Self(0xC000_0120);
    /// `STATUS_DELETE_PENDING`
    pub const DELETE_PENDING: Self = Self(0xC000_0056);
    /// `STATUS_MORE_PROCESSING_REQUIRED`
    pub const MORE_PROCESSING_REQUIRED: Self = Self(0xC000_0016);
    /// `STATUS_TIMEOUT`
    pub const TIMEOUT: Self = Self(0x0000_0102);

    /// `NT_SUCCESS`: success and informational severities.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 < 0x8000_0000
    }

    /// `NT_ERROR`: error severity only.
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.0 >= 0xC000_0000
    }
}

impl fmt::Display for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match names::ntstatus(self.0) {
            Some(name) => f.pad(name),
            None => write!(f, "0x{:08X}", self.0),
        }
    }
}

impl fmt::Debug for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for NtStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NtStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        text.strip_prefix("0x")
            .map_or_else(|| names::ntstatus_value(&text), |hex| u32::from_str_radix(hex, 16).ok())
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("not an NTSTATUS"))
    }
}

/// A pool tag: four characters, as `!poolused` prints them. Stored as the driver passed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PoolTag(pub u32);

impl fmt::Display for PoolTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.to_le_bytes();
        if bytes.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
            bytes.iter().try_for_each(|b| write!(f, "{}", char::from(*b)))
        } else {
            write!(f, "0x{:08X}", self.0)
        }
    }
}

impl Serialize for PoolTag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PoolTag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        let hexadecimal = || text.strip_prefix("0x").and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let characters = <[u8; 4]>::try_from(text.as_bytes()).ok().map(u32::from_le_bytes);
        characters.or_else(hexadecimal).map(Self).ok_or_else(|| serde::de::Error::custom("not a pool tag"))
    }
}

/// A place in code: a module and an offset from its image base, usually a return address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Site {
    /// The image's file name, for instance `usbclient.sys`.
    pub module: Text,
    /// Bytes from the image base.
    pub offset: u32,
}

impl Site {
    /// A place `offset` bytes into `module`.
    #[must_use]
    pub fn new(module: impl Into<Text>, offset: u32) -> Self {
        Self { module: module.into(), offset }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+0x{:x}", self.module, self.offset)
    }
}

/// One argument or result of a kernel call, for display.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Arg {
    /// Nothing, `void`.
    #[default]
    Void,
    /// A known object or null.
    Object(ObjectId),
    /// A count, size or other decimal number.
    Number(u64),
    /// Flags, a control code, or anything read best in hexadecimal.
    Hex(u64),
    /// An `NTSTATUS`.
    Status(NtStatus),
    /// A `BOOLEAN`.
    Bool(bool),
    /// A name.
    Text(Text),
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void => Ok(()),
            Self::Object(id) => write!(f, "{id}"),
            Self::Number(n) => write!(f, "{n}"),
            Self::Hex(n) => write!(f, "0x{n:x}"),
            Self::Status(s) => write!(f, "{s}"),
            Self::Bool(b) => f.write_str(if *b { "TRUE" } else { "FALSE" }),
            Self::Text(t) => f.write_str(t),
        }
    }
}

impl From<ObjectId> for Arg {
    fn from(id: ObjectId) -> Self {
        Self::Object(id)
    }
}

impl From<NtStatus> for Arg {
    fn from(status: NtStatus) -> Self {
        Self::Status(status)
    }
}

impl From<u64> for Arg {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Arg {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// Up to [`Args::MAX`] arguments, inline, so that recording a call allocates nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Args {
    items: [Arg; Self::MAX],
    len: u8,
}

impl Args {
    /// How many arguments are kept. A call shows the ones that matter to a reader.
    pub const MAX: usize = 4;

    /// No arguments.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds one argument. Arguments after the last that fits are left out of the trace.
    #[must_use]
    pub fn with(mut self, arg: impl Into<Arg>) -> Self {
        if let Some(slot) = self.items.get_mut(usize::from(self.len)) {
            *slot = arg.into();
            self.len += 1;
        }
        self
    }

    /// The arguments in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Arg] {
        self.items.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

impl FromIterator<Arg> for Args {
    fn from_iter<I: IntoIterator<Item = Arg>>(args: I) -> Self {
        args.into_iter().fold(Self::default(), Self::with)
    }
}

impl Serialize for Args {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.as_slice())
    }
}

impl<'de> Deserialize<'de> for Args {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Arg>::deserialize(deserializer)?.into_iter().collect())
    }
}

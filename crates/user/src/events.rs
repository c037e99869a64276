//! The driver's own events, live: what it tells event tracing (`docs/events.md`).

use std::{
    fmt,
    future::poll_fn,
    time::{Duration, Instant},
};

use crate::{
    error::SystemCode,
    transport::{Feed, Guard},
};

/// How grave an event is; listening to one level is listening to the graver ones too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Level 1.
    Critical,
    /// Level 2.
    Error,
    /// Level 3.
    Warning,
    /// Level 4.
    Information,
    /// Level 5: every transfer.
    Verbose,
}

impl Level {
    pub(crate) const fn value(self) -> u8 {
        match self {
            Self::Critical => 1,
            Self::Error => 2,
            Self::Warning => 3,
            Self::Information => 4,
            Self::Verbose => 5,
        }
    }

    const fn of(value: u8) -> Self {
        match value {
            0 | 1 => Self::Critical,
            2 => Self::Error,
            3 => Self::Warning,
            4 => Self::Information,
            _ => Self::Verbose,
        }
    }
}

/// What events are about: combined with `|`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Keywords(u64);

impl Keywords {
    /// Driver and device: loaded, added, started, stopped, removed.
    pub const LIFECYCLE: Self = Self(0x01);
    /// Power states, wake and idle.
    pub const POWER: Self = Self(0x02);
    /// Failures of every kind.
    pub const ERROR: Self = Self(0x04);
    /// Every transfer, at [`Level::Verbose`]: many.
    pub const TRANSFER: Self = Self(0x08);
    /// Files and what they claim.
    pub const FILE: Self = Self(0x10);
    /// Policies, privileges and configuration.
    pub const POLICY: Self = Self(0x20);
    /// Everything.
    pub const ALL: Self = Self(0x3F);

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether one of `others` is among them.
    #[must_use]
    pub const fn has_any_of(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

impl std::ops::BitOr for Keywords {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What is listened to.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    pub(crate) level: Level,
    pub(crate) keywords: Keywords,
}

impl Filter {
    /// As event tracing decides it: an event without keywords is for everybody.
    #[cfg_attr(
        not(all(feature = "sim", target_os = "linux")),
        expect(dead_code, reason = "Windows decides it")
    )]
    pub(crate) const fn wants(self, level: u8, keywords: u64) -> bool {
        level <= self.level.value() && (keywords == 0 || keywords & self.keywords.0 != 0)
    }
}

/// One event of the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverEvent {
    name: String,
    time: Duration,
    level: Level,
    keywords: Keywords,
    fields: Vec<Field>,
}

/// One field of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub value: Value,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A number.
    Number(u64),
    /// A number that is meant to be read in hexadecimal.
    Hex(u64),
    /// An NTSTATUS.
    Status(u32),
    /// Yes or no.
    Bool(bool),
    /// Words.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Hex(number) => write!(f, "{number:#x}"),
            Self::Status(status) => write!(f, "{}", SystemCode::NtStatus(*status)),
            Self::Bool(is_true) => write!(f, "{is_true}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl DriverEvent {
    #[cfg_attr(not(any(windows, feature = "sim")), expect(dead_code, reason = "nobody tells events"))]
    pub(crate) const fn new(
        name: String,
        time: Duration,
        level: u8,
        keywords: u64,
        fields: Vec<Field>,
    ) -> Self {
        Self { name, time, level: Level::of(level), keywords: Keywords(keywords), fields }
    }

    /// Its name, as `docs/events.md` has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it was told: since 1970 on Windows, since the machine was switched on in a simulation.
    #[must_use]
    pub const fn time(&self) -> Duration {
        self.time
    }

    /// How grave it is.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// What it is about.
    #[must_use]
    pub const fn keywords(&self) -> Keywords {
        self.keywords
    }

    /// Its fields, in order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// What a field holds, by its name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|field| field.name == name).map(|field| &field.value)
    }
}

/// Tells of the driver's events, as a blocking iterator or as a future.
#[derive(Debug)]
pub struct Events {
    feed: Feed<DriverEvent>,
    _guard: Guard,
}

impl Events {
    pub(crate) const fn new(feed: Feed<DriverEvent>, guard: Guard) -> Self {
        Self { feed, _guard: guard }
    }

    /// Waits for the next event. None: none came in time, or none will come any more.
    pub fn next_within(&mut self, time: Duration) -> Option<DriverEvent> {
        self.feed.next(Some(Instant::now() + time))
    }

    /// The next event, as a future. None: none will come any more.
    pub async fn next_event(&mut self) -> Option<DriverEvent> {
        poll_fn(|context| self.feed.poll_next(context)).await
    }
}

impl Iterator for Events {
    type Item = DriverEvent;

    fn next(&mut self) -> Option<DriverEvent> {
        self.feed.next(None)
    }
}

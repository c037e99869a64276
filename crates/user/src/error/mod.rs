//! What can go wrong, in one type.

mod code;
mod kind;
mod names;
mod usbd;

use std::{borrow::Cow, fmt, sync::Arc};

pub use self::{code::SystemCode, kind::ErrorKind, usbd::UsbdStatus};

/// Why something was not done, or only in part.
///
/// [`kind`](Self::kind) is for programs, [`code`](Self::code) for looking it up, and the text for people: it says what was
/// being done, what went wrong, the system's code, and how much had been moved.
///
/// ```
/// use usbclient_user::{ErrorKind, Setup, SystemCode, example};
///
/// # fn main() -> Result<(), usbclient_user::Error> {
/// # let context = example::context(&["loopback-hs"])?;
/// # let device = context.find_by_numbers(0x1209, 0x0001)?.open()?;
/// let error = device.control_in(Setup::vendor(0x7F), 4).wait().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Stall);
/// assert_eq!(error.code().and_then(SystemCode::name), Some("STATUS_UNSUCCESSFUL"));
/// assert_eq!(error.to_string(), "a control transfer in: the device refused it (STATUS_UNSUCCESSFUL)");
/// # drop(device);
/// # context.finish()
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    code: Option<SystemCode>,
    moved: usize,
    doing: Doing,
    why: Option<Arc<str>>,
}

/// What was being done: words, and an endpoint if it was about one.
#[derive(Clone, Debug)]
pub struct Doing {
    words: Cow<'static, str>,
    endpoint: Option<u8>,
}

impl Doing {
    pub const fn on_endpoint(words: &'static str, endpoint: u8) -> Self {
        Self { words: Cow::Borrowed(words), endpoint: Some(endpoint) }
    }
}

impl From<&'static str> for Doing {
    fn from(words: &'static str) -> Self {
        Self { words: Cow::Borrowed(words), endpoint: None }
    }
}

impl From<String> for Doing {
    fn from(words: String) -> Self {
        Self { words: Cow::Owned(words), endpoint: None }
    }
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        self.endpoint.map_or(Ok(()), |endpoint| write!(f, " endpoint {endpoint:#04x}"))
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, doing: impl Into<Doing>) -> Self {
        Self { kind, code: None, moved: 0, doing: doing.into(), why: None }
    }

    /// With the kind that the system's code stands for.
    pub(crate) fn of_code(code: SystemCode, doing: impl Into<Doing>) -> Self {
        Self { code: Some(code), ..Self::new(code.kind(), doing) }
    }

    pub(crate) fn because(self, why: impl Into<Arc<str>>) -> Self {
        Self { why: Some(why.into()), ..self }
    }

    pub(crate) fn with_why(self, why: Option<Arc<str>>) -> Self {
        Self { why, ..self }
    }

    pub(crate) const fn having_moved(mut self, moved: usize) -> Self {
        self.moved = moved;
        self
    }

    /// A cancel that the library itself asked for because the time was over.
    pub(crate) fn timed_out_if_cancelled(self) -> Self {
        if self.kind == ErrorKind::Cancelled { Self { kind: ErrorKind::TimedOut, ..self } } else { self }
    }

    /// What kind of error it is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The system's code, if it gave one: the NTSTATUS of a request, the Win32 error of other calls.
    #[must_use]
    pub const fn code(&self) -> Option<SystemCode> {
        self.code
    }

    /// Bytes that had been moved before it went wrong.
    #[must_use]
    pub const fn moved(&self) -> usize {
        self.moved
    }

    /// What was being done, in words.
    #[must_use]
    pub fn doing(&self) -> String {
        self.doing.to_string()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doing, self.kind)?;
        if let Some(code) = self.code {
            write!(f, " ({code})")?;
        }
        if self.moved > 0 {
            write!(f, ", after {} bytes had been moved", self.moved)?;
        }
        self.why.as_ref().map_or(Ok(()), |why| write!(f, ": {why}"))
    }
}

impl std::error::Error for Error {}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        Self::new(error.kind.for_io(), error)
    }
}

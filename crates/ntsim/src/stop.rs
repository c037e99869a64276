//! Why a machine stops before its script ends.

use thiserror::Error;

use crate::{cpu::Trap, kernel::interruption::Raised, mem::BadAccess};

/// The machine cannot go on. Kernel routines return it as an error; the executor reports it and ends the
/// life.
#[derive(Clone, Debug, Error)]
pub enum Stop {
    /// A kernel routine was given memory that the driver has no right to.
    #[error("a kernel routine was given bad memory: {0}")]
    BadAccess(#[from] BadAccess),
    /// The kernel found something that Windows answers with a bug check.
    #[error("bug check {code:#x}: {text}")]
    BugCheck {
        /// The bug check's code.
        code: u32,
        /// Its four parameters.
        parameters: [u64; 4],
        /// What it means here, in words.
        text: String,
    },
    /// A kernel routine raises an exception. The driver may handle it.
    #[error("exception {:#x}: {}", .0.code, .0.text)]
    Exception(Raised),
    /// Driver code trapped.
    #[error("the driver trapped: {0:?}")]
    Trap(Trap),
    /// Nobody can run, and somebody waits.
    #[error("deadlock: {0}")]
    Deadlock(String),
    /// A bound on simulated time or on the number of kernel calls was passed.
    #[error("livelock: {0}")]
    Livelock(String),
    /// The script expected something else, or asked for something that cannot be.
    #[error("the script: {0}")]
    Script(String),
    /// The host refused something that the machine needs.
    #[error("the host: {0}")]
    Host(String),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Host(error.to_string())
    }
}

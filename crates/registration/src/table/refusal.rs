//! Why a number is not a handle.

/// Why a table has nothing for a number. User mode is told the same for each: `STATUS_INVALID_HANDLE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// A number that the table never gives out: an endpoint address, or a place that it does not have.
    NoHandle,
    /// It was given back, or never given out.
    NotValid,
    /// It is another owner's.
    Foreign,
    /// It is the owner's, and stands for something else than what is asked for.
    WrongKind,
}

//! The contract of one documented kind of handle.

/// One documented pair of an open and a close call, stated as code.
///
/// The permit is the phase: a close compiles only where the caller can name a [`ClosePermit`](Self::ClosePermit),
/// and only code that knows the phase can make one. Kinds whose close is legal at any time use `()`; kinds with a
/// phase use proofs or a scope's lifetime.
pub trait HandleKind {
    /// What the open call gives. It must not be `Clone`, so that there is one owner.
    type Raw;
    /// What the open call needs.
    type OpenRequest<'a>;
    /// How the open call fails. A failed open leaves nothing to close.
    type OpenError;
    /// What must hold for the close call to be legal.
    type ClosePermit<'a>;
    /// How the close call fails; [`core::convert::Infallible`] where the page says that it returns nothing.
    type CloseError;

    /// The documented open call.
    ///
    /// # Errors
    /// As its page says.
    fn open(request: Self::OpenRequest<'_>) -> Result<Self::Raw, Self::OpenError>;

    /// The documented close call.
    ///
    /// # Errors
    /// As its page says. The handle is gone in either case.
    fn close(raw: Self::Raw, permit: Self::ClosePermit<'_>) -> Result<(), Self::CloseError>;

    /// Hears of a handle that was dropped while open: it is leaked. May run at any IRQL, so it reports and does
    /// nothing else: no assert, no close.
    fn dropped_open(raw: Self::Raw);
}

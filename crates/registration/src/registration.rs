//! The owner of one open handle.

use core::{fmt, marker::PhantomData};

use crate::HandleKind;

/// One open handle of kind `K`.
///
/// Made only by [`Registration::open`], given back only by [`Registration::close`], which takes it by value.
/// Dropping it open leaks the handle and tells [`HandleKind::dropped_open`]: a close at a time or IRQL that
/// nobody vouched for would be worse than a leak that is reported.
#[must_use = "dropping an open handle leaks it"]
pub struct Registration<K: HandleKind> {
    // INVARIANT: `Some` from the open to the close; `close` and `drop` take it, and both own `self`.
    raw: Option<K::Raw>,
    kind: PhantomData<K>,
}

impl<K: HandleKind> Registration<K> {
    /// Opens a handle with the documented call of its kind.
    ///
    /// # Errors
    /// The error of the open call; nothing is left to close then.
    pub fn open(request: K::OpenRequest<'_>) -> Result<Self, K::OpenError> {
        // INVARIANT: the raw handle comes from a successful open.
        K::open(request).map(|raw| Self { raw: Some(raw), kind: PhantomData })
    }

    /// Closes the handle with the documented call of its kind.
    ///
    /// # Errors
    /// The error of the close call. The handle is gone all the same: closing twice would close another's.
    pub fn close(mut self, permit: K::ClosePermit<'_>) -> Result<(), K::CloseError> {
        self.raw.take().map_or(Ok(()), |raw| K::close(raw, permit))
    }

    /// Lends the raw handle to a call that uses it. `None` never happens while `self` is borrowed; an `Option`
    /// keeps a panic out of the driver.
    #[must_use]
    pub const fn raw(&self) -> Option<&K::Raw> {
        self.raw.as_ref()
    }

    /// Closes the handle when the guard is dropped: for the unwinding of a setup that may still fail.
    pub const fn close_on_drop(self, permit: K::ClosePermit<'_>) -> CloseOnDrop<'_, K> {
        CloseOnDrop { armed: Some((self, permit)) }
    }
}

impl<K: HandleKind> fmt::Debug for Registration<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the value: kernel handles are addresses.
        f.write_str("Registration(open)")
    }
}

impl<K: HandleKind> Drop for Registration<K> {
    fn drop(&mut self) {
        if let Some(raw) = self.raw.take() {
            K::dropped_open(raw);
        }
    }
}

/// A handle whose setup is not finished: dropping it closes it, with the permit it was armed with.
#[must_use = "dropping it closes the handle at once"]
pub struct CloseOnDrop<'p, K: HandleKind> {
    armed: Option<(Registration<K>, K::ClosePermit<'p>)>,
}

impl<'p, K: HandleKind> CloseOnDrop<'p, K> {
    /// The setup is finished: gives back the handle and the permit, and closes nothing.
    #[must_use = "dropping an open handle leaks it"]
    pub fn keep(mut self) -> Option<(Registration<K>, K::ClosePermit<'p>)> {
        self.armed.take()
    }

    /// Closes the handle now, with the permit that it was armed with.
    ///
    /// # Errors
    /// As [`Registration::close`].
    pub fn close(mut self) -> Result<(), K::CloseError> {
        self.armed.take().map_or(Ok(()), |(registration, permit)| registration.close(permit))
    }

    /// Lends the handle. `None` never happens while `self` is borrowed.
    #[must_use]
    pub fn registration(&self) -> Option<&Registration<K>> {
        self.armed.as_ref().map(|(registration, _)| registration)
    }
}

impl<K: HandleKind> Drop for CloseOnDrop<'_, K> {
    fn drop(&mut self) {
        if let Some((registration, permit)) = self.armed.take() {
            // Nobody is left to hear an error; the handle is gone in either case.
            drop(registration.close(permit));
        }
    }
}

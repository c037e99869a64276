//! A list of boxes that are linked through themselves, so that putting one on it needs no memory.

use alloc::boxed::Box;

/// What has a link of its own.
pub trait Link: Sized {
    /// The one after it.
    fn next(&mut self) -> &mut Option<Box<Self>>;
}

/// A list. What was put on it last is taken off first.
pub struct Chain<T: Link>(Option<Box<T>>);

impl<T: Link> Chain<T> {
    /// Nothing.
    pub const fn new() -> Self {
        Self(None)
    }

    /// Puts one on.
    pub fn push(&mut self, mut item: Box<T>) {
        *item.next() = self.0.take();
        self.0 = Some(item);
    }

    /// Takes one off.
    pub fn pop(&mut self) -> Option<Box<T>> {
        let mut item = self.0.take()?;
        self.0 = item.next().take();
        Some(item)
    }

    /// Takes off what `wanted` accepts.
    pub fn split(&mut self, mut wanted: impl FnMut(&T) -> bool) -> Self {
        let (mut taken, mut kept) = (Self::new(), Self::new());
        while let Some(item) = self.pop() {
            if wanted(&item) { taken.push(item) } else { kept.push(item) }
        }
        *self = kept;
        taken
    }

    /// Does something with each.
    pub fn for_each(&mut self, mut body: impl FnMut(&mut T)) {
        let mut next = &mut self.0;
        while let Some(item) = next {
            body(item);
            next = item.next();
        }
    }
}

impl<T: Link> Drop for Chain<T> {
    fn drop(&mut self) {
        // One after another: no stack for each.
        while let Some(item) = self.pop() {
            drop(item);
        }
    }
}

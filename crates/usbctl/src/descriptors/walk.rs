//! One descriptor after another, out of bytes that a device gave.

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A descriptor; it has two bytes at least.
    Descriptor(&'a [u8]),
    /// Nothing that can be read: a length below two, or past the end.
    Broken(&'a [u8]),
}

/// The descriptors of a run of bytes. After [`Step::Broken`] there is nothing more.
#[derive(Clone, Debug)]
pub struct Walk<'a>(&'a [u8]);

impl<'a> Walk<'a> {
    /// From the first byte on.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        let bytes = self.0;
        let length = usize::from(*bytes.first()?);
        match bytes.split_at_checked(length) {
            Some((descriptor, rest)) if length >= 2 => {
                self.0 = rest;
                Some(Step::Descriptor(descriptor))
            }
            _ => {
                self.0 = &[];
                Some(Step::Broken(bytes))
            }
        }
    }
}

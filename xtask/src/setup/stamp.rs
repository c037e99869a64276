//! Stamp files: what something was made from, so that it is made again only when that changes.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// A digest of everything that a step reads. It detects change, not tampering.
pub struct Inputs(DefaultHasher);

impl Inputs {
    /// Starts with the source text of the step itself, so that a change to it is a change of its inputs.
    pub fn of(step: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        step.hash(&mut hasher);
        Self(hasher)
    }

    /// Adds a text or a file's contents.
    pub fn add(&mut self, name: &str, contents: &[u8]) {
        name.hash(&mut self.0);
        contents.hash(&mut self.0);
    }

    /// The stamp's text.
    pub fn text(&self) -> String {
        format!("{:016x}\n", self.0.finish())
    }
}

/// A stamp file.
pub struct Stamp {
    path: PathBuf,
    text: String,
}

impl Stamp {
    /// The stamp of `name` in `folder`, if made from these inputs.
    pub fn new(folder: &Path, name: &str, inputs: &Inputs) -> Self {
        Self { path: folder.join(format!("{name}.stamp")), text: inputs.text() }
    }

    /// Whether it was made from these inputs already.
    pub fn is_current(&self) -> bool {
        std::fs::read_to_string(&self.path).is_ok_and(|text| text == self.text)
    }

    /// Says that it has been made.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self) -> Result<()> {
        std::fs::write(&self.path, &self.text).with_context(|| format!("writing {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_input_is_another_text() {
        let mut one = Inputs::of("step");
        one.add("file", b"contents");
        let mut other = Inputs::of("step");
        other.add("file", b"other contents");
        assert_ne!(one.text(), other.text());
        assert_ne!(Inputs::of("step").text(), Inputs::of("changed step").text());
    }
}

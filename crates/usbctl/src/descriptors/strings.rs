//! What a device's strings say (USB 2.0, 9.6.7).

use super::section::{Section, Value};
use crate::names;

/// A section with the languages and the texts that were asked for.
pub fn section(languages: &[u16], texts: &[(u8, String)]) -> Section {
    let mut section = Section::new("Strings");
    for language in languages {
        section.add("language", Value::Hex((*language).into(), 4), names::language(*language));
    }
    for (index, text) in texts {
        section.say(&format!("string {index}"), format!("\"{text}\""));
    }
    section
}

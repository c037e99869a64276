//! How things are told: text for people, JSON for programs, and bytes.

pub mod hex;
pub mod render;
mod stdout;
pub mod style;
pub mod table;
pub mod units;

pub use stdout::{Output, json, json_line, line, text};

/// A number and what it counts: `1 byte`, `2 bytes`.
pub fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// A text that came from a device, without what a terminal could take for a command.
pub fn safe(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{FFFD}' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::{plural, safe};

    #[test]
    fn one_is_singular() {
        let shown = [1, 0, 2].map(|count| plural(count, "byte"));
        assert_eq!(shown, ["1 byte", "0 bytes", "2 bytes"]);
    }

    #[test]
    fn no_escape_sequence_reaches_the_terminal() {
        assert_eq!(safe("a\u{1b}[2Jb\u{9b}c\n"), "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}");
    }
}

//! What is bold and what is dim. Colours are few, and none where the output is not a terminal (anstream sees to that).

use anstyle::{AnsiColor, Style};

/// A heading.
pub const TITLE: Style = Style::new().bold();
/// What is there for completeness.
pub const DIM: Style = Style::new().dimmed();
/// What is wrong.
pub const WRONG: Style = AnsiColor::Red.on_default();
/// What a person may want to look at.
pub const NOTE: Style = AnsiColor::Cyan.on_default();

/// A text in a style.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

//! What the header and the page share.

use std::fmt::Write as _;

use usbclient_protocol::control_code::{Access, Method};

/// The lines of a documentation comment as one text, without links.
pub fn plain(about: &[&str]) -> String {
    let lines = about.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let text = lines.collect::<Vec<_>>().join(" ");
    text.replace("[`", "`").replace("`]", "`").trim().to_owned()
}

/// `CamelCase` as `UPPER_CASE`.
pub fn upper(name: &str) -> String {
    let mut upper = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !upper.is_empty() {
            upper.push('_');
        }
        upper.push(letter.to_ascii_uppercase());
    }
    upper
}

/// A field's name in C: `class` is a word of C++, and the Windows headers define `interface` as a macro.
pub fn in_c(field: &str) -> String {
    if matches!(field, "class" | "interface") { format!("{field}_") } else { field.to_owned() }
}

/// The structures that a sentence names, in backquotes and `CamelCase`.
pub fn structures(sentence: &str) -> impl Iterator<Item = &str> {
    let quoted = sentence.split('`').skip(1).step_by(2);
    quoted.filter(|name| {
        name.starts_with(|letter: char| letter.is_ascii_uppercase())
            && name.contains(|c: char| c.is_ascii_lowercase())
    })
}

pub const fn access(access: Access) -> &'static str {
    match access {
        Access::Any => "any",
        Access::Read => "read",
        Access::Write => "write",
        Access::ReadWrite => "read and write",
    }
}

pub const fn method(method: Method) -> &'static str {
    match method {
        Method::Buffered => "buffered",
        Method::InDirect => "in direct",
        Method::OutDirect => "out direct",
        Method::Neither => "neither",
    }
}

/// The text in lines of at most `width` characters, each after `before`.
pub fn wrap(text: &str, before: &str, width: usize) -> String {
    let (mut lines, mut line) = (String::new(), String::new());
    for word in text.split_whitespace() {
        if !line.is_empty() && before.len() + line.len() + 1 + word.len() > width {
            writeln!(lines, "{before}{line}").unwrap();
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        writeln!(lines, "{before}{line}").unwrap();
    }
    lines
}

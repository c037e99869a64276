//! Unsafe code in the tree: modules that may hold it, and how many blocks each has.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// Folders that hold Rust sources of ours.
const SOURCES: [&str; 4] = ["src", "crates", "tests", "xtask"];

/// Modules that allow unsafe code without an `// UNSAFETY:` line, one message each.
///
/// # Errors
///
/// A source cannot be read.
pub fn unargued(root: &Path) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for source in sources(root, &SOURCES)? {
        let text = read(&source)?;
        if allows_unsafe(&text) && !text.lines().any(|line| line.trim_start().starts_with("// UNSAFETY:")) {
            breaches.push(format!("{}: allows unsafe code without an UNSAFETY line", name(root, &source)));
        }
    }
    Ok(breaches)
}

/// Whether a module switches the lint off, in any of the forms that do.
fn allows_unsafe(text: &str) -> bool {
    text.lines().map(str::trim_start).any(|line| {
        line.starts_with("#!")
            && line.contains("unsafe_code")
            && (line.contains("expect(") || line.contains("allow("))
    })
}

/// The number of unsafe blocks, functions, implementations and attributes of each module of the driver
/// that has any.
///
/// # Errors
///
/// A source cannot be read.
pub fn count(root: &Path, folders: &[&str]) -> Result<BTreeMap<String, usize>> {
    let mut counts = BTreeMap::new();
    for source in sources(root, folders)? {
        let found = occurrences(&read(&source)?);
        if found > 0 {
            counts.insert(name(root, &source), found);
        }
    }
    Ok(counts)
}

/// How often the keyword `unsafe` opens something, comments and strings apart.
fn occurrences(text: &str) -> usize {
    let code = without_comments_and_strings(text);
    let mut rest = code.as_str();
    let mut count = 0;
    while let Some(at) = rest.find("unsafe") {
        let before = rest[..at].chars().next_back();
        let after = &rest[at + "unsafe".len()..];
        let whole = !before.is_some_and(is_word) && !after.chars().next().is_some_and(is_word);
        // A function pointer's type and a foreign block open no unsafe operation.
        let opens = after.trim_start();
        if whole && (!opens.starts_with("extern") || is_definition(opens)) {
            count += 1;
        }
        rest = after;
    }
    count
}

/// `unsafe extern "C" fn name(` is a definition; `unsafe extern "C" fn(` a type; `unsafe extern "C" {` a
/// block of declarations.
fn is_definition(after: &str) -> bool {
    after.split_once("fn").is_some_and(|(abi, rest)| {
        !abi.contains('{') && rest.starts_with(' ') && !rest.trim_start().starts_with('(')
    })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The text with comments and the contents of strings left out. Raw strings and character literals of a
/// quotation mark are rare enough in these sources to be told apart by hand when the count looks wrong.
fn without_comments_and_strings(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    for line in text.lines() {
        let mut in_string = false;
        let mut previous = ' ';
        let mut characters = line.chars().peekable();
        while let Some(character) = characters.next() {
            if character == '"' && previous != '\\' && previous != '\'' {
                in_string = !in_string;
            } else if !in_string && character == '/' && characters.peek() == Some(&'/') {
                break;
            } else if !in_string {
                code.push(character);
            }
            previous = if previous == '\\' { ' ' } else { character };
        }
        code.push('\n');
    }
    code
}

fn sources(root: &Path, folders: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in folders {
        collect(&root.join(folder), &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

fn name(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_functions_and_attributes_count() {
        let text = "#[unsafe(no_mangle)]\nunsafe fn f() {}\nunsafe impl Send for X {}\nlet x = unsafe { f() };\n\
                    unsafe extern \"system\" fn g() {}\n";
        assert_eq!(occurrences(text), 5);
    }

    #[test]
    fn comments_strings_types_and_declarations_do_not() {
        let text = "// unsafe { }\nlet s = \"unsafe { }\"; // unsafe\ntype F = unsafe extern \"C\" fn();\n\
                    unsafe extern \"C\" {}\n#![expect(unsafe_code, reason = \"x\")]\n";
        assert_eq!(occurrences(text), 0);
    }

    #[test]
    fn the_lint_may_be_switched_off_only_with_a_reason_line() {
        assert!(allows_unsafe("#![expect(unsafe_code, reason = \"x\")]\n"));
        assert!(allows_unsafe("#![cfg_attr(windows, allow(unsafe_code))]\n"));
        assert!(!allows_unsafe("#![forbid(unsafe_code)]\n"));
        assert!(!allows_unsafe("#![deny(unsafe_code)]\n"));
    }
}

//! The lines of an INF file: sections, keys, fields; comments, quotes, continuations and `%strings%`.

use std::collections::BTreeMap;

use super::InfError;

/// A line: `key = field, field` or `field, field`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub key: Option<String>,
    pub fields: Vec<String>,
}

/// The sections by name in lower case. Sections of one name are one section.
#[derive(Debug, Default)]
pub(super) struct Sections(BTreeMap<String, Vec<Line>>);

/// The text of a file.
pub(super) fn decoded(file: &[u8]) -> String {
    let pairs = |from: fn([u8; 2]) -> u16| {
        let units = file.chunks_exact(2).skip(1).map(|pair| from([pair[0], pair[1]])).collect::<Vec<_>>();
        String::from_utf16_lossy(&units)
    };
    match file {
        [0xFF, 0xFE, ..] => pairs(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => pairs(u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(file).into_owned(),
    }
}

impl Sections {
    pub fn of(text: &str) -> Result<Self, InfError> {
        let mut sections = Self::default();
        let mut name = None;
        for (number, line) in joined(text) {
            let line = line.trim();
            if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                let section = section.trim().to_lowercase();
                sections.0.entry(section.clone()).or_default();
                name = Some(section);
            } else if !line.is_empty() {
                let section = name.as_ref().and_then(|name: &String| sections.0.get_mut(name));
                let section = section.ok_or_else(|| InfError::Line(number, "it is in no section".into()))?;
                section.push(parsed(line));
            }
        }
        sections.expand();
        Ok(sections)
    }

    /// The lines of a section.
    pub fn get(&self, name: &str) -> Option<&[Line]> {
        self.0.get(&name.to_lowercase()).map(Vec::as_slice)
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(&name.to_lowercase())
    }

    /// Puts the strings in. `%13%` and other folders stay as they are, `%%` is a percent sign.
    fn expand(&mut self) {
        let lines = self.0.get("strings").cloned().unwrap_or_default();
        let strings: BTreeMap<String, String> = lines
            .into_iter()
            .filter_map(|line| Some((line.key?.to_lowercase(), line.fields.join(","))))
            .collect();
        for line in self.0.values_mut().flatten() {
            for text in line.key.iter_mut().chain(&mut line.fields) {
                *text = expanded(text, &strings);
            }
        }
    }
}

fn expanded(text: &str, strings: &BTreeMap<String, String>) -> String {
    let mut parts = text.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    while let Some(token) = parts.next() {
        match (parts.next(), strings.get(&token.to_lowercase())) {
            (Some(rest), Some(string)) => out.extend([string.as_str(), rest]),
            (Some(rest), None) if token.is_empty() => out.extend(["%", rest]),
            (Some(rest), None) => out.extend(["%", token, "%", rest]),
            (None, _) => out.extend(["%", token]),
        }
    }
    out
}

/// Lines without comments; a backslash at the end of one joins it with the next. With the number of the first.
fn joined(text: &str) -> Vec<(usize, String)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        let line = without_comment(line).trim_end();
        let (line, continues) = line.strip_suffix('\\').map_or((line, false), |line| (line, true));
        match all.last_mut().filter(|_| open) {
            Some((_, last)) => last.push_str(line.trim_start()),
            None => all.push((index + 1, line.to_owned())),
        }
        open = continues;
    }
    all
}

fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (at, character) in line.char_indices() {
        match character {
            '"' => quoted = !quoted,
            ';' if !quoted => return line.get(..at).unwrap_or(line),
            _ => {}
        }
    }
    line
}

fn parsed(line: &str) -> Line {
    let mut it = Line::default();
    let mut field = String::new();
    // Blanks at the ends of a field do not belong to it, unless they are quoted.
    let mut kept = 0;
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    let finish = |field: &mut String, kept: &mut usize| {
        field.truncate(field.trim_end().len().max(*kept));
        *kept = 0;
        std::mem::take(field)
    };
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => {
                quoted = !quoted;
                kept = field.len();
            }
            _ if quoted => field.push(character),
            ',' => it.fields.push(finish(&mut field, &mut kept)),
            '=' if it.key.is_none() && it.fields.is_empty() => it.key = Some(finish(&mut field, &mut kept)),
            _ if character.is_whitespace() && field.is_empty() => {}
            _ => field.push(character),
        }
    }
    it.fields.push(finish(&mut field, &mut kept));
    it
}

//! The text of a timeline as it grows: headings that wait for their first line, folded transfers, repeated calls.

use std::collections::HashSet;
use std::fmt::Write;

use super::amount::{bytes, plural};
use super::timeline::clock;

/// How many calls of one routine in a row are shown before the rest folds.
const SHOWN_CALLS: u64 = 1;

/// Text that grows line by line.
#[derive(Default)]
pub struct Page {
    text: String,
    heading: Option<Heading>,
    seen: HashSet<String>,
    folded: Folded,
    repeated: Option<Repeated>,
}

struct Heading {
    time: u64,
    text: String,
}

#[derive(Default)]
struct Folded {
    time: u64,
    count: u64,
    bytes: u64,
    what: &'static str,
}

/// Calls of one routine in a row.
struct Repeated {
    key: String,
    count: u64,
    prefix: String,
    last: String,
}

impl Page {
    /// A step of the script. A step whose like was shown already is left out if nothing follows that is shown.
    pub fn heading(&mut self, time: u64, text: &str) {
        self.end_repeated();
        if self.heading.as_ref().is_some_and(|heading| !self.seen.contains(&heading.text)) {
            self.print_heading();
        }
        self.heading = Some(Heading { time, text: text.to_owned() });
    }

    /// A line. Folded transfers that wait come first, unless `among_transfers`.
    pub fn line(&mut self, line: &str, among_transfers: bool) {
        self.end_repeated();
        self.print(line, among_transfers);
    }

    /// A whole call on one line; `key` is the same for calls that may fold into one another.
    pub fn call(&mut self, key: &str, prefix: String, text: &str, among_transfers: bool) {
        if let Some(repeated) = self.repeated.as_mut().filter(|repeated| repeated.key == key) {
            repeated.count += 1;
            (repeated.prefix, repeated.last) = (prefix, text.to_owned());
            return;
        }
        self.line(&format!("{prefix}{text}"), among_transfers);
        let last = String::new();
        self.repeated = Some(Repeated { key: key.to_owned(), count: SHOWN_CALLS, prefix, last });
    }

    /// A data transfer that is not shown.
    pub fn fold(&mut self, time: u64, what: &'static str, moved: u64) {
        if self.heading.as_ref().is_some_and(|heading| !self.seen.contains(&heading.text)) {
            self.end_repeated();
            self.print_heading();
        }
        if self.folded.what != what {
            self.end_folded();
        }
        let Folded { count, bytes, .. } = self.folded;
        self.folded = Folded { time, count: count + 1, bytes: bytes.saturating_add(moved), what };
    }

    /// The whole text.
    pub fn finish(mut self) -> String {
        self.heading(0, "");
        self.end_folded();
        self.text
    }

    fn print(&mut self, line: &str, among_transfers: bool) {
        if !among_transfers {
            self.end_folded();
        }
        self.print_heading();
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn print_heading(&mut self) {
        let Some(Heading { time, text }) = self.heading.take() else { return };
        self.end_folded();
        let gap = if self.text.is_empty() { "" } else { "\n" };
        let _ = writeln!(self.text, "{gap}{} \u{2500}\u{2500} {text}", clock(time));
        self.seen.insert(text);
    }

    fn end_folded(&mut self) {
        let Folded { time, count, bytes: moved, what } = std::mem::take(&mut self.folded);
        if count > 0 {
            let words = format!("\u{2026} {}, {}", plural(count, &format!("more {what}")), bytes(moved));
            let _ = writeln!(self.text, "{} {:>5} {:>9}  {words}", clock(time), "", "");
        }
    }

    fn end_repeated(&mut self) {
        let Some(Repeated { count, prefix, last, .. }) = self.repeated.take() else { return };
        match count.saturating_sub(SHOWN_CALLS) {
            0 => {}
            1 => self.print(&format!("{prefix}{last}"), true),
            more => self.print(&format!("{prefix}\u{2026} {more} more, the last {last}"), true),
        }
    }
}

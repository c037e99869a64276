//! Differences between the two kernels that are explained: `tests/wine/differences.json`.

use std::{cell::Cell, collections::BTreeSet};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::compare::{Difference, Only};

/// One explanation.
#[derive(Debug, Deserialize)]
pub struct Explanation {
    /// What the driver is called for: any of these.
    pub what: Vec<String>,
    /// Where.
    pub only: Only,
    /// The routines that it calls, with blanks between; without it, whichever.
    pub way: Option<String>,
    /// Why it is so.
    pub because: String,
    #[serde(skip)]
    used: Cell<bool>,
}

/// All of them.
pub struct Explained(Vec<Explanation>);

impl Explained {
    /// Reads the table.
    ///
    /// # Errors
    /// It is not as it must be.
    pub fn read() -> Result<Self> {
        let table = include_str!("../differences.json");
        serde_json::from_str(table).map(Self).context("differences.json")
    }

    /// The differences that nobody has explained, in words.
    #[must_use]
    pub fn rest(&self, found: &BTreeSet<Difference>) -> Vec<String> {
        found.iter().filter(|difference| !self.explains(difference)).map(ToString::to_string).collect()
    }

    fn explains(&self, difference: &Difference) -> bool {
        let way = difference.way.as_ref().map(|way| way.join(" "));
        let fits = |it: &&Explanation| {
            it.what.contains(&difference.what)
                && it.only == difference.only
                && (it.way.is_none() || it.way == way)
        };
        let found: Vec<&Explanation> = self.0.iter().filter(fits).collect();
        for it in &found {
            it.used.set(true);
        }
        !found.is_empty()
    }

    /// Explanations of what did not come in this run.
    pub fn unused(&self) -> impl Iterator<Item = &Explanation> {
        self.0.iter().filter(|it| !it.used.get())
    }

    /// All of them, for a table.
    #[cfg(test)]
    pub fn all(&self) -> &[Explanation] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write as _, fs, path::Path};

    use super::*;
    use crate::scenarios;

    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/wine.md");

    /// The page with another text between the two marks of this name.
    fn with_part(page: &str, name: &str, part: &str) -> String {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
        let (before, rest) = page.split_once(&begin).expect("the part's beginning is marked");
        let (_, after) = rest.split_once(&end).expect("the part's end is marked");
        format!("{before}{begin}{part}{end}{after}")
    }

    fn scenarios_table() -> String {
        let mut table = "| scenario | what happens |\n|---|---|\n".to_owned();
        for play in scenarios::all() {
            writeln!(table, "| `{}` | {} |", play.scenario.name, play.scenario.about)
                .expect("a string grows");
        }
        table
    }

    fn differences_table() -> String {
        let mut table =
            "| the driver is called for | seen | what it calls | why |\n|---|---|---|---|\n".to_owned();
        for it in Explained::read().expect("the table can be read").all() {
            let only = match it.only {
                Only::Wine => "under Wine",
                Only::Simulated => "simulated",
            };
            let way = it.way.as_deref().map_or_else(|| "anything".to_owned(), |way| format!("`{way}`"));
            writeln!(table, "| {} | {only} | {way} | {} |", it.what.join(", "), it.because)
                .expect("a string grows");
        }
        table
    }

    /// `UPDATE=1` writes the page.
    #[test]
    fn the_page_is_current() {
        let page = fs::read_to_string(PAGE).expect("the page is there");
        let made = with_part(&page, "scenarios", &scenarios_table());
        let made = with_part(&made, "differences", &differences_table());
        if std::env::var_os("UPDATE").is_some() {
            fs::write(Path::new(PAGE), &made).expect("the page can be written");
        }
        assert!(made == page, "docs/wine.md is not current: run this test with UPDATE=1");
    }

    #[test]
    fn what_is_explained_is_no_surprise() {
        let explained = Explained::read().expect("the table can be read");
        let known = Difference { what: "PNP QUERY_ID".into(), only: Only::Wine, way: None };
        let unknown = Difference { what: "CLOSE".into(), only: Only::Wine, way: None };
        let other_side = Difference { only: Only::Simulated, ..known.clone() };
        let found: BTreeSet<Difference> = [known, unknown.clone(), other_side.clone()].into();
        let rest = explained.rest(&found);
        assert_eq!(rest, [unknown.to_string(), other_side.to_string()]);
        assert!(explained.unused().all(|it| !it.what.contains(&"PNP QUERY_ID".to_owned())));
    }
}

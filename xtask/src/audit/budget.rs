//! The number of unsafe blocks of each module, against a checked-in budget.

use std::{collections::BTreeMap, fmt::Write};

use super::Finding;
use crate::setup::names;

/// The folders whose code is in the driver.
pub const FOLDERS: [&str; 5] =
    ["src", "crates/core", "crates/protocol", "crates/registration", "crates/usbdex"];

/// The budget file for these counts.
pub fn text(counts: &BTreeMap<String, usize>) -> String {
    let mut text = String::from(
        "# How often `unsafe` stands in each module of the driver: blocks, functions, implementations and\n\
         # attributes. `cargo xtask audit` fails where a module has more. `cargo xtask audit --write-budget`\n\
         # writes this file; a number that grows is argued in the commit.\n",
    );
    for (module, count) in counts {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{module} {count}");
    }
    text
}

/// Compares what the sources have with the budget.
pub fn compare(counts: &BTreeMap<String, usize>, budget: &str) -> Finding {
    let allowed: BTreeMap<&str, usize> = names(budget)
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(module, count)| Some((module, count.trim().parse().ok()?)))
        .collect();
    let breaches = counts
        .iter()
        .filter_map(|(module, count)| {
            let allowed = allowed.get(module.as_str()).copied().unwrap_or(0);
            (*count > allowed).then(|| format!("{module}: {count} unsafe, {allowed} in the budget"))
        })
        .collect();
    let total: usize = counts.values().sum();
    Finding { subject: "unsafe", found: format!("{total} in {} modules", counts.len()), breaches }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(entries: &[(&str, usize)]) -> BTreeMap<String, usize> {
        entries.iter().map(|(module, count)| ((*module).to_owned(), *count)).collect()
    }

    #[test]
    fn what_is_written_is_kept_to() {
        let counts = counts(&[("src/nt/irp.rs", 7), ("src/entry.rs", 1)]);
        assert!(compare(&counts, &text(&counts)).breaches.is_empty());
    }

    #[test]
    fn one_more_is_a_breach() {
        let budget = text(&counts(&[("src/nt/irp.rs", 7)]));
        assert_eq!(
            compare(&counts(&[("src/nt/irp.rs", 8)]), &budget).breaches,
            ["src/nt/irp.rs: 8 unsafe, 7 in the budget"]
        );
        assert!(compare(&counts(&[("src/nt/irp.rs", 6)]), &budget).breaches.is_empty());
    }

    #[test]
    fn a_module_without_a_budget_has_none() {
        assert_eq!(compare(&counts(&[("src/other.rs", 1)]), "# empty\n").breaches.len(), 1);
    }
}

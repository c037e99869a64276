//! The audit's table.

use std::path::Path;

use super::Finding;

/// What was found in one image.
pub struct Report {
    name: String,
    findings: Vec<Finding>,
}

impl Report {
    /// An empty report on a file.
    pub fn new(file: &Path) -> Self {
        Self { name: file.display().to_string(), findings: Vec::new() }
    }

    /// Adds a finding.
    pub fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.iter().all(|finding| finding.breaches.is_empty())
    }

    /// Prints the table, what is wrong, and what a reader must know all the same.
    pub fn print(&self, notices: &[&str]) {
        println!("{}", self.name);
        for finding in &self.findings {
            let verdict = if finding.breaches.is_empty() { "ok" } else { "BREACH" };
            println!("  {:<20} {verdict:<7} {}", finding.subject, finding.found);
            for breach in &finding.breaches {
                println!("  {:<20} {:<7} {breach}", "", "");
            }
        }
        for notice in notices {
            println!("  note: {notice}");
        }
    }
}

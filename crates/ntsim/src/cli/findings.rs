//! What becomes of the violations of a run: each is saved, explained and told how to replay.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use crate::{
    campaign::specimens,
    machine::{Machine, Options},
    verify::{Explained, Report, Saved, Symbols, explain, report::Violation, report_page},
};

/// How many violations are explained in full. The others have their file and their line.
const EXPLAINED: usize = 20;

/// Where findings go.
#[derive(Debug, clap::Args)]
pub(super) struct FindingArguments {
    /// The driver's .pdb, for names in call stacks; without it, the one beside the image.
    #[arg(long, value_name = "FILE")]
    pdb: Option<PathBuf>,
    /// The folder for findings.
    #[arg(long, value_name = "DIR", default_value = "target/verify")]
    findings: PathBuf,
    /// Name each function with the blocks of it that were not reached.
    #[arg(long)]
    verbose: bool,
    /// Write the report as a page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Findings as they are told.
pub(super) struct Findings<'a> {
    arguments: &'a FindingArguments,
    driver: &'a Path,
    specimens: Option<&'a Path>,
    symbols: Symbols,
    text: String,
    explained: Vec<(Violation, Explained, String)>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(arguments: &'a FindingArguments, driver: &'a Path) -> Result<Self, String> {
        let symbols = Symbols::of(driver, arguments.pdb.as_deref())?;
        let (text, explained) = (String::new(), Vec::new());
        Ok(Self { arguments, driver, specimens: None, symbols, text, explained })
    }

    /// With the folder of the specimens' images.
    pub(super) const fn specimens(mut self, images: Option<&'a Path>) -> Self {
        self.specimens = images;
        self
    }

    /// What there is to print of the violations.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Saves and explains the violations of a report, counts the blocks that were reached, and writes the page if
    /// one is asked for.
    pub(super) fn tell(&mut self, report: Report) -> Result<Report, String> {
        let files = self.save(&report)?;
        let mut machine =
            Machine::load(self.driver, Options::default()).map_err(|error| error.to_string())?;
        for (violation, file) in report.violations.iter().zip(&files) {
            let image = self.image_of(violation);
            let command = explain::command(&image, file);
            if violation.piece.campaign != specimens::NAME && self.explained.len() < EXPLAINED {
                let explained =
                    Explained::new(&violation.finding, &mut machine).map_err(|stop| stop.to_string())?;
                let _ = writeln!(self.text, "{}", explained.text(&violation.wrong, &self.symbols, &command));
                self.explained.push((violation.clone(), explained, command));
            } else {
                let title = explain::title(&violation.wrong);
                let _ = writeln!(self.text, "{title}\n    replay     {command}\n");
            }
        }
        let flow = machine.flow().map_err(|stop| stop.to_string())?;
        let report = report.cover(flow, &self.symbols);
        if let Some(path) = &self.arguments.html {
            super::write_page(path, &report_page(&report, &self.explained, &self.symbols))?;
        }
        if let Some(coverage) = report.coverage.as_ref().filter(|_| self.arguments.verbose) {
            let _ = writeln!(self.text, "{coverage}");
        }
        Ok(report)
    }

    fn image_of(&self, violation: &Violation) -> PathBuf {
        let folder = self.specimens.filter(|_| violation.piece.campaign == specimens::NAME);
        let specimen = |folder: &Path| folder.join(format!("{}.sys", violation.piece.subject));
        folder.map_or_else(|| self.driver.to_owned(), specimen)
    }

    /// A file for each finding, and for each violation the file that it is in.
    fn save(&self, report: &Report) -> Result<Vec<PathBuf>, String> {
        let mut saved: Vec<(&Violation, PathBuf)> = Vec::new();
        let mut files = Vec::new();
        for violation in &report.violations {
            let same = |(other, _): &&(&Violation, PathBuf)| {
                (&other.piece, &other.finding) == (&violation.piece, &violation.finding)
            };
            if let Some((_, path)) = saved.iter().find(same) {
                files.push(path.clone());
                continue;
            }
            let finding = Saved::new(&self.image_of(violation), &violation.piece, &violation.finding)?;
            let path = finding.write(&self.arguments.findings, saved.len() + 1)?;
            files.push(path.clone());
            saved.push((violation, path));
        }
        Ok(files)
    }
}

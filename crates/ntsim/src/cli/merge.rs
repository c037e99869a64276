//! `ntsim merge FILES`: one table of what several runs told.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use crate::{
    campaign::Told,
    verify::{Report, Symbols, explain, lines},
};

/// What to merge.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files that `ntsim verify --json` wrote: shares of the same work.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The driver's .pdb, for names in call stacks.
    #[arg(long, value_name = "FILE")]
    pdb: Option<PathBuf>,
}

pub(super) fn command(arguments: &Arguments) -> Result<ExitCode, String> {
    let mut files = arguments.files.iter();
    let mut first = lines::read(files.next().ok_or("no file")?)?;
    for path in files {
        let file = lines::read(path)?;
        if file.identity != first.identity {
            return Err(format!("{} is of another driver, plan or seed than the first file", path.display()));
        }
        add(&mut first.told, file.told).map_err(|number| {
            format!("{} says otherwise of piece {number} than a file before it", path.display())
        })?;
    }
    let report = Report::of(&first.identity, &first.not_run, &first.told);
    let symbols = arguments.pdb.as_deref().map(Symbols::read).transpose()?.unwrap_or_default();
    for violation in &report.violations {
        println!("{} ({} times)", explain::title(&violation.wrong), violation.times);
        for line in symbols.stack(&violation.wrong.stack) {
            println!("    {line}");
        }
    }
    print!("{report}");
    Ok(super::status(report.is_clean()))
}

/// Adds pieces. A piece that is there already must have told the same.
fn add(all: &mut BTreeMap<u64, Told>, more: BTreeMap<u64, Told>) -> Result<(), u64> {
    for (number, told) in more {
        if all.get(&number).is_some_and(|known| *known != told) {
            return Err(number);
        }
        all.insert(number, told);
    }
    Ok(())
}

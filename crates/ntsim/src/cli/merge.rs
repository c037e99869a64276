//! `ntsim merge FILES`: one table of what several runs told.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use crate::{
    campaign::{Record, Told},
    machine::{Machine, Options},
    verify::{Report, Symbols, explain, lines, work::sha256},
};

/// What to merge.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files that `ntsim verify --json` wrote: shares of the same work.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The driver's image: its .pdb names call stacks, and its code says how many blocks were not reached.
    #[arg(long, value_name = "FILE")]
    driver: Option<PathBuf>,
    /// Its .pdb, if it is not beside it.
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
    let mut report = Report::of(&first.identity, &first.not_run, &first.told);
    let mut symbols = arguments.pdb.as_deref().map(Symbols::read).transpose()?.unwrap_or_default();
    if let Some(driver) = &arguments.driver {
        if sha256(driver)? != first.identity.sha256 {
            return Err(format!("{} is not the image that these files are of", driver.display()));
        }
        symbols = Symbols::of(driver, arguments.pdb.as_deref())?;
        let mut machine = Machine::load(driver, Options::default()).map_err(|error| error.to_string())?;
        report = report.cover(machine.flow().map_err(|stop| stop.to_string())?, &symbols);
    }
    for violation in &report.violations {
        println!("{} ({} times)", explain::title(&violation.wrong), violation.times);
        for line in symbols.stack(&violation.wrong.stack) {
            println!("    {line}");
        }
    }
    print!("{report}");
    Ok(super::status(report.is_clean()))
}

/// Adds pieces. One that is there already must have told the same, but for the blocks that were reached: those
/// are told once a process.
fn add(all: &mut BTreeMap<u64, Told>, more: BTreeMap<u64, Told>) -> Result<(), u64> {
    for (number, told) in more {
        match all.get_mut(&number) {
            Some(known) if !rest(known).eq(rest(&told)) => {
                return Err(number);
            }
            Some(known) => known.records.extend(told.records.into_iter().filter(is_blocks)),
            None => {
                all.insert(number, told);
            }
        }
    }
    Ok(())
}

fn rest(told: &Told) -> impl Iterator<Item = &Record> {
    told.records.iter().filter(|record| !is_blocks(record))
}

const fn is_blocks(record: &Record) -> bool {
    matches!(record, Record::Blocks { .. })
}

//! `ntsim worker IMAGE`: pieces come on standard input. Started by `ntsim verify`, not by people.

use std::{path::PathBuf, process::ExitCode};

use crate::{
    campaign::specimens::{Specimens, Table},
    verify::worker,
};

/// What to work on.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The image.
    image: PathBuf,
    /// The folder of the specimens' expectations.json and scenarios.json.
    #[arg(long, value_name = "DIR")]
    expectations: Option<PathBuf>,
}

pub(super) fn command(arguments: &Arguments) -> Result<ExitCode, String> {
    let table = arguments.expectations.as_deref().map(Table::read).transpose()?;
    worker::serve(&arguments.image, table.map(|table| Specimens { table }))?;
    Ok(ExitCode::SUCCESS)
}

//! `cargo xtask audit`: what the built file itself says about the driver.

mod budget;
mod code;
mod image;
mod imports;
mod layout;
mod report;
mod strings;
mod version;

#[cfg(test)]
mod fixture;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::ValueEnum;

use self::{image::Image, imports::Lists, report::Report};
use crate::{
    driver::{self, Profile},
    failure::cannot_run,
    paths::Paths,
    setup, unsafety,
};

/// `cargo xtask audit`.
#[derive(clap::Args)]
pub struct Arguments {
    /// The image to audit; without it, the release build of the driver, which is built first.
    image: Option<PathBuf>,
    /// Whose build it is: this project's on Linux, or the WDK's, which has the USBD handle API inside.
    #[arg(long, value_enum, default_value_t = Build::Linux)]
    build: Build,
    /// Write the number of unsafe blocks into the budget file instead of comparing with it.
    #[arg(long)]
    write_budget: bool,
}

/// Which allow-list an image is held to.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Build {
    /// The USBD handle API is imported from usbdex.sys.
    Linux,
    /// The USBD handle API is linked statically from Usbdex.lib.
    Wdk,
}

/// One finding: what was looked at, what was found, and what is wrong with it, if anything.
pub struct Finding {
    /// What was looked at.
    pub subject: &'static str,
    /// What was found.
    pub found: String,
    /// What is wrong, a line each.
    pub breaches: Vec<String>,
}

/// `cargo xtask audit`.
///
/// # Errors
///
/// The file cannot be read, or is not a 64-bit PE file (exit status 2).
pub fn command(paths: &Paths, arguments: &Arguments) -> Result<ExitCode> {
    let budget = paths.root.join("xtask/unsafe-budget.txt");
    if arguments.write_budget {
        let counts = unsafety::count(&paths.root, &budget::FOLDERS)?;
        std::fs::write(&budget, budget::text(&counts))
            .with_context(|| format!("writing {}", budget.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let file = match &arguments.image {
        Some(file) => file.clone(),
        None => driver::build(paths, &setup::prepare(paths)?, Profile::Release)?,
    };
    let bytes = std::fs::read(&file)
        .map_err(|error| cannot_run(format!("{} cannot be read: {error}", file.display())))?;
    let image = Image::parse(&bytes).map_err(|error| cannot_run(format!("{}: {error:#}", file.display())))?;
    let lists = Lists::read(&paths.wdk_linux().join("imports"), arguments.build)?;
    let mut report = Report::new(&file);
    for finding in findings(&image, &lists, &file, paths)? {
        report.add(finding);
    }
    report
        .add(budget::compare(&unsafety::count(&paths.root, &budget::FOLDERS)?, &crate::tool::read(&budget)?));
    report.print(&notices(&image));
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn findings(image: &Image, lists: &Lists, file: &Path, paths: &Paths) -> Result<Vec<Finding>> {
    let functions = code::Functions::read(image, &file.with_extension("pdb"))?;
    let mut found = vec![
        imports::allowed(image, lists),
        imports::retired(image, lists),
        imports::exports(image),
        code::panics(image, &functions),
        strings::panic_text(image),
        strings::build_paths(image, &machine_paths(paths)),
    ];
    found.extend(layout::findings(image));
    found.push(version::resource(image, concat!(env!("CARGO_PKG_VERSION"), ".0")));
    Ok(found)
}

/// Paths of this machine, none of which may be in the image.
fn machine_paths(paths: &Paths) -> Vec<String> {
    let mut found = vec![paths.root.display().to_string()];
    found.extend(["CARGO_HOME", "HOME"].into_iter().filter_map(|name| std::env::var(name).ok()));
    found.retain(|path| path.len() > 4);
    found
}

/// What the audit cannot find wrong and a reader must know.
fn notices(image: &Image) -> Vec<&'static str> {
    let mut notices = Vec::new();
    if !image.imports.iter().any(|import| import.name == "PoRequestPowerIrp") {
        notices.push(
            "POWER is a pass-through: it sends no device power IRP, which is not right for the power policy \
             owner that a USB function driver is. The device stays in D0 through sleep.",
        );
    }
    notices.push(
        "Linked by lld, this image is for tests; the one that ships is linked with the WDK on Windows.",
    );
    notices
}

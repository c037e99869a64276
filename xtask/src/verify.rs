//! `cargo xtask verify`: the shipped driver and the specimens through every campaign.

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Result, bail};

use crate::{driver, paths::Paths, setup, simulate, tool};

/// `cargo xtask verify`.
#[derive(clap::Args)]
pub struct Arguments {
    /// A few minutes on two processors: what `cargo xtask test` does.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// A night.
    #[arg(long)]
    full: bool,
    /// Only this campaign; or the specimens of this rule, and of everything else what this rule says.
    #[arg(long, value_name = "RULE|CAMPAIGN")]
    only: Option<String>,
    /// Where choices at random start from.
    #[arg(long)]
    seed: Option<u64>,
    /// How many processes work.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Do share K of N of the work.
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
    /// Write what each piece told as JSON lines, for `ntsim merge`.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report as a page for a browser.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Name each function with the blocks of it that were not reached.
    #[arg(long)]
    verbose: bool,
}

impl Arguments {
    /// What `cargo xtask test` does.
    pub const fn quick() -> Self {
        Self {
            quick: true,
            full: false,
            only: None,
            seed: None,
            jobs: None,
            shard: None,
            json: None,
            html: None,
            verbose: false,
        }
    }

    /// As `ntsim verify` has them.
    fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (flag, given) in [("--quick", self.quick), ("--full", self.full), ("--verbose", self.verbose)] {
            words.extend(given.then(|| flag.to_owned()));
        }
        let file = |path: &PathBuf| path.display().to_string();
        let options = [
            ("--only", self.only.clone()),
            ("--seed", self.seed.map(|seed| seed.to_string())),
            ("--jobs", self.jobs.map(|jobs| jobs.to_string())),
            ("--shard", self.shard.clone()),
            ("--json", self.json.as_ref().map(file)),
            ("--html", self.html.as_ref().map(file)),
        ];
        for (option, value) in options {
            words.extend(value.into_iter().flat_map(|value| [option.to_owned(), value]));
        }
        words
    }
}

/// Builds driver, specimens and ntsim, verifies, and gives ntsim's exit status: 0 only if nothing was violated and
/// every specimen was caught.
///
/// # Errors
///
/// Set-up or a build failed.
pub fn command(paths: &Paths, arguments: &Arguments) -> Result<ExitCode> {
    let mut ntsim = ntsim(paths, arguments)?;
    driver::build_specimens(paths, &setup::prepare(paths)?)?;
    simulate::exit_status(&mut ntsim)
}

/// The quick run, as one of the tests. The specimens are built already.
///
/// # Errors
///
/// A violation was found, a specimen was not caught, or it could not be done.
pub fn test(paths: &Paths) -> Result<()> {
    if !tool::status(&mut ntsim(paths, &Arguments::quick())?)?.success() {
        bail!("the driver or a specimen did not do as it should; see above");
    }
    Ok(())
}

fn ntsim(paths: &Paths, arguments: &Arguments) -> Result<Command> {
    let mut ntsim = simulate::ntsim(paths, "verify")?;
    ntsim.arg("--specimens").arg(paths.driver().join("specimens"));
    ntsim.arg("--expectations").arg(paths.root.join("tests/specimens"));
    ntsim.arg("--findings").arg(paths.root.join("target/verify"));
    ntsim.args(arguments.words());
    Ok(ntsim)
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    #[test]
    fn arguments_are_handed_on() {
        let arguments = Arguments { seed: Some(7), shard: Some("1/2".into()), ..Arguments::quick() };
        assert_eq!(arguments.words(), ["--quick", "--seed", "7", "--shard", "1/2"]);
    }
}

//! `ntsim verify DRIVER.sys`: every campaign, and one table.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
    thread,
    time::Instant,
};

use super::{
    findings::{FindingArguments, Findings},
    run::{DEVICE, USBCLIENT},
};
use crate::{
    campaign::{Extent, Plan, Record, Share, Told},
    verify::{
        Only, Progress, Report, Request, Work, lines,
        pool::{News, Workers},
        work::{SpecimenFolders, name_of},
    },
};

/// What to verify, and how much.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The driver's image.
    driver: PathBuf,
    /// A few minutes on two processors.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// A night.
    #[arg(long)]
    full: bool,
    /// Only this campaign; or the specimens of this rule, and of everything else what this rule says.
    #[arg(long, value_name = "RULE|CAMPAIGN")]
    only: Option<String>,
    /// Where choices at random start from.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many processes work; without it, one for each processor.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Do share K of N of the work.
    #[arg(long, value_name = "K/N", value_parser = share)]
    shard: Option<Share>,
    /// Put this device model behind the driver: one of `ntsim devices`. The scripts are then those that suit any
    /// driver; a file of another name than usbclient.sys gets them with loopback-hs.
    #[arg(long, value_name = "MODEL")]
    device: Option<String>,
    /// Write what each piece told as JSON lines, for `ntsim merge`.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The folder of the specimens' images; without it they are not played.
    #[arg(long, value_name = "DIR")]
    specimens: Option<PathBuf>,
    /// The folder of their expectations.json and scenarios.json, if it is another.
    #[arg(long, value_name = "DIR", requires = "specimens")]
    expectations: Option<PathBuf>,
    #[command(flatten)]
    findings: FindingArguments,
}

/// `K/N`, counted from 1.
fn share(text: &str) -> Result<Share, String> {
    let wrong = || format!("{text} is no share: K/N with 1 <= K <= N");
    let (number, of) = text.split_once('/').ok_or_else(wrong)?;
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let of = of.parse().map_err(|_| wrong())?;
    let number = number.checked_sub(1).filter(|number| *number < of).ok_or_else(wrong)?;
    Ok(Share { number, of })
}

pub(super) fn command(arguments: &Arguments, inf: Option<PathBuf>) -> Result<ExitCode, String> {
    let request = request(arguments)?;
    let work = Work::cut(&request)?;
    let started = Instant::now();
    let jobs = arguments.jobs.unwrap_or_else(processors);
    let told = work_through(arguments, &request, &work, (inf, jobs))?;
    let seconds = started.elapsed().as_secs_f64();
    let report = Report::of(&work.identity, &work.not_run, &told);
    let mut findings =
        Findings::new(&arguments.findings, &request.driver)?.specimens(arguments.specimens.as_deref());
    let report = findings.tell(report)?;
    print(&report, &findings, seconds, jobs).map_err(|error| format!("cannot print: {error}"))?;
    Ok(super::status(report.is_clean()))
}

fn request(arguments: &Arguments) -> Result<Request, String> {
    let extent = match (arguments.quick, arguments.full) {
        (true, _) => Extent::Quick,
        (_, true) => Extent::Full,
        _ => Extent::Normal,
    };
    let device = match &arguments.device {
        Some(model) => Some(super::known_device(model)?.to_owned()),
        None if name_of(&arguments.driver) == USBCLIENT => None,
        None => Some(DEVICE.to_owned()),
    };
    let specimens = arguments.specimens.as_ref().map(|images| SpecimenFolders {
        images: images.clone(),
        table: arguments.expectations.as_ref().unwrap_or(images).clone(),
    });
    Ok(Request {
        driver: arguments.driver.clone(),
        plan: Plan { extent, seed: arguments.seed, device },
        only: arguments.only.as_deref().map(Only::named).transpose()?,
        share: arguments.shard.unwrap_or_default(),
        specimens,
    })
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn work_through(
    arguments: &Arguments,
    request: &Request,
    work: &Work,
    (inf, jobs): (Option<PathBuf>, usize),
) -> Result<BTreeMap<u64, Told>, String> {
    let program = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
    let table = request.specimens.as_ref().map(|folders| folders.table.clone());
    let mut writer = arguments.json.as_ref().map(|path| writer(path, work)).transpose()?;
    let mut written = Ok(());
    let weight = |told: &Told| u64::from(told.piece.weight);
    let mut progress = Progress::new(work.jobs.iter().map(|job| u64::from(job.piece.weight)).sum());
    let mut all = BTreeMap::new();
    Workers { program, table, inf, count: jobs }.work(work.jobs.clone(), &mut |news| match news {
        News::Lives(more) => progress.lives(more),
        News::Done(number, told) => {
            progress.piece(weight(&told), told.records.iter().filter(|record| is_bad(record)).count() as u64);
            if let Some(writer) = &mut writer
                && written.is_ok()
            {
                written = writer.add(number, told.clone());
            }
            all.insert(number, told);
        }
    });
    progress.end();
    written.map_err(|error| format!("cannot write what the pieces told: {error}"))?;
    Ok(all)
}

fn writer(path: &PathBuf, work: &Work) -> Result<lines::Writer<BufWriter<File>>, String> {
    let due = work.jobs.iter().map(|job| job.number).collect();
    super::create(path).and_then(|file| {
        lines::Writer::new(file, &work.identity, &work.not_run, due)
            .map_err(|error| format!("{}: {error}", path.display()))
    })
}

const fn is_bad(record: &Record) -> bool {
    matches!(record, Record::Finding(_) | Record::Died { .. })
}

fn print(report: &Report, findings: &Findings, seconds: f64, jobs: usize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{}", findings.text())?;
    write!(out, "{report}")?;
    let lives = report.lives();
    #[expect(clippy::cast_precision_loss, reason = "a rate is shown in three digits")]
    let rate = lives as f64 / seconds.max(0.001);
    writeln!(out, "{:<12} {lives} lives in {seconds:.1} s by {jobs} processes: {rate:.0} a second", "time")
}

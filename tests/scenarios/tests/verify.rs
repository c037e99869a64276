//! `ntsim verify` from outside: shares of the work, workers, saved findings.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use ntsim::{
    campaign::{Piece, Plan, Record},
    verify::{
        Job,
        pool::{News, Workers},
    },
};

/// ntsim, as this package builds it.
const NTSIM: &str = env!("CARGO_BIN_EXE_worker");

fn specimen(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("target/driver/specimens").join(name).with_extension("sys");
    assert!(path.is_file(), "{} is not there: cargo xtask build --specimens", path.display());
    path
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn ntsim(words: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(NTSIM);
    command.args(words).env("CI", "1").current_dir(folder);
    command.output().expect("ntsim starts")
}

fn text(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.is_empty(), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Verifies a specimen with the campaign of failing calls.
fn verify(driver: &Path, folder: &Path, more: &[&str]) -> Output {
    let driver = driver.to_str().expect("a path");
    let mut words = vec!["verify", driver, "--quick", "--only", "faults", "--findings", "findings"];
    words.extend(more);
    ntsim(&words, folder)
}

#[test]
fn two_shards_are_one_whole_run() {
    let folder = folder("shards");
    let driver = specimen("pool_leak");
    let (one, two) = (["--json", "whole.jsonl", "--jobs", "1"], ["--json", "again.jsonl", "--jobs", "3"]);
    verify(&driver, &folder, &one);
    verify(&driver, &folder, &two);
    verify(&driver, &folder, &["--json", "first.jsonl", "--shard", "1/2", "--jobs", "2"]);
    verify(&driver, &folder, &["--json", "second.jsonl", "--shard", "2/2"]);
    let whole = text(&ntsim(&["merge", "whole.jsonl"], &folder));
    assert!(whole.contains("LeakAtUnload") && whole.contains("sites"), "{whole}");
    assert_eq!(whole, text(&ntsim(&["merge", "again.jsonl"], &folder)), "whoever did the work");
    assert_eq!(whole, text(&ntsim(&["merge", "second.jsonl", "first.jsonl"], &folder)), "in any order");
    let half = text(&ntsim(&["merge", "first.jsonl"], &folder));
    assert!(half.contains("they belong to other shares"), "{half}");
    let twice = text(&ntsim(&["merge", "whole.jsonl", "first.jsonl"], &folder));
    assert_eq!(whole, twice, "what is there twice counts once");
}

#[test]
fn other_work_is_not_merged() {
    let folder = folder("other");
    let driver = specimen("pool_leak");
    verify(&driver, &folder, &["--json", "one.jsonl", "--shard", "1/8"]);
    verify(&driver, &folder, &["--json", "other.jsonl", "--shard", "2/8", "--seed", "7"]);
    let output = ntsim(&["merge", "one.jsonl", "other.jsonl"], &folder);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("another driver, plan or seed"));
}

/// The line of docs/scaling.md, with this ntsim and a small driver.
#[test]
fn the_parallel_line_does_the_whole_work() {
    let folder = folder("parallel");
    let driver = specimen("good");
    let doc = include_str!("../../../docs/scaling.md");
    let line =
        doc.lines().map(str::trim).find(|line| line.starts_with("seq 8 | parallel ")).expect("the line");
    let driver_words = format!("{} --only faults", driver.display());
    let line =
        line.replace("ntsim", NTSIM).replace("usbclient.sys --full", &format!("{driver_words} --quick"));
    let has_parallel = Command::new("parallel").arg("--version").output().is_ok_and(|it| it.status.success());
    let line = if has_parallel { line } else { one_after_the_other(&line) };
    let status = Command::new("sh").args(["-c", &line]).env("CI", "1").current_dir(&folder).status();
    assert!(status.is_ok(), "{line}");
    verify(&driver, &folder, &["--json", "whole.jsonl"]);
    let names: Vec<String> = (1..=8).map(|number| format!("shard-{number}.jsonl")).collect();
    let mut words = vec!["merge"];
    words.extend(names.iter().map(String::as_str));
    assert_eq!(text(&ntsim(&words, &folder)), text(&ntsim(&["merge", "whole.jsonl"], &folder)), "{line}");
}

/// What the line comes to where GNU parallel is not installed: the same shards, one after the other.
fn one_after_the_other(line: &str) -> String {
    let (_, command) = line.split_once(NTSIM).expect("a command");
    let command = command.replace("{}", "$shard").replace('\'', "");
    format!("for shard in 1 2 3 4 5 6 7 8; do {NTSIM}{command}; done")
}

#[test]
fn a_saved_finding_replays_to_the_same_violation() {
    let folder = folder("replay");
    let driver = specimen("handle_closed_after_forward");
    let output = verify(&driver, &folder, &["--seed", "3"]);
    assert_eq!(output.status.code(), Some(1));
    let found = text(&output);
    assert!(found.contains("CloseAfterForward (0x144/0x804)"), "{found}");
    assert!(found.contains("specimens::pnp::dispatch"), "the stack has names:\n{found}");
    let command =
        found.lines().find_map(|line| line.trim().strip_prefix("replay     ntsim ")).expect("a command");
    let words: Vec<&str> = command.split(' ').collect();
    let first = ntsim(&words, &folder);
    assert!(first.status.success());
    let first = text(&first);
    assert!(first.contains("CloseAfterForward") && first.contains("The same came again."), "{first}");
    assert_eq!(first, text(&ntsim(&words, &folder)), "byte for byte");
}

#[test]
fn a_finding_of_another_image_does_not_come_again() {
    let folder = folder("another");
    let output = verify(&specimen("handle_never_closed"), &folder, &[]);
    assert_eq!(output.status.code(), Some(1));
    let good = specimen("handle_closed_after_forward");
    let replay =
        ntsim(&["replay", good.to_str().expect("a path"), "findings/finding-1.json", "--quiet"], &folder);
    assert_eq!(replay.status.code(), Some(1));
    let said = text(&replay);
    assert!(said.contains("The image is another one") && said.contains("did NOT come again"), "{said}");
}

#[test]
fn pages_are_written() {
    let folder = folder("pages");
    let driver = specimen("success_over_pending");
    verify(&driver, &folder, &["--html", "report.html"]);
    let report = fs::read_to_string(folder.join("report.html")).expect("a page");
    assert!(report.contains("ntsim verify success_over_pending.sys") && report.contains("Campaigns"));
    let usbclient = scenarios::driver_file();
    let usbclient = usbclient.canonicalize().expect("a path");
    let words = ["run", usbclient.to_str().expect("a path"), "--scenario", "short_life", "--quiet"];
    let output = ntsim(&[&words[..], &["--html", "run.html"]].concat(), &folder);
    let run = fs::read_to_string(folder.join("run.html")).expect("a page");
    assert!(output.status.success() && run.contains("<svg") && run.contains("no violation"));
}

/// A piece that no process finishes is told as lost, with how the process ended.
#[test]
fn a_worker_that_dies_is_told() {
    let job = Job {
        number: 4,
        image: specimen("good"),
        piece: Piece::new("faults", "removed@nak", &Plan::default()),
    };
    let told = |program: &str| {
        let mut told = Vec::new();
        let workers = Workers { program: program.into(), table: None, inf: None, count: 1 };
        workers.work(vec![job.clone()], &mut |news| {
            if let News::Done(number, piece) = news {
                told.push((number, piece.records));
            }
        });
        told
    };
    for program in ["false", "/nonexistent/ntsim"] {
        let told = told(program);
        assert!(
            matches!(told.as_slice(), [(4, records)] if matches!(records.as_slice(), [Record::Died { .. }]))
        );
    }
    let fine = told(NTSIM);
    assert!(
        matches!(fine.as_slice(), [(4, records)] if records.iter().any(|it| matches!(it, Record::Lives { .. })))
    );
}

//! The recordings in `docs/usbctl.md` and `README.md` are what the command prints. `UPDATE=1` writes them anew.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod common;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

/// What a terminal shows of a command that is run beside the driver's file.
fn played(command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_usbctl"));
    let path = env::join_paths(
        program
            .parent()
            .map(Path::to_path_buf)
            .into_iter()
            .chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())),
    );
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {command}; }} 2>&1")])
        .current_dir(common::driver_file().parent().expect("a folder"))
        .env("PATH", path.expect("a path"))
        .env_remove("CLICOLOR_FORCE")
        .output()
        .expect("sh runs");
    String::from_utf8(output.stdout).expect("text")
}

/// The page with every recording played again.
fn replayed(page: &str) -> String {
    let mut text = String::new();
    let mut is_recording = false;
    for line in page.lines() {
        match (is_recording, line.strip_prefix("$ ")) {
            (false, _) | (true, None) if line.starts_with("```") => is_recording = line == "```console",
            (true, Some(command)) => {
                text.extend([line, "\n", &played(command)]);
                continue;
            }
            // What it printed then.
            (true, None) => continue,
            (false, _) => {}
        }
        text.extend([line, "\n"]);
    }
    text
}

/// A text without what differs from one run to the next: times, rates, and the histogram of latencies.
fn steady(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("  up to "));
    lines.map(steady_line).collect::<Vec<_>>().join("\n")
}

fn steady_line(line: &str) -> String {
    let is_measured = line.starts_with("  throughput ") || line.starts_with("  latency ");
    let is_traced = line.get(2..3) == Some(":") && line.get(8..9) == Some(".");
    let line = if is_traced { line.get(15..).unwrap_or_default() } else { line };
    let words: Vec<_> = line.split(' ').collect();
    let is_unit = |word: &str| {
        let word = word.trim_end_matches([',', ';', ')']);
        matches!(word, "ns" | "µs" | "ms" | "s") || word.ends_with("/s")
    };
    let before = std::iter::once("").chain(words.iter().copied());
    let shown = words.iter().zip(1..).zip(before).map(|((word, next), before)| {
        let is_number = word.starts_with(|first: char| first.is_ascii_digit());
        match words.get(next) {
            _ if is_measured && (is_number || word.contains("/s") || is_unit(word)) => "#",
            Some(unit) if is_number && is_unit(unit) => "#",
            _ if is_unit(word) || before == "Microseconds" => "#",
            _ => word,
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// Demands that a page shows what the command prints.
fn demand_current(name: &str) {
    let page = page(name);
    let recorded = fs::read_to_string(&page).expect("the page is there");
    let played = replayed(&recorded);
    if env::var_os("UPDATE").is_some() {
        fs::write(&page, played).expect("the page can be written");
    } else if steady(&recorded) != steady(&played) {
        let (recorded, played) = (steady(&recorded), steady(&played));
        let differing = recorded.lines().zip(played.lines()).find(|(recorded, played)| recorded != played);
        panic!("UPDATE=1 writes {name} anew. First difference: {differing:#?}");
    }
}

#[test]
fn the_page_shows_what_the_command_prints() {
    demand_current("docs/usbctl.md");
}

#[test]
fn the_readme_shows_what_the_command_prints() {
    demand_current("README.md");
}

#[test]
fn what_differs_is_not_compared() {
    let one = "read 0x81 IN (bulk): 5 bytes in 1 transfer, 1.78 ms, 2.7 KiB/s";
    let other = "read 0x81 IN (bulk): 5 bytes in 1 transfer, 900 µs, 5.4 KiB/s";
    assert_eq!(steady(one), steady(other));
    assert_ne!(steady(one), steady("read 0x81 IN (bulk): 6 bytes in 1 transfer, 1.78 ms, 2.7 KiB/s"));
    assert_eq!(steady("00:00:00.000123  Added  Device 1"), steady("00:00:01.230000  Added  Device 1"));
}

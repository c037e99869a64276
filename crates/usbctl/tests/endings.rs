//! How commands end that do not succeed: exit codes, Ctrl-C, a pipe whose reader goes, a device that is pulled.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod common;

use std::{
    fs,
    io::{Read as _, Write as _},
    process::Stdio,
};

use common::{Done, bare, done, fed, good, interrupt, run, spawn, usbctl};

/// The command fails with this code, and says this on stderr.
fn fails(arguments: &[&str], code: i32, says: &str) {
    let done = run(arguments);
    assert_eq!(done.code, Some(code), "{arguments:?}: {}", done.stderr);
    assert!(done.stderr.contains(says), "{arguments:?}: {}", done.stderr);
}

#[test]
fn usage_is_2() {
    assert_eq!(done(bare(&["read", "--length", "12parsec"])).code, Some(2));
    assert_eq!(done(bare(&["list", "--sim", "/nonexistent.sys"])).code, Some(2));
    assert_eq!(done(bare(&["list", "--device", "loopback-hs"])).code, Some(4));
    fails(&["list", "--device", "no-such-model"], 2, "loopback-hs");
    fails(&["read", "--device", "loopback-hs", "--endpoint", "0x01"], 2, "no bulk or interrupt IN endpoint");
    fails(&["read", "--device", "loopback-30"], 2, "Say which with --endpoint");
    fails(&["list", "--unplug", "2@1s"], 2, "no simulated device 2");
}

#[test]
fn a_file_that_is_no_driver_is_1() {
    let done = done(bare(&["--sim", env!("CARGO_BIN_EXE_usbctl"), "list"]));
    assert_eq!(done.code, Some(1), "{}", done.stderr);
}

#[test]
fn no_such_device_is_3_and_shows_those_that_are_there() {
    let two = ["show", "--device", "loopback-hs", "--device", "hid-ls"];
    fails(&[&two[..], &["1209:ffff"]].concat(), 3, "1  1209:0001");
    fails(&two, 3, "there are several devices; 2 devices to choose from:");
    fails(&[&two[..], &["0001"]].concat(), 3, "several devices are 0001");
    fails(&["read", "--endpoint", "0x85"], 3, "the device has no endpoint 0x85 IN now");
    fails(&["stream", "--device", "camera-hs"], 3, "--setting 1");
    fails(&["read", "--device", "composite", "--endpoint", "0x83"], 3, "Setting 1 of interface 5 has it");
}

#[test]
fn not_installed_is_4() {
    let here = done(bare(&["list"]));
    assert_eq!(here.code, Some(4));
    assert!(here.stderr.contains("--sim usbclient.sys"), "{}", here.stderr);
    // Every device was pulled before it was looked for.
    let done = run(&["--json", "read", "--unplug", "1@0", "--endpoint", "0x82"]);
    assert!(matches!(done.code, Some(4 | 7)), "{}", done.stderr);
}

#[test]
fn access_denied_is_5() {
    fails(&["--read-only", "write", "--data", "00", "--share"], 5, "access denied");
    fails(&["--read-only", "reset"], 5, "do without --read-only");
}

#[test]
fn in_use_is_6() {
    fails(&["write", "--data", "00", "--claimed", "1:0"], 6, "`usbctl list` shows which interface");
    fails(&["read", "--share", "--length", "1", "--claimed", "1:0"], 6, "in use");
    fails(&["reset", "--claimed", "1:0"], 6, "in use");
}

#[test]
fn unplugged_is_7_and_says_how_much_had_been_moved() {
    let pulled = fed(&["write", "--unplug", "1@100ms", "--size", "512", "--device", "nak"], &[1; 4096]);
    assert_eq!(pulled.code, Some(7), "{}", pulled.stderr);
    assert!(pulled.stderr.contains("nothing had been moved"), "{}", pulled.stderr);
    let reading = run(&["--json", "read", "--device", "hid-fs", "--unplug", "1@1s", "--size", "8"]);
    assert_eq!(reading.code, Some(7), "{}", reading.stderr);
    let error = reading.error();
    let moved = error["bytes_moved"].as_u64().expect("a number");
    // A report of eight bytes every 4 ms.
    assert!(moved > 0 && moved.is_multiple_of(8), "{error}");
    assert_eq!(error["kind"], "unplugged");
    assert!(error["next"].as_str().is_some_and(|next| next.contains("Plug the device in again")));
}

#[test]
fn what_had_come_before_the_plug_was_pulled_is_in_the_file() {
    let file = std::env::temp_dir().join(format!("usbctl-{}-pulled", std::process::id()));
    let name = file.to_str().expect("text");
    let done =
        run(&["--json", "read", "--device", "hid-fs", "--unplug", "1@500ms", "--size", "8", "-o", name]);
    let data = fs::read(&file).expect("it is there");
    fs::remove_file(&file).expect("removed");
    assert_eq!(done.code, Some(7));
    assert_eq!(done.error()["bytes_moved"].as_u64(), Some(data.len() as u64));
}

#[test]
fn timed_out_is_8() {
    fails(&["read", "--timeout", "50ms", "--length", "512"], 8, "Allow more with --timeout");
    fails(&["write", "--timeout", "50ms", "--data", "00", "--device", "nak"], 8, "nothing had been moved");
}

#[test]
fn refused_is_9() {
    fails(&["control", "--request", "0x99", "--length", "4"], 9, "refused");
    fails(&["write", "--device", "stall", "--data", "0102"], 9, "usbctl reset --pipe ADDRESS");
}

#[test]
fn an_error_has_one_shape_in_json() {
    let error = run(&["--json", "control", "--request", "0x99", "--length", "4"]).error();
    assert_eq!(error["exit_code"], 9);
    assert_eq!(error["kind"], "stalled");
    assert_eq!(error["code"], "STATUS_UNSUCCESSFUL");
    assert!(error["message"].is_string() && error["next"].is_string());
}

#[test]
fn ctrl_c_is_130_and_says_what_was_done() {
    let mut child = spawn(&mut usbctl(&["read", "--device", "hid-fs", "--size", "8"]));
    let mut first = [0; 64];
    child.stdout.as_mut().expect("piped").read_exact(&mut first).expect("reports come");
    interrupt(&child);
    let done = Done::from(child.wait_with_output().expect("it ends"));
    assert_eq!(done.code, Some(130), "{}", done.stderr);
    assert!(done.stderr.starts_with("usbctl: cancelled; "), "{}", done.stderr);
    assert!(done.stderr.trim_end().ends_with("had been moved"), "{}", done.stderr);
}

#[test]
fn ctrl_c_ends_a_read_that_gets_nothing_and_a_write_whose_input_waits() {
    let mut reading = spawn(&mut usbctl(&["--trace", "read", "--endpoint", "0x82"]));
    let mut writing = spawn(usbctl(&["--trace", "write"]).stdin(Stdio::piped()));
    let mut input = writing.stdin.take().expect("piped");
    input.write_all(&[0; 100]).expect("it reads");
    for child in [&mut reading, &mut writing] {
        // The claim is traced when the command is about to wait.
        let stderr = child.stderr.as_mut().expect("piped");
        let mut seen = String::new();
        while !seen.contains("Claim") {
            let mut byte = [0];
            stderr.read_exact(&mut byte).expect("the driver tells of the claim");
            seen.push(byte[0].into());
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
        interrupt(child);
    }
    for child in [reading, writing] {
        let done = Done::from(child.wait_with_output().expect("it ends"));
        assert_eq!(done.code, Some(130), "{}", done.stderr);
        assert!(done.stderr.contains("usbctl: cancelled; nothing had been moved"), "{}", done.stderr);
    }
    drop(input);
}

#[test]
fn ctrl_c_ends_watching() {
    let mut child = spawn(&mut usbctl(&["watch"]));
    let mut first = [0; 8];
    child.stdout.as_mut().expect("piped").read_exact(&mut first).expect("what is there is told");
    interrupt(&child);
    let done = Done::from(child.wait_with_output().expect("it ends"));
    assert_eq!((done.code, done.stderr.trim()), (Some(130), "usbctl: cancelled"));
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let mut child = spawn(&mut usbctl(&["read", "--device", "hid-fs", "--size", "8"]));
    let mut first = [0; 10];
    child.stdout.take().expect("piped").read_exact(&mut first).expect("reports come");
    // Its end of the pipe is closed now.
    let done = Done::from(child.wait_with_output().expect("it ends"));
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
}

#[test]
fn no_colour_unless_somebody_asks_for_it() {
    assert!(!good(&["list"]).stdout().contains('\u{1b}'));
    assert!(good(&["list", "--color", "always"]).stdout().contains('\u{1b}'));
    let mut forced = usbctl(&["list"]);
    let forced = done({
        forced.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1");
        forced
    });
    assert!(!forced.stdout().contains('\u{1b}'));
}

#[test]
fn a_broken_rule_is_10_and_is_told() {
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/driver/specimens/handle_never_closed.sys");
    assert!(
        std::path::Path::new(built).is_file(),
        "{built} is not there: `cargo xtask test` builds the specimens"
    );
    let done = done(bare(&["--sim", built, "list"]));
    assert_eq!(done.code, Some(10), "{}", done.stderr);
    assert!(done.stdout().starts_with("1  1209:0001"), "{}", done.stdout());
    assert!(done.stderr.contains("UsbdHandleNotClosed"), "{}", done.stderr);
}

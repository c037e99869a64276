//! The command from the outside: what it refuses, with one line and exit status 2.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

fn ntsim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ntsim")).args(arguments).output().expect("ntsim can be started")
}

/// Demands exit status 2 and one line on standard error that says all of `words`.
fn refuses(arguments: &[&str], words: &[&str]) {
    let output = ntsim(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(output.stdout.is_empty(), "nothing was run");
    for word in words {
        assert!(said.contains(word), "{said:?} does not say {word:?}");
    }
}

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).expect("the test's folder can be written to");
    path
}

#[test]
fn a_file_that_is_not_there_is_named() {
    refuses(&["run", "no/such/driver.sys"], &["no/such/driver.sys"]);
}

#[test]
fn a_file_that_is_no_image_is_refused() {
    let text = file("text.sys", b"this is a text");
    refuses(&["run", text.to_str().unwrap()], &["not a PE image"]);
    let empty = file("empty.sys", b"");
    refuses(&["run", empty.to_str().unwrap()], &["not a PE image"]);
    let elf = fs::read(env!("CARGO_BIN_EXE_ntsim")).unwrap();
    let elf = file("elf.sys", &elf);
    refuses(&["run", elf.to_str().unwrap()], &["not a PE image"]);
}

#[test]
fn an_unknown_scenario_is_refused() {
    refuses(&["run", "any.sys", "--scenario", "nonsense"], &["nonsense", "ntsim scenarios"]);
}

#[test]
fn an_unknown_device_is_refused_with_those_there_are() {
    refuses(&["run", "any.sys", "--device", "nonsense"], &["nonsense", "loopback-hs"]);
}

#[test]
fn devices_that_are_elsewhere_and_cannot_be_had() {
    refuses(&["run", "any.sys", "--usbip", "nonsense"], &["nonsense", "HOST:PORT/BUSID"]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    drop(listener);
    let address = format!("127.0.0.1:{port}/1-1");
    refuses(&["run", "any.sys", "--usbip", &address], &["no USB/IP server answers", &port.to_string()]);
    refuses(&["run", "any.sys", "--inputs", "no/such/inputs.json"], &["no/such/inputs.json"]);
    for (name, text) in [("text.json", "text"), ("later.json", r#"{"version":2,"sessions":[]}"#)] {
        let inputs = file(name, text.as_bytes());
        refuses(&["run", "any.sys", "--inputs", inputs.to_str().unwrap()], &[name]);
    }
    let empty = file("empty.json", br#"{"version":1,"sessions":[]}"#);
    refuses(&["run", "any.sys", "--inputs", empty.to_str().unwrap()], &["empty.json", "no device"]);
}

#[test]
fn a_trace_that_cannot_be_written_is_refused_before_anything_runs() {
    // Folders that are missing are made, but not where a file is.
    let plain = file("plain", b"");
    let trace = plain.join("trace.json");
    refuses(&["run", "any.sys", "--json", trace.to_str().unwrap()], &[plain.to_str().unwrap()]);
}

#[test]
fn a_script_that_is_no_script_is_refused() {
    refuses(&["run", "any.sys", "--script", "no/such/script.json"], &["no/such/script.json"]);
    let script = file("script.json", b"{ \"name\": 1 }");
    refuses(&["run", "any.sys", "--script", script.to_str().unwrap()], &["script.json", "line 1"]);
}

#[test]
fn devices_and_scenarios_are_listed() {
    let devices = ntsim(&["devices"]);
    assert!(devices.status.success());
    assert!(String::from_utf8_lossy(&devices.stdout).contains("loopback-hs"));
    let scenarios = ntsim(&["scenarios"]);
    assert!(scenarios.status.success());
    let listed = String::from_utf8_lossy(&scenarios.stdout).into_owned();
    for name in ["whole_life", "short_life", "surprise_with_io", "rebalance_fails_at_restart"] {
        assert!(listed.contains(name), "{listed}");
    }
}

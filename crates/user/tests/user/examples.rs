//! The programs in `examples/` do what they say.

use std::{path::Path, process::Command};

/// What an example says on standard output. Cargo builds examples beside tests.
fn said(example: &str) -> String {
    let tests = std::env::current_exe().expect("a test has a file");
    let folder = tests.parent().and_then(Path::parent).expect("it is in deps");
    let file = folder.join("examples").join(example);
    let output = Command::new(&file).output().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn list_shows_devices_and_endpoints() {
    let said = said("list");
    assert!(said.contains("1209:0001 loopback-hs\n  0x01 Bulk out\n  0x81 Bulk in\n"), "{said}");
    assert!(said.contains("1209:0008 camera-hs\n"), "{said}");
}

#[test]
fn copy_copies() {
    assert_eq!(said("copy"), "through the loop and back\n");
}

#[test]
fn watch_tells_of_the_device_and_of_the_driver() {
    let said = said("watch");
    let (device, driver) = said.split_once("the driver: ").expect("the driver tells something");
    assert!(device.starts_with("arrived: loopback-hs\nremoved: "), "{said}");
    assert!(driver.contains("DeviceStarted") && driver.contains("RemoveStop"), "{said}");
}

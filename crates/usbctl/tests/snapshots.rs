//! What `list` and `show` print, model by model.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod common;

use common::good;

fn show(model: &str) {
    insta::assert_snapshot!(format!("show-{model}"), good(&["show", "--device", model]).stdout());
}

#[test]
fn list_of_several() {
    let models = ["loopback-hs", "uas-ss", "composite-wide", "camera-hs", "hid-ls", "stream-loopback-ss"];
    let devices = models.iter().flat_map(|model| ["--device", model]);
    let arguments: Vec<_> = ["list", "--claimed", "1:0"].into_iter().chain(devices).collect();
    insta::assert_snapshot!("list", good(&arguments).stdout());
}

#[test]
fn show_of_a_loop() {
    show("loopback-hs");
}

#[test]
fn show_of_mass_storage() {
    show("uas-ss");
}

#[test]
fn show_of_a_composite_device() {
    show("composite-wide");
}

#[test]
fn show_of_loudspeakers() {
    show("audio-fs");
}

#[test]
fn show_of_several_configurations() {
    show("settings");
}

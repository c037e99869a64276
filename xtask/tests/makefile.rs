//! Makefile.toml's overrides against the text of the wdk-build that Cargo.toml pins: nobody can run
//! cargo-make on the development machines.

use std::{path::Path, process::Command};

use toml::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the workspace")
}

fn ours() -> Value {
    parse(&std::fs::read_to_string(root().join("Makefile.toml")).expect("Makefile.toml can be read"))
}

/// wdk-build's makefile, of the version in Cargo.lock.
fn published() -> Value {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["metadata", "--locked", "--format-version", "1"])
        .output()
        .expect("cargo metadata starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let manifest = metadata["packages"]
        .as_array()
        .expect("a list of packages")
        .iter()
        .find(|package| package["name"] == "wdk-build" && package["source"].is_string())
        .and_then(|package| package["manifest_path"].as_str())
        .expect("wdk-build is in the dependency graph");
    let makefile = Path::new(manifest).with_file_name("rust-driver-makefile.toml");
    parse(&std::fs::read_to_string(makefile).expect("wdk-build's makefile can be read"))
}

fn parse(text: &str) -> Value {
    Value::Table(text.parse().expect("a makefile is TOML"))
}

fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    path.iter().fold(value, |value, key| &value[*key]).as_str().expect("a string")
}

fn words(value: &Value, task: &str) -> Vec<String> {
    let words = value["tasks"][task]["args"].as_array().expect("a list");
    words.iter().map(|word| word.as_str().expect("a string").to_owned()).collect()
}

#[test]
fn the_flow_runs_once_for_the_root_package() {
    let ours = ours();
    assert_eq!(ours["config"]["default_to_workspace"].as_bool(), Some(false));
    // If wdk-build sets it itself one day, look again at whether this is still needed.
    assert!(published()["config"].get("default_to_workspace").is_none());
    assert_eq!(text(&ours, &["extend"]), "target/rust-driver-makefile.toml");
    assert!(text(&ours, &["config", "load_script"]).contains("load_rust_driver_makefile"));
}

#[test]
fn the_script_loads_the_version_that_is_pinned() {
    let cargo = std::fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml can be read");
    let pinned =
        cargo.lines().find_map(|line| line.strip_prefix("wdk-build = ")).expect("Cargo.toml pins wdk-build");
    assert!(text(&ours(), &["config", "load_script"]).contains(&format!("wdk-build = {pinned}")));
}

#[test]
fn build_builds_the_driver_and_not_the_default_members() {
    let published = published();
    // wdk-build has no task of its own: cargo-make's, which is plain `cargo build`, would run.
    assert!(published["tasks"].get("build").is_none());
    let dependencies = published["tasks"]["generate-driver-binary-file"]["dependencies"].as_array();
    assert!(dependencies.expect("a list").iter().any(|task| task.as_str() == Some("build")));
    let ours = ours();
    assert_eq!(text(&ours, &["tasks", "build", "command"]), "cargo");
    // The flags of the command line still reach cargo.
    assert_eq!(
        words(&ours, "build"),
        ["build", "--package", "usbclient", "@@split(CARGO_MAKE_CARGO_BUILD_TEST_FLAGS, )"]
    );
}

#[test]
fn the_inx_is_copied_as_wdk_build_does_it_but_from_its_folder() {
    let published = published();
    let script = text(&published, &["tasks", "copy-inx-to-output", "script"]).replace("\r\n", "\n");
    let place = "    cargo_make_working_directory,\n";
    assert_eq!(script.matches(place).count(), 1, "wdk-build's script changed");
    let expected = script.replace(place, &format!("{place}    \"inf\".to_string(),\n"));
    assert_eq!(text(&ours(), &["tasks", "copy-inx-to-output", "script"]), expected);
    assert!(root().join("inf/usbclient.inx").is_file());
}

#[test]
fn the_inf_is_stamped_as_wdk_build_does_it_but_with_the_packages_version() {
    let mut expected = words(&published(), "stampinf");
    let version = expected.iter().position(|word| word == "-v").expect("stampinf has -v") + 1;
    assert_eq!(expected[version], "*", "wdk-build stamps another version now");
    expected[version] = "${USBCLIENT_DRIVER_VERSION}".into();
    let ours = ours();
    assert_eq!(words(&ours, "stampinf"), expected);
    assert_eq!(
        text(&ours, &["env", "USBCLIENT_DRIVER_VERSION"]),
        concat!(env!("CARGO_PKG_VERSION"), ".0"),
        "the INF's DriverVer is the version resource's"
    );
}

//! Every command on simulated devices, behind the real driver: what it does, and the shape of its JSON.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod common;

use std::fs;

use common::{fed, good, run};
use serde_json::{Value, json};

/// The keys of an object, sorted.
fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn scratch(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("usbctl-{}-{name}", std::process::id()))
}

#[test]
fn list_as_json() {
    let list =
        good(&["--json", "list", "--device", "loopback-hs", "--device", "hid-ls", "--claimed", "2:0"]).json();
    let devices = list["devices"].as_array().expect("a list");
    assert_eq!(devices.len(), 2);
    assert_eq!(
        keys(&devices[0]),
        [
            "configuration",
            "configuration_count",
            "interfaces",
            "location",
            "manufacturer_string",
            "number",
            "path",
            "product",
            "product_id",
            "product_string",
            "release",
            "serial_number",
            "speed",
            "usb_version",
            "vendor",
            "vendor_id",
        ]
    );
    assert_eq!(devices[0]["vendor_id"], json!(0x1209));
    assert_eq!(devices[0]["speed"], "high");
    assert_eq!(devices[1]["speed"], "low");
    let interface = &devices[1]["interfaces"][0];
    assert_eq!(
        keys(interface),
        [
            "class",
            "claimed",
            "endpoints",
            "function",
            "number",
            "protocol",
            "setting",
            "setting_count",
            "subclass"
        ]
        .map(str::to_owned)
        .iter()
        .map(String::as_str)
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
    assert_eq!(interface["claimed"], "claimed by another program");
    assert_eq!(
        interface["endpoints"][0],
        json!({
            "address": 0x81, "type": "interrupt", "direction": "in", "max_packet_size": 8,
            "packets_per_microframe": 1, "max_burst": 0, "max_streams": 0,
        })
    );
}

#[test]
fn list_of_one_keeps_its_number() {
    let list = good(&["--json", "list", "2", "--device", "loopback-hs", "--device", "hid-ls"]).json();
    assert_eq!(list["devices"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["devices"][0]["number"], 2);
}

#[test]
fn show_as_json() {
    let shown = good(&["--json", "show", "--device", "uas-ss"]).json();
    assert_eq!(keys(&shown), ["descriptors", "driver", "path"]);
    let descriptors = shown["descriptors"].as_array().expect("a list");
    let titles: Vec<_> = descriptors.iter().map(|one| one["title"].as_str().unwrap_or_default()).collect();
    assert_eq!(
        titles,
        [
            "Device descriptor",
            "Configuration 1: 1 interface, 152 mA",
            "Binary device object store",
            "Strings"
        ]
    );
    assert_eq!(keys(&descriptors[0]), ["bytes", "fields", "title"]);
    assert_eq!(
        descriptors[0]["fields"][5],
        json!({ "name": "idVendor", "value": 0x1209, "meaning": "Generic" })
    );
    let driver = &shown["driver"];
    assert_eq!(
        keys(driver),
        [
            "configuration",
            "has_chained_mdls",
            "has_streams",
            "interfaces",
            "is_function",
            "max_control_transfer",
            "max_streams",
            "pipes",
            "power",
            "speed",
        ]
    );
    let pipe = &driver["pipes"][0];
    assert_eq!(
        keys(pipe),
        [
            "endpoint",
            "interface",
            "max_packet_size",
            "max_streams",
            "max_transfer_size",
            "policies",
            "setting",
            "type",
        ]
    );
    assert_eq!(pipe["policies"]["auto_clear_stall"], 0);
}

#[test]
fn show_of_a_claimed_device_says_what_is_not_known() {
    let shown = good(&["--json", "show", "--claimed", "1:0"]).json();
    assert_eq!(shown["driver"]["interfaces"][0]["claimed"], "claimed by another program");
    assert_eq!(shown["driver"]["pipes"][0]["problem"], "claimed by another program");
}

#[test]
fn every_model_can_be_shown() {
    for model in ["audio-fs", "camera-ss", "composite", "settings", "composite-function", "loopback-30"] {
        let shown = good(&["show", "--device", model]).stdout();
        assert!(shown.starts_with("Device descriptor\n"), "{model}: {shown}");
    }
}

#[test]
fn control_in() {
    let done = good(&["control", "--request", "1", "--value", "0x10", "--length", "4"]);
    assert_eq!(done.data, [0xFF; 4]);
    let dump = good(&["control", "--setup", "C0 01 0000 0000 0400", "--hex"]).stdout();
    assert_eq!(dump, "00000000  ff ff ff ff                                       ....\n");
    let report = good(&["--json", "control", "--request", "4", "--length", "4"]).json();
    assert_eq!(
        report,
        json!({
            "setup": { "request_type": 0xC0, "request": 4, "value": 0, "index": 0, "length": 4 },
            "bytes": 4, "data": "00000000",
        })
    );
}

#[test]
fn control_out_from_the_command_line_a_file_and_stdin() {
    let report = good(&["--json", "control", "--request", "1", "--data", "01 02 03"]).json();
    assert_eq!((&report["setup"]["length"], &report["bytes"]), (&json!(3), &json!(3)));
    let file = scratch("control");
    fs::write(&file, [7; 100]).expect("written");
    let name = file.to_str().expect("text");
    assert!(good(&["control", "--request", "1", "--input", name]).stderr.contains("sent 100 bytes"));
    fs::remove_file(&file).expect("removed");
    let done = fed(&["control", "--setup", "4001000000000500", "--input", "-"], b"hello");
    assert_eq!((done.code, done.stderr.trim()), (Some(0), "sent 5 bytes"));
    let wrong = run(&["control", "--setup", "4001000000000500", "--data", "00"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("announces 5 bytes of data, but 1 are given"), "{}", wrong.stderr);
}

#[test]
fn read_reports_of_a_hid_device() {
    // Report n is its number and four bytes that follow from it.
    let done = good(&["read", "--device", "hid-fs", "--length", "64"]);
    assert_eq!(done.data.len(), 64);
    let numbers: Vec<_> = done.data.chunks(8).map(|report| report[0]).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    assert!(done.stderr.starts_with("read 0x81 IN (interrupt): 64 bytes in "), "{}", done.stderr);
}

#[test]
fn read_to_a_file_as_dump_and_as_json() {
    let file = scratch("read");
    let name = file.to_str().expect("text");
    good(&["read", "--device", "hid-fs", "--length", "10", "--size", "8", "--output", name]);
    assert_eq!(fs::read(&file).expect("written").len(), 10);
    fs::remove_file(&file).expect("removed");
    let dump = good(&["read", "--device", "hid-fs", "--length", "16", "--hex"]).stdout();
    assert_eq!((dump.len(), dump.lines().count()), (77, 1), "{dump}");
    let json = good(&["--json", "read", "--device", "hid-fs", "--length", "8", "--in-flight", "1"]).json();
    assert_eq!(keys(&json), ["bytes", "data", "endpoint", "seconds", "transfers"]);
    assert_eq!((&json["bytes"], json["data"].as_str().map(str::len)), (&json!(8), Some(16)));
}

#[test]
fn a_short_packet_ends_a_read_that_asks_for_it() {
    let done = good(&["read", "--device", "short", "--until-short"]);
    assert_eq!(done.data.len(), 5);
}

#[test]
fn write_from_stdin_a_file_and_the_command_line() {
    let done = fed(&["write", "--size", "1K"], &[7; 10_000]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.starts_with("wrote to 0x01 OUT (bulk): 9.7 KiB in 10 transfers"), "{}", done.stderr);
    let file = scratch("write");
    fs::write(&file, [7; 3000]).expect("written");
    let name = file.to_str().expect("text");
    let json = good(&["--json", "write", "--input", name, "--length", "2K", "--size", "512"]).json();
    fs::remove_file(&file).expect("removed");
    assert_eq!((&json["bytes"], &json["transfers"], &json["endpoint"]), (&json!(2048), &json!(4), &json!(1)));
    let zero = fed(&["--json", "write", "--zero-packet"], &[0; 512]).json();
    assert_eq!((&zero["bytes"], &zero["transfers"]), (&json!(512), &json!(2)));
    assert_eq!(good(&["--json", "write", "--data", "68656c6c6f"]).json()["bytes"], 5);
}

#[test]
fn stream_of_packets() {
    // Packet n of the camera begins with the low byte of 31 n; packet 7 is half full.
    let arguments = ["stream", "--device", "camera-hs", "--setting", "1", "--packets", "8"];
    let done = good(&arguments);
    assert_eq!(done.data.len(), 7 * 512 + 256);
    assert_eq!([done.data[0], done.data[512], done.data[1024]], [0, 31, 62]);
    let json = good(&[&["--json"][..], &arguments].concat()).json();
    assert_eq!(
        keys(&json),
        ["bytes", "data", "empty", "endpoint", "failed", "packets", "seconds", "transfers"]
    );
    assert_eq!((&json["packets"], &json["failed"]), (&json!(8), &json!(0)));
}

#[test]
fn stream_to_loudspeakers() {
    let arguments = ["--json", "stream", "--device", "audio-fs", "--setting", "1", "--endpoint", "0x01"];
    let json = fed(&arguments, &[1; 1000]).json();
    assert_eq!((&json["bytes"], &json["failed"]), (&json!(1000), &json!(0)));
}

#[test]
fn streams_of_bulk_endpoints() {
    let arguments = ["--json", "stream", "--device", "stream-loopback-ss", "--streams", "4", "--stream", "3"];
    let json = fed(&[&arguments[..], &["--endpoint", "0x01"]].concat(), &[5; 3000]).json();
    assert_eq!(json["bytes"], 3000);
    let wrong = run(&[&arguments[..], &["--endpoint", "0x81", "--stream", "5"]].concat());
    assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
    let many = run(&["stream", "--device", "stream-loopback-ss", "--streams", "64", "--endpoint", "0x81"]);
    assert!(many.stderr.contains("endpoint 0x81 IN has 32 streams, not 64"), "{}", many.stderr);
}

#[test]
fn watch_tells_of_removals_and_of_the_driver() {
    let done = good(&["--json", "watch", "--unplug", "1@50ms", "--for", "5s", "--count", "1"]);
    let lines: Vec<Value> =
        done.stdout().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(keys(&lines[0]), ["change", "path", "product_id", "vendor_id"]);
    assert_eq!((&lines[0]["change"], &lines[0]["vendor_id"]), (&json!("present"), &json!(0x1209)));
    assert_eq!(lines.len(), 2);
    let all = good(&["--json", "watch", "--unplug", "1@50ms", "--for", "600ms"]).stdout();
    assert!(all.lines().any(|line| line.contains("\"removed\"")), "{all}");
    let event = all.lines().find(|line| line.contains("\"event\"")).expect("the driver tells something");
    let event: Value = serde_json::from_str(event).expect("JSON");
    assert_eq!(keys(&event), ["event", "fields", "level", "seconds"]);
}

#[test]
fn trace_tells_of_transfers() {
    let done = good(&["--trace", "write", "--data", "0102"]);
    assert!(done.stderr.lines().count() > 3, "{}", done.stderr);
    assert!(done.stderr.contains("Transfer"), "{}", done.stderr);
}

#[test]
fn bench_in_every_direction() {
    let arguments = ["--json", "bench", "--length", "256K", "--size", "16K"];
    let there = good(&[&arguments[..], &["--endpoint", "0x01"]].concat()).json();
    assert_eq!(
        keys(&there),
        [
            "back",
            "bytes",
            "bytes_per_second",
            "endpoint",
            "histogram",
            "in_flight",
            "is_simulated",
            "latency_ns",
            "seconds",
            "transfer_size",
            "transfers",
            "transfers_per_second",
        ]
    );
    assert_eq!((&there["bytes"], &there["transfers"]), (&json!(256 << 10), &json!(16)));
    assert_eq!(keys(&there["latency_ns"]), ["max", "median", "min", "p90", "p99"]);
    let counts =
        there["histogram"].as_array().expect("buckets").iter().filter_map(|bucket| bucket["count"].as_u64());
    assert_eq!(counts.sum::<u64>(), 16);
    let back = good(&[&arguments[..], &["--endpoint", "0x01", "--back", "0x81"]].concat()).json();
    assert_eq!((&back["bytes"], &back["back"]), (&json!(256 << 10), &json!(0x81)));
    let here = good(&["--json", "bench", "--device", "hid-hs", "--length", "80", "--size", "8"]).json();
    assert_eq!(here["transfers"], 10);
    let text = good(&["bench", "--endpoint", "0x01", "--time", "100ms"]).stdout();
    assert!(
        text.contains("throughput") && text.contains('█') && text.contains("simulator's numbers"),
        "{text}"
    );
}

#[test]
fn bench_ends_in_time_when_the_device_takes_no_more() {
    // Nobody reads what is written: the loop is full after 8 MiB, and answers NAK.
    let json = good(&["--json", "bench", "--endpoint", "0x01", "--time", "1s", "--size", "1M"]).json();
    assert!(json["bytes"].as_u64().is_some_and(|bytes| bytes <= 8 << 20), "{json}");
    let nothing = good(&["bench", "--device", "nak", "--endpoint", "0x01", "--time", "200ms"]).stdout();
    assert!(nothing.contains("0 bytes in 0 transfers"), "{nothing}");
}

#[test]
fn bench_finds_what_comes_back_wrong() {
    // The source sends zeros without end, whatever is written elsewhere.
    let arguments = [
        "bench",
        "--device",
        "babble",
        "--endpoint",
        "0x01",
        "--back",
        "0x81",
        "--length",
        "64K",
        "--timeout",
        "1s",
    ];
    let done = run(&arguments);
    assert_ne!(done.code, Some(0), "{}", done.stdout());
}

#[test]
fn reset_of_each_kind() {
    let reset =
        |arguments: &[&str]| good(&[&["--json", "reset"][..], arguments].concat()).json()["reset"].clone();
    assert_eq!([reset(&[]), reset(&["--pipe", "1in"]), reset(&["--cycle"])], ["port", "pipe", "cycle"]);
}

#[test]
fn power_is_shown_and_set() {
    let state = good(&["--json", "power", "--auto-suspend", "on", "--delay", "1500ms"]).json();
    assert_eq!(keys(&state), ["auto_suspend", "can_be_suspended", "control_timeout_ms", "suspend_delay_ms"]);
    assert_eq!((&state["auto_suspend"], &state["suspend_delay_ms"]), (&json!(true), &json!(1500)));
    assert!(good(&["power"]).stdout().contains("suspended when idle   off"));
    assert_eq!(run(&["power", "--delay", "0"]).code, Some(2));
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let done = common::done(common::bare(&["completions", shell]));
        assert!(done.code == Some(0) && done.stdout().contains("usbctl"), "{shell}");
    }
}

#[test]
fn devices_are_named_in_every_way() {
    let two = ["--json", "list", "--device", "loopback-hs", "--device", "hid-ls"];
    let path = good(&two).json()["devices"][1]["path"].as_str().expect("text").to_owned();
    for name in ["1209:000a", "1209:A", "2", "#2", path.as_str(), "device2"] {
        let found = good(&[&two[..], &[name]].concat()).json();
        assert_eq!(found["devices"][0]["number"], 2, "{name}");
    }
    let serial = good(&["--json", "list", "0001"]).json();
    assert_eq!(serial["devices"][0]["serial_number"], "0001");
}

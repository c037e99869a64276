//! `inf/usbclient.inx` against what the documentation asks of a driver package for Windows 10, version 2004
//! and later (windows-hardware/drivers/install).

use std::{collections::BTreeMap, path::Path};

/// Sections in lower case, because INF files do not tell case apart; each line is a key and its values.
struct Inf {
    sections: BTreeMap<String, Vec<Line>>,
}

struct Line {
    key: Option<String>,
    values: Vec<String>,
}

impl Inf {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../inf/usbclient.inx");
        Self::parse(&std::fs::read_to_string(path).expect("inf/usbclient.inx can be read"))
    }

    fn parse(text: &str) -> Self {
        let mut sections: BTreeMap<String, Vec<Line>> = BTreeMap::new();
        let mut section = String::new();
        for line in text.lines().map(without_comment).map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(name) = line.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
                section = name.to_lowercase();
                assert!(sections.insert(section.clone(), Vec::new()).is_none(), "[{name}] is there twice");
            } else {
                let (key, values) = split_key(line);
                let line = Line { key: key.map(String::from), values: split_values(values) };
                sections.get_mut(&section).expect("a line before the first section").push(line);
            }
        }
        Self { sections }
    }

    fn lines(&self, section: &str) -> &[Line] {
        self.sections.get(&section.to_lowercase()).unwrap_or_else(|| panic!("no section [{section}]"))
    }

    fn values(&self, section: &str, key: &str) -> &[String] {
        let mut found = self
            .lines(section)
            .iter()
            .filter(|line| line.key.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(key)));
        let line = found.next().unwrap_or_else(|| panic!("[{section}] has no {key}"));
        assert!(found.next().is_none(), "[{section}] has {key} twice");
        &line.values
    }

    fn value(&self, section: &str, key: &str) -> &str {
        match self.values(section, key) {
            [value] => value,
            other => panic!("[{section}] {key}: one value expected, found {other:?}"),
        }
    }
}

/// A semicolon in quotation marks starts no comment.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (at, character) in line.char_indices() {
        match character {
            '"' => quoted = !quoted,
            ';' if !quoted => return &line[..at],
            _ => {}
        }
    }
    line
}

fn split_key(line: &str) -> (Option<&str>, &str) {
    match line.split_once('=') {
        Some((key, values)) if !key.contains('"') => (Some(key.trim()), values),
        _ => (None, line),
    }
}

fn split_values(values: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut quoted = false;
    for character in values.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => found.push(String::new()),
            _ => found.last_mut().expect("never empty").push(character),
        }
    }
    found.iter().map(|value| value.trim().to_owned()).collect()
}

const MODELS: &str = "Models.NT$ARCH$.10.0...19041";

#[test]
fn the_package_is_a_signed_one_of_the_usb_device_class() {
    let inf = Inf::read();
    assert_eq!(inf.value("Version", "Signature"), "$WINDOWS NT$");
    assert_eq!(inf.value("Version", "Class"), "USBDevice");
    assert!(inf.value("Version", "ClassGuid").eq_ignore_ascii_case("{88BAE032-5A81-49f0-BC3D-A4FF138216D6}"));
    assert_eq!(inf.value("Version", "CatalogFile"), "usbclient.cat");
    assert_eq!(inf.value("Version", "PnpLockdown"), "1");
    // stampinf writes it; an .inx leaves it empty.
    assert_eq!(inf.value("Version", "DriverVer"), "");
}

#[test]
fn every_file_is_named_and_stays_in_the_driver_store() {
    let inf = Inf::read();
    assert_eq!(inf.value("DestinationDirs", "DefaultDestDir"), "13");
    assert_eq!(inf.lines("DestinationDirs").len(), 1);
    let disk = inf.value("SourceDisksFiles", "usbclient.sys");
    assert!(!inf.values("SourceDisksNames", disk).is_empty());
    let copied = inf.value("usbclient_Device.NT", "CopyFiles");
    let files: Vec<_> = inf.lines(copied).iter().map(|line| line.values[0].as_str()).collect();
    assert_eq!(files, ["usbclient.sys"]);
}

#[test]
fn models_are_decorated_for_both_processors_and_build_19041() {
    let inf = Inf::read();
    assert_eq!(inf.values("Manufacturer", "%Provider%"), ["Models", "NT$ARCH$.10.0...19041"]);
    assert!(!inf.lines(MODELS).is_empty());
    assert!(!inf.sections.contains_key("models"), "undecorated models would serve other processors");
}

#[test]
fn hardware_ids_are_devices_or_functions_and_never_a_class() {
    let inf = Inf::read();
    let mut ids: Vec<&str> = Vec::new();
    for line in inf.lines(MODELS) {
        assert_eq!(line.values[0], "usbclient_Device");
        assert_eq!(line.values.len(), 2, "compatible ids match whole classes");
        ids.push(&line.values[1]);
    }
    assert!(ids.iter().all(|id| id.starts_with("USB\\VID_") && id.contains("&PID_")), "{ids:?}");
    assert!(ids.contains(&"USB\\VID_1209&PID_0001"));
    assert!(ids.contains(&"USB\\VID_1209&PID_0001&MI_00"));
}

#[test]
fn the_device_has_a_security_descriptor_for_every_name() {
    let inf = Inf::read();
    assert_eq!(inf.values("usbclient_Device.NT.HW", "AddReg"), ["usbclient_Security", "usbclient_Power"]);
    let lines: Vec<&[String]> =
        inf.lines("usbclient_Security").iter().map(|line| line.values.as_slice()).collect();
    let expected: [&[&str]; 2] = [
        &["HKR", "", "Security", "", "D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRGW;;;IU)"],
        // FLG_ADDREG_TYPE_DWORD, FILE_DEVICE_SECURE_OPEN.
        &["HKR", "", "DeviceCharacteristics", "0x10001", "0x100"],
    ];
    assert_eq!(lines.len(), expected.len());
    for (line, expected) in lines.iter().zip(expected) {
        assert_eq!(*line, expected);
    }
}

#[test]
fn the_service_is_the_function_driver_and_starts_on_demand() {
    let inf = Inf::read();
    assert_eq!(
        inf.values("usbclient_Device.NT.Services", "AddService"),
        ["usbclient", "0x00000002", "usbclient_Service"]
    );
    assert_eq!(inf.value("usbclient_Service", "ServiceType"), "1");
    assert_eq!(inf.value("usbclient_Service", "StartType"), "3");
    assert_eq!(inf.value("usbclient_Service", "ErrorControl"), "1");
    assert_eq!(inf.value("usbclient_Service", "ServiceBinary"), r"%13%\usbclient.sys");
}

#[test]
fn every_string_is_defined_and_used() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../inf/usbclient.inx"))
        .expect("inf/usbclient.inx can be read");
    let inf = Inf::parse(&text);
    let defined: Vec<&str> = inf.lines("Strings").iter().filter_map(|line| line.key.as_deref()).collect();
    let mut used: Vec<&str> = text
        .lines()
        .map(without_comment)
        .flat_map(|line| line.split('%').skip(1).step_by(2))
        .filter(|name| *name != "13")
        .collect();
    used.sort_unstable();
    used.dedup();
    let mut sorted = defined.clone();
    sorted.sort_unstable();
    assert_eq!(used, sorted);
}

#[test]
fn the_reader_minds_quotation_marks() {
    let inf = Inf::parse("[A] ; x\nHKR,,\"a;b,c\",1 ; comment\nkey = \"v=w\", 2\n");
    assert_eq!(inf.lines("a")[0].values, ["HKR", "", "a;b,c", "1"]);
    assert_eq!(inf.values("A", "KEY"), ["v=w", "2"]);
}

/// The driver's power values are all there, and nothing is on.
#[test]
fn power_is_off_until_somebody_knows_better() {
    let inf = Inf::read();
    let names = [
        ("DeviceIdleEnabled", "0"),
        ("DefaultIdleState", "0"),
        ("DefaultIdleTimeout", "5000"),
        ("DeviceIdleIgnoreWakeEnable", "0"),
        ("UserSetDeviceIdleEnabled", "0"),
        ("SystemWakeEnabled", "0"),
    ];
    let lines: Vec<&[String]> =
        inf.lines("usbclient_Power").iter().map(|line| line.values.as_slice()).collect();
    assert_eq!(lines.len(), names.len());
    for (line, (name, value)) in lines.iter().zip(names) {
        assert_eq!(*line, ["HKR", "", name, "0x00010001", value]);
    }
}

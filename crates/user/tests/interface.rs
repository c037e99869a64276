//! Nothing that the device interface offers is out of reach.

use std::{fs, path::Path};

use usbclient_protocol::{CONSTANTS, control_code};

/// The library's own text, without its tests.
fn text(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("the sources are there").path();
        if path.is_dir() {
            text(&path, all);
        } else {
            all.push_str(&fs::read_to_string(&path).expect("a source is text"));
        }
    }
}

#[test]
fn every_code_and_every_value_is_used() {
    let mut all = String::new();
    text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    for code in control_code::TABLE {
        assert!(all.contains(&format!("control_code::{}", code.name)), "{}", code.name);
    }
    // What everything else is.
    let not_needed = ["reader_phase::NONE", "claim::FREE"];
    for group in CONSTANTS {
        for constant in group.constants {
            let name = format!("{}::{}", group.name, constant.name);
            assert!(all.contains(&name) || not_needed.contains(&name.as_str()), "{name}");
        }
    }
}

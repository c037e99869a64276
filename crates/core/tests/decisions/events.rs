//! Events: their metadata, which are wanted, and the page about them.

use std::{fmt::Write as _, path::Path};

use usbclient_core::{
    events::{
        ALL, Control, DeviceAdded, Documented, DriverLoaded, Event, Hex8, Keyword, Level, PROVIDER_TRAITS,
        TransferFailed, documentation, enabled,
    },
    pnp::{self, Minor, StartStep, Told},
    remove::Stage,
    status::STATUS_CANCELLED,
};

use crate::fake::{FAILURE, pnp, world};

const ENABLE: Control = Control { code: 1, level: 0, any: u64::MAX, all: 0 };

fn told() -> Vec<Told> {
    world(|w| std::mem::take(&mut w.told))
}

fn names(mask: u64) -> Vec<&'static str> {
    let wanted = |event: &&Documented| mask & event.descriptor.bit() != 0;
    documentation().iter().filter(wanted).map(|event| event.name).collect()
}

#[test]
fn metadata_are_what_tracelogging_writes() {
    // UINT16 size; no tags; the name; the field's name and TlgInUINT32.
    let expected = [&[24, 0, 0][..], b"DeviceAdded\0", b"Device\0", &[8]].concat();
    let metadata = DeviceAdded::DESCRIPTOR.metadata;
    assert_eq!(metadata.len(), expected.len());
    assert_eq!(metadata[2..], expected[2..]);
    assert_eq!(usize::from(u16::from_le_bytes([metadata[0], metadata[1]])), metadata.len());
    // A text is TlgInANSISTRING, shown as UTF-8.
    assert!(DriverLoaded::DESCRIPTOR.metadata.ends_with(b"Version\0\x82\x23"));
    assert_eq!(PROVIDER_TRAITS, *b"\x0c\0usbclient\0");
}

#[test]
fn the_size_is_that_of_the_metadata() {
    for event in ALL {
        let [low, high, ..] = *event.metadata else { panic!("metadata without a size") };
        assert_eq!(usize::from(u16::from_le_bytes([low, high])), event.metadata.len());
    }
}

#[test]
fn an_event_has_no_padding() {
    let event = TransferFailed {
        device: 1,
        request: 2,
        endpoint: Hex8(0x81),
        usbd_status: usbclient_core::events::Hex32(0xC000_0004),
        status: STATUS_CANCELLED.nt(),
    };
    assert_eq!(TransferFailed::LENGTH as usize, size_of_val(&event));
    assert_eq!(TransferFailed::LENGTH, 4 + 8 + 1 + 4 + 4);
    assert_eq!((DriverLoaded::LENGTH, DriverLoaded { version: c"1" }.text()), (0, Some(c"1")));
}

#[test]
fn every_event_has_a_bit_of_its_own() {
    assert_eq!(enabled(ENABLE).unwrap().count_ones() as usize, ALL.len());
    assert_eq!(documentation().len(), ALL.len());
}

#[test]
fn a_session_gets_the_levels_up_to_its_own() {
    let errors = names(enabled(Control { level: Level::Error as u8, ..ENABLE }).unwrap());
    assert!(errors.contains(&"StartFailed") && !errors.contains(&"TransferFailed"), "{errors:?}");
    let information = names(enabled(Control { level: 4, ..ENABLE }).unwrap());
    assert!(information.contains(&"DeviceStarted") && !information.contains(&"TransferStart"));
}

#[test]
fn a_session_gets_the_keywords_it_asks_for() {
    let files = names(enabled(Control { any: Keyword::FILE.0, ..ENABLE }).unwrap());
    assert!(files.contains(&"FileOpen") && !files.contains(&"DeviceStarted"), "{files:?}");
    let both = Control { all: Keyword::POWER.and(Keyword::ERROR).0, ..ENABLE };
    assert_eq!(names(enabled(both).unwrap()), ["PowerFailed"]);
}

#[test]
fn disabling_wants_nothing_and_other_controls_change_nothing() {
    assert_eq!(enabled(Control { code: 0, ..ENABLE }), Some(0));
    assert_eq!(enabled(Control { code: 2, ..ENABLE }), None);
}

#[test]
fn removal_tells_each_stage_before_the_device_goes() {
    pnp(Minor::RemoveDevice);
    let stages = [
        Stage::Arrived,
        Stage::Drained,
        Stage::HandleClosed,
        Stage::Forwarded,
        Stage::Alone,
        Stage::Detached,
    ];
    assert_eq!(told(), stages.map(Told::Removal));
}

#[test]
fn a_failing_start_tells_its_step_and_status() {
    for (call, step) in [
        ("read_device_descriptor", StartStep::DeviceDescriptor),
        ("read_header", StartStep::ConfigurationDescriptor),
        ("read_configuration", StartStep::ConfigurationDescriptor),
        ("select_configuration", StartStep::SelectConfiguration),
        ("record_pipes", StartStep::Pipes),
        ("enable_interface", StartStep::Interface),
    ] {
        world(|w| {
            w.machine = pnp::Machine::new();
            w.failing = vec![call];
        });
        pnp(Minor::StartDevice);
        assert_eq!(told(), [Told::StartFailed(step, FAILURE)], "{call}");
    }
}

#[test]
fn a_refused_descriptor_is_told_with_its_reason() {
    world(|w| w.device_descriptor.truncate(4));
    pnp(Minor::StartDevice);
    let told = told();
    assert!(
        matches!(told[..], [Told::Refused(_), Told::StartFailed(StartStep::DeviceDescriptor, _)]),
        "{told:?}"
    );
}

/// docs/events.md between its marks.
fn table() -> String {
    let mut page = String::new();
    for event in documentation() {
        let Documented { name, about, descriptor, fields } = event;
        let keywords: Vec<_> = Keyword::ALL
            .iter()
            .filter(|(bit, _)| descriptor.keyword.0 & bit.0 != 0)
            .map(|(_, name)| *name)
            .collect();
        let opcode = match descriptor.opcode as u8 {
            1 => ", Start",
            2 => ", Stop",
            _ => "",
        };
        let _ = writeln!(page, "### {name}\n\n{}\n", about.trim());
        let _ = writeln!(
            page,
            "Level {} ({:?}), {}{opcode}.\n",
            descriptor.level as u8,
            descriptor.level,
            keywords.join(", ")
        );
        if !fields.is_empty() {
            let _ = writeln!(page, "| field | holds |\n|---|---|");
        }
        for (field, what) in *fields {
            let _ = writeln!(page, "| {} | {} |", pascal(field), what.trim());
        }
        if !fields.is_empty() {
            page.push('\n');
        }
    }
    page
}

fn pascal(name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').map(word).collect()
}

#[test]
fn the_page_lists_the_events() {
    const BEGIN: &str = "<!-- events -->\n\n";
    const END: &str = "<!-- end of the events -->\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let table = table();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert!(
            written == table,
            "docs/events.md is out of date: UPDATE=1 cargo test -p usbclient-core rewrites it"
        );
    }
}

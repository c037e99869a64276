//! `docs/interface.md` and `include/usbclient.h` are made from the tables of this crate, and say the same.

mod compiled;
mod header;
mod page;
mod text;

use std::path::{Path, PathBuf};

fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// What is written must be what the tables say. `UPDATE=1` writes it.
fn is_generated(relative: &str, text: &str) {
    let path = path(relative);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "{} is out of date: UPDATE=1 cargo test -p usbclient-protocol rewrites it",
        path.display()
    );
}

#[test]
fn the_header_is_generated() {
    is_generated("include/usbclient.h", &header::text());
}

#[test]
fn the_page_is_generated() {
    is_generated("../../docs/interface.md", &page::text());
}

/// Natural alignment puts each field where the table has it: no compiler, of whatever word size, needs to be told to
/// pack. (A compiler that aligns 64-bit numbers to 4 bytes, as some for 32-bit machines do, comes to the same.)
#[test]
fn no_structure_needs_packing() {
    use usbclient_protocol::{FieldKind, LAYOUTS};
    fn shape(kind: FieldKind) -> (usize, usize) {
        match kind {
            FieldKind::U8 => (1, 1),
            FieldKind::U16 => (2, 2),
            FieldKind::U32 => (4, 4),
            FieldKind::U64 => (8, 8),
            FieldKind::Bytes(count) => (count, 1),
            FieldKind::Structure(name) => {
                let layout = LAYOUTS.iter().find(|layout| layout.name == name).unwrap();
                (layout.size, layout.fields.iter().map(|field| shape(field.kind).1).max().unwrap())
            }
        }
    }
    for layout in LAYOUTS {
        let (mut end, mut most) = (0, 1);
        for field in layout.fields {
            let (size, alignment) = shape(field.kind);
            assert_eq!(field.offset, end, "{}.{} has no gap before it", layout.name, field.name);
            assert_eq!(end % alignment, 0, "{}.{} is aligned", layout.name, field.name);
            end += size;
            most = most.max(alignment);
        }
        assert_eq!((end, end % most), (layout.size, 0), "{} ends where it must", layout.name);
    }
}

/// A structure that a code takes is in the list, and each name in the list is one structure's.
#[test]
fn every_input_is_listed() {
    use usbclient_protocol::{LAYOUTS, control_code::TABLE};
    for code in TABLE {
        if let Some(input) = code.input {
            assert!(
                LAYOUTS.iter().any(|layout| layout.name == input.name),
                "{} of {}",
                input.name,
                code.name
            );
        }
        for name in text::structures(code.output) {
            assert!(LAYOUTS.iter().any(|layout| layout.name == name), "{name} of {}", code.name);
        }
    }
    let mut names: Vec<_> = LAYOUTS.iter().map(|layout| layout.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), LAYOUTS.len());
}

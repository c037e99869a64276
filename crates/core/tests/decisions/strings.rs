//! String descriptors.

use proptest::prelude::*;
use usbclient_core::descriptors::{
    Refusal::{LengthTooSmall, OddLength, Truncated, WrongType},
    StringDescriptor,
};

fn string(units: &[u16]) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(2 + 2 * units.len()).unwrap(), 3];
    bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    bytes
}

fn text(bytes: &[u8]) -> String {
    StringDescriptor::parse(bytes).unwrap().characters().collect()
}

#[test]
fn texts() {
    for honest in ["", "usbclient", "Gerät 1", "日本", "a\u{1F600}b\u{10FFFF}"] {
        let units = honest.encode_utf16().collect::<Vec<_>>();
        assert_eq!(text(&string(&units)), honest);
    }
    assert_eq!(text(&string(&[0xD83D, 0x41, 0xDE00, 0xD800])), "\u{FFFD}A\u{FFFD}\u{FFFD}");
    assert_eq!(text(&string(&[0x41, 0, 0x42])), "A\0B");
    let longest = vec![0x41; 126];
    assert_eq!(text(&string(&longest)).len(), 126);
}

#[test]
fn languages() {
    let bytes = string(&[0x0409, 0x0407]);
    let found = StringDescriptor::parse(&bytes).unwrap();
    assert!(found.has_language(0x0407) && !found.has_language(0x0904));
    assert_eq!(found.units().collect::<Vec<_>>(), [0x0409, 0x0407]);
}

#[test]
fn refusals() {
    for (bytes, refusal) in [
        (&[][..], Truncated),
        (&[2], Truncated),
        (&[2, 4], WrongType),
        (&[0, 3], LengthTooSmall),
        (&[1, 3], LengthTooSmall),
        (&[3, 3, 0x41], OddLength),
        (&[255, 3], OddLength),
        (&[4, 3, 0x41], Truncated),
        (&[254, 3, 0x41, 0], Truncated),
    ] {
        assert_eq!(StringDescriptor::parse(bytes), Err(refusal), "{bytes:?}");
    }
    assert_eq!(text(&[2, 3, 0x41, 0x42]), "", "bytes after bLength");
}

proptest! {
    #[test]
    fn as_std_decodes_them(units in prop::collection::vec(any::<u16>(), 0..127)) {
        prop_assert_eq!(text(&string(&units)), String::from_utf16_lossy(&units));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(found) = StringDescriptor::parse(&bytes) {
            prop_assert!(found.characters().count() <= found.units().count());
        }
    }
}

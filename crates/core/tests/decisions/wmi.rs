//! WMI's buffers: what is read from them, what is written, and what is refused.

use usbclient_core::{
    status::{STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_PARAMETER, STATUS_SUCCESS},
    wmi::{
        Block, Minor, Registration, STATUS_WMI_INSTANCE_NOT_FOUND, STATUS_WMI_ITEMID_NOT_FOUND,
        change_single_instance, change_single_item, query_all_data, query_single_instance,
    },
};

fn number(buffer: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(buffer[at..at + 4].try_into().expect("four bytes"))
}

/// A `WNODE_SINGLE_INSTANCE` or `WNODE_SINGLE_ITEM` with static names.
fn node(numbers: &[(usize, u32)], length: usize) -> Vec<u8> {
    let mut node = vec![0; length];
    for (at, number) in std::iter::once(&(44, 0x80)).chain(numbers) {
        node[*at..*at + 4].copy_from_slice(&number.to_le_bytes());
    }
    node
}

#[test]
fn the_blocks_are_the_systems() {
    // {827C0A6F-FEB0-11D0-BD26-00AA00B7B32A} and {A9546A82-FEB0-11D0-BD26-00AA00B7B32A}
    assert_eq!(Block::Idle.guid()[..4], 0x827C_0A6F_u32.to_le_bytes());
    assert_eq!(Block::Wake.guid()[..4], 0xA954_6A82_u32.to_le_bytes());
    for block in Block::ALL {
        assert_eq!(Block::from_guid(block.guid()), Some(block));
    }
    assert_eq!(Block::from_guid([0; 16]), None);
}

#[test]
fn minors_are_those_of_the_header() {
    use Minor::{ChangeSingleInstance, ChangeSingleItem, Other, QueryAllData, QuerySingleInstance, Reginfo};
    let known = [QueryAllData, QuerySingleInstance, ChangeSingleInstance, ChangeSingleItem];
    for code in 0..=255_u8 {
        let expected = match code {
            0..=3 => known[usize::from(code)],
            8 | 11 => Reginfo,
            _ => Other,
        };
        assert_eq!(Minor::from_code(code), expected, "{code}");
    }
}

#[test]
fn all_data_is_one_instance_of_one_byte() {
    let mut buffer = vec![0xAA; 128];
    let answer = query_all_data(&mut buffer, true, 0x1122_3344_5566_7788).expect("it fits");
    assert_eq!((answer.status, answer.information), (STATUS_SUCCESS, 65));
    assert_eq!(number(&buffer, 0), 65);
    assert_eq!(buffer[16..24], 0x1122_3344_5566_7788_u64.to_le_bytes());
    assert_eq!((number(&buffer, 48), number(&buffer, 52), number(&buffer, 60)), (64, 1, 1));
    assert_eq!((buffer[64], buffer[65]), (1, 0xAA));
}

#[test]
fn a_small_buffer_is_told_what_is_needed() {
    for length in 0..65 {
        let mut buffer = vec![0; length];
        let answer = query_all_data(&mut buffer, true, 0);
        if length < 56 {
            assert_eq!(answer, Err(STATUS_BUFFER_TOO_SMALL), "{length}");
        } else {
            assert_eq!(answer.map(|answer| answer.information), Ok(56), "{length}");
            assert_eq!((number(&buffer, 44), number(&buffer, 48)), (0x20, 65));
        }
    }
}

#[test]
fn a_single_instance_goes_where_wmi_says() {
    let mut buffer = node(&[(56, 72)], 96);
    let answer = query_single_instance(&mut buffer, true, 0).expect("it fits");
    assert_eq!((answer.information, number(&buffer, 60), buffer[72]), (73, 1, 1));
    // The only instance is number zero, and has a static name.
    let mut second = node(&[(52, 1), (56, 72)], 96);
    assert_eq!(query_single_instance(&mut second, true, 0), Err(STATUS_WMI_INSTANCE_NOT_FOUND));
    let mut dynamic = node(&[(44, 0), (56, 72)], 96);
    assert_eq!(query_single_instance(&mut dynamic, true, 0), Err(STATUS_WMI_INSTANCE_NOT_FOUND));
    // Not over the header, nor outside.
    for at in [0, 48, 63] {
        let mut buffer = node(&[(56, at)], 96);
        assert_eq!(query_single_instance(&mut buffer, true, 0), Err(STATUS_INVALID_PARAMETER));
    }
    for at in [96, 1000, u32::MAX] {
        let mut buffer = node(&[(56, at)], 96);
        assert_eq!(query_single_instance(&mut buffer, true, 0).map(|answer| answer.information), Ok(56));
    }
}

#[test]
fn a_change_is_one_byte_inside_the_buffer() {
    for (value, expected) in [(0, false), (1, true), (0xFF, true)] {
        let mut instance = node(&[(56, 64), (60, 1)], 65);
        instance[64] = value;
        assert_eq!(change_single_instance(&instance), Ok(expected));
        let mut item = node(&[(56, 1), (60, 72), (64, 1)], 73);
        item[72] = value;
        assert_eq!(change_single_item(&item), Ok(expected));
    }
    let wrong_size = node(&[(56, 64), (60, 2)], 80);
    assert_eq!(change_single_instance(&wrong_size), Err(STATUS_INVALID_PARAMETER));
    for at in [65, u32::MAX] {
        let outside = node(&[(56, at), (60, 1)], 65);
        assert_eq!(change_single_instance(&outside), Err(STATUS_INVALID_PARAMETER));
    }
    let second_item = node(&[(56, 2), (60, 72), (64, 1)], 80);
    assert_eq!(change_single_item(&second_item), Err(STATUS_WMI_ITEMID_NOT_FOUND));
    for length in 0..64 {
        let short = vec![0x80; length];
        assert!(change_single_instance(&short).is_err() && change_single_item(&short).is_err(), "{length}");
    }
}

#[test]
fn a_registration_names_the_blocks_that_are_offered() {
    let path: Vec<u16> = "\\REGISTRY".encode_utf16().collect();
    for offers in [[true, true], [true, false], [false, true], [false, false]] {
        let registration = Registration { offers, pdo: 0xFFFF_8000_1234_5678, registry_path: &path };
        let count = registration.count();
        let needed = 24 + 32 * count + 2 + 18;
        for length in [0, 4, needed - 1] {
            let mut buffer = vec![0; length];
            assert_eq!(registration.reginfo(&mut buffer), Err(STATUS_BUFFER_TOO_SMALL));
            assert!(length < 4 || number(&buffer, 0) as usize == needed);
        }
        let mut buffer = vec![0xAA; needed];
        assert_eq!(registration.reginfo(&mut buffer).map(|answer| answer.information), Ok(needed));
        assert_eq!((number(&buffer, 0) as usize, number(&buffer, 4), number(&buffer, 12)), (needed, 0, 0));
        assert_eq!(number(&buffer, 16) as usize, count);
        let offered = Block::ALL.into_iter().zip(offers).filter(|(_, offer)| *offer);
        for (index, (block, _)) in offered.enumerate() {
            let entry = &buffer[24 + 32 * index..][..32];
            assert_eq!(entry[..16], block.guid());
            assert_eq!((number(entry, 16), number(entry, 20)), (0x20, 1));
            assert_eq!(entry[24..], 0xFFFF_8000_1234_5678_u64.to_le_bytes());
        }
        let path_at = number(&buffer, 8) as usize;
        assert_eq!(path_at, 24 + 32 * count);
        assert_eq!(buffer[path_at..path_at + 4], [18, 0, b'\\', 0]);
    }
    // An update names no path.
    let update = Registration { offers: [true, false], pdo: 1, registry_path: &[] };
    let mut buffer = vec![0; 64];
    assert!(update.reginfo(&mut buffer).is_ok());
    assert_eq!(number(&buffer, 8), 0);
}

//! The interface as its table states it: codes, access, method, layout.

use usbclient_protocol::{
    ControlTransfer, DEVICE_INTERFACE_GUID, DeviceInfo, DropPrivileges, FieldKind, LAYOUTS, PipeEntry,
    PipeListHeader, PipeSelect, PipeTransfer, ReaderState, SetupPacket, TransferType,
    control_code::{self, Access, Method},
    status,
};

/// The values are the interface: programs are built with them.
const VALUES: [(u32, u32, Access, Method); 31] = [
    (control_code::GET_DEVICE_DESCRIPTOR, 0x8B5C_6000, Access::Read, Method::Buffered),
    (control_code::GET_CONFIGURATION_DESCRIPTOR, 0x8B5C_6004, Access::Read, Method::Buffered),
    (control_code::GET_PIPES, 0x8B5C_6008, Access::Read, Method::Buffered),
    (control_code::GET_INTERFACES, 0x8B5C_600C, Access::Read, Method::Buffered),
    (control_code::GET_DEVICE_INFO, 0x8B5C_6010, Access::Read, Method::Buffered),
    (control_code::GET_DESCRIPTOR, 0x8B5C_6016, Access::Read, Method::OutDirect),
    (control_code::GET_FRAME_NUMBER, 0x8B5C_6018, Access::Read, Method::Buffered),
    (control_code::CONTROL_IN, 0x8B5C_6042, Access::Read, Method::OutDirect),
    (control_code::CONTROL_OUT, 0x8B5C_A045, Access::Write, Method::InDirect),
    (control_code::PIPE_READ, 0x8B5C_6082, Access::Read, Method::OutDirect),
    (control_code::PIPE_WRITE, 0x8B5C_A085, Access::Write, Method::InDirect),
    (control_code::ISOCH_READ, 0x8B5C_608A, Access::Read, Method::OutDirect),
    (control_code::ISOCH_WRITE, 0x8B5C_A08E, Access::Write, Method::OutDirect),
    (control_code::START_READER, 0x8B5C_60A0, Access::Read, Method::Buffered),
    (control_code::STOP_READER, 0x8B5C_60A4, Access::Read, Method::Buffered),
    (control_code::GET_READER_STATE, 0x8B5C_60A8, Access::Read, Method::Buffered),
    (control_code::ABORT_PIPE, 0x8B5C_A0C0, Access::Write, Method::Buffered),
    (control_code::RESET_PIPE, 0x8B5C_A0C4, Access::Write, Method::Buffered),
    (control_code::FLUSH_PIPE, 0x8B5C_60C8, Access::Read, Method::Buffered),
    (control_code::SET_POLICY, 0x8B5C_A0CC, Access::Write, Method::Buffered),
    (control_code::GET_POLICY, 0x8B5C_60D0, Access::Read, Method::Buffered),
    (control_code::OPEN_STREAMS, 0x8B5C_A0E0, Access::Write, Method::Buffered),
    (control_code::CLOSE_STREAMS, 0x8B5C_A0E4, Access::Write, Method::Buffered),
    (control_code::CLAIM_INTERFACE, 0x8B5C_A100, Access::Write, Method::Buffered),
    (control_code::OPEN_PIPE, 0x8B5C_6104, Access::Read, Method::Buffered),
    (control_code::CLOSE_HANDLE, 0x8B5C_6108, Access::Read, Method::Buffered),
    (control_code::DROP_PRIVILEGES, 0x8B5C_610C, Access::Read, Method::Buffered),
    (control_code::SELECT_CONFIGURATION, 0x8B5C_A140, Access::Write, Method::Buffered),
    (control_code::SELECT_INTERFACE, 0x8B5C_A144, Access::Write, Method::Buffered),
    (control_code::RESET_PORT, 0x8B5C_A148, Access::Write, Method::Buffered),
    (control_code::CYCLE_PORT, 0x8B5C_A14C, Access::Write, Method::Buffered),
];

#[test]
fn codes() {
    for ((code, value, access, method), listed) in VALUES.into_iter().zip(control_code::ALL) {
        assert_eq!(code, value, "{code:#x}");
        assert_eq!(code, listed);
        assert_eq!(control_code::access(code), access, "{code:#x}");
        assert_eq!(control_code::method(code), method, "{code:#x}");
        assert_eq!(code >> 16, control_code::DEVICE_TYPE);
    }
    assert_eq!(VALUES.len(), control_code::ALL.len());
}

/// Every code is in the table once, and what it says of itself is there.
#[test]
fn the_table_tells_everything() {
    for (code, listed) in control_code::TABLE.iter().zip(control_code::ALL) {
        assert_eq!(code.value, listed, "{}", code.name);
        assert!(!code.about.is_empty() && !code.output.is_empty(), "{}", code.name);
        let others = control_code::TABLE.iter().filter(|other| other.value == code.value);
        assert_eq!(others.count(), 1, "{}", code.name);
        let input = code.input.map(|layout| layout.name);
        assert!(input.is_none_or(|name| LAYOUTS.iter().any(|layout| layout.name == name)), "{input:?}");
    }
}

/// What a layout says of its fields is where encoding puts them: no gap, no overlap, nothing left over.
#[test]
fn layouts_have_no_gaps() {
    for layout in LAYOUTS {
        let mut end = 0;
        for field in layout.fields {
            assert_eq!(field.offset, end, "{}.{}", layout.name, field.name);
            assert!(!field.about.is_empty(), "{}.{}", layout.name, field.name);
            end += size(field.kind);
        }
        assert_eq!(end, layout.size, "{}", layout.name);
    }
}

fn size(kind: FieldKind) -> usize {
    match kind {
        FieldKind::U8 => 1,
        FieldKind::U16 => 2,
        FieldKind::U32 => 4,
        FieldKind::U64 => 8,
        FieldKind::Bytes(count) => count,
        FieldKind::Structure(name) => LAYOUTS.iter().find(|layout| layout.name == name).unwrap().size,
    }
}

#[test]
fn every_method_and_access_survives_the_code() {
    for method in [Method::Buffered, Method::InDirect, Method::OutDirect, Method::Neither] {
        for access in [Access::Any, Access::Read, Access::Write, Access::ReadWrite] {
            let code = control_code::ctl_code(0x8000, 0xFFF, method, access);
            assert_eq!((control_code::method(code), control_code::access(code)), (method, access));
            assert_eq!(code >> 16, 0x8000);
        }
    }
}

#[test]
fn the_interface_guid_is_set_in_its_parts() {
    let guid = DEVICE_INTERFACE_GUID;
    assert_eq!((guid.data1, guid.data2, guid.data3), (0x7D3C_1B54, 0x90E6, 0x4A2F));
    assert_eq!(guid.data4, [0xB8, 0xC1, 0x5E, 0x0F, 0x6A, 0x94, 0xD2, 0x7B]);
}

#[test]
fn structures_are_what_they_encode() {
    let setup = SetupPacket { request_type: 0xC0, request: 2, value: 0x0403, index: 0x0605, length: 0x0807 };
    assert_eq!(setup.encode(), [0xC0, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(SetupPacket::decode(&setup.encode()), Some(setup));
    assert!(setup.is_in());
    assert!(!SetupPacket { request_type: 0x40, ..setup }.is_in());

    let control = ControlTransfer { setup, timeout_ms: 0x0C0B_0A09, reserved: 0 };
    assert_eq!(control.encode(), [0xC0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0, 0, 0]);
    assert_eq!(ControlTransfer::decode(&control.encode()), Some(control));

    let transfer = PipeTransfer {
        target: 0x0403_0281,
        flags: 0x0807_0605,
        timeout_ms: 0x0C0B_0A09,
        reserved: 0x100F_0E0D,
    };
    assert_eq!(transfer.encode(), [0x81, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    assert_eq!(PipeTransfer::decode(&transfer.encode()), Some(transfer));
    assert_eq!(PipeTransfer::new(0x81).encode(), [0x81, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

    let select = PipeSelect { target: 0x0908_0702 };
    assert_eq!(select.encode(), [2, 7, 8, 9]);
    assert_eq!(PipeSelect::decode(&select.encode()), Some(select));

    let header = PipeListHeader { count: 0x0403_0201 };
    assert_eq!(header.encode(), [1, 2, 3, 4]);
    assert_eq!(PipeListHeader::decode(&header.encode()), Some(header));

    let entry = PipeEntry {
        interface: 1,
        endpoint: 0x81,
        attributes: 2,
        interval: 3,
        max_packet_size: 0x0200,
        alternate: 4,
        max_burst: 5,
        max_transfer_size: 0x0040_0000,
        max_streams: 0x0706,
        reserved: 0,
    };
    assert_eq!(entry.encode(), [1, 0x81, 2, 3, 0, 2, 4, 5, 0, 0, 0x40, 0, 6, 7, 0, 0]);
    assert_eq!(PipeEntry::decode(&entry.encode()), Some(entry));

    let state = ReaderState { received: 0x0807_0605_0403_0201, ..ReaderState::default() };
    assert_eq!(state.encode().get(8..16), Some([1, 2, 3, 4, 5, 6, 7, 8].as_slice()));
    assert_eq!(ReaderState::decode(&state.encode()), Some(state));

    let mut dropped = DropPrivileges { operations: 1, ..DropPrivileges::default() };
    dropped.interfaces[31] = 0x80;
    assert_eq!(dropped.encode()[39], 0x80);
    assert_eq!(DropPrivileges::decode(&dropped.encode()), Some(dropped));
}

#[test]
fn short_bytes_decode_to_nothing() {
    for length in 0..48 {
        let bytes = vec![0; length];
        assert_eq!(SetupPacket::decode(&bytes).is_some(), length >= SetupPacket::SIZE);
        assert_eq!(ControlTransfer::decode(&bytes).is_some(), length >= ControlTransfer::SIZE);
        assert_eq!(PipeTransfer::decode(&bytes).is_some(), length >= PipeTransfer::SIZE);
        assert_eq!(PipeSelect::decode(&bytes).is_some(), length >= PipeSelect::SIZE);
        assert_eq!(PipeListHeader::decode(&bytes).is_some(), length >= PipeListHeader::SIZE);
        assert_eq!(PipeEntry::decode(&bytes).is_some(), length >= PipeEntry::SIZE);
        assert_eq!(DeviceInfo::decode(&bytes).is_some(), length >= DeviceInfo::SIZE);
        assert_eq!(DropPrivileges::decode(&bytes).is_some(), length >= DropPrivileges::SIZE);
    }
}

#[test]
fn transfer_types() {
    let types =
        [TransferType::Control, TransferType::Isochronous, TransferType::Bulk, TransferType::Interrupt];
    for (attributes, kind) in (0..).zip(types) {
        assert_eq!(TransferType::from_attributes(attributes), kind);
        assert_eq!(TransferType::from_attributes(attributes | 0xFC), kind);
    }
}

#[test]
fn statuses_split_by_nt_success() {
    assert!(status::STATUS_PENDING.is_success());
    assert_eq!(status::STATUS_SUCCESS.check(), Ok(status::STATUS_SUCCESS));
    let failed = status::STATUS_DEVICE_NOT_CONNECTED;
    assert_eq!(failed.nt().check(), Err(failed));
    assert_eq!(status::Status::from_raw(failed.raw()), Some(failed));
    assert_eq!(status::Status::from_raw(0x103), None);
    assert_eq!(format!("{failed:?} {:?}", status::STATUS_PENDING), "0xC000009D 0x00000103");
    assert!(!status::STATUS_BUFFER_OVERFLOW.nt().is_success(), "a warning is not NT_SUCCESS");
}

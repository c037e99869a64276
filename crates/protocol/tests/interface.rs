//! The interface as its table states it: codes, access, method, layout.

use usbclient_protocol::{
    DEVICE_INTERFACE_GUID, PipeEntry, PipeListHeader, PipeSelect, PipeTransfer, SetupPacket, TransferType,
    control_code::{self, Access, Method},
    status,
};

/// The table of the crate's documentation.
const TABLE: [(u32, u32, Access, Method); 9] = [
    (control_code::GET_DEVICE_DESCRIPTOR, 0x8B5C_6000, Access::Read, Method::Buffered),
    (control_code::GET_CONFIGURATION_DESCRIPTOR, 0x8B5C_6004, Access::Read, Method::Buffered),
    (control_code::GET_PIPES, 0x8B5C_6008, Access::Read, Method::Buffered),
    (control_code::CONTROL_IN, 0x8B5C_6042, Access::Read, Method::OutDirect),
    (control_code::CONTROL_OUT, 0x8B5C_A045, Access::Write, Method::InDirect),
    (control_code::PIPE_READ, 0x8B5C_6082, Access::Read, Method::OutDirect),
    (control_code::PIPE_WRITE, 0x8B5C_A085, Access::Write, Method::InDirect),
    (control_code::ABORT_PIPE, 0x8B5C_A0C0, Access::Write, Method::Buffered),
    (control_code::RESET_PIPE, 0x8B5C_A0C4, Access::Write, Method::Buffered),
];

/// The values are the interface: programs are built with them.
#[test]
fn codes() {
    for ((code, value, access, method), listed) in TABLE.into_iter().zip(control_code::ALL) {
        assert_eq!(code, value, "{code:#x}");
        assert_eq!(code, listed);
        assert_eq!(control_code::access(code), access, "{code:#x}");
        assert_eq!(control_code::method(code), method, "{code:#x}");
        assert_eq!(code >> 16, control_code::DEVICE_TYPE);
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

    let transfer = PipeTransfer { endpoint: 0x81, reserved: [1, 2, 3], flags: 0x0706_0504 };
    assert_eq!(transfer.encode(), [0x81, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(PipeTransfer::decode(&transfer.encode()), Some(transfer));
    assert_eq!(PipeTransfer::new(0x81).encode(), [0x81, 0, 0, 0, 0, 0, 0, 0]);

    let select = PipeSelect { endpoint: 2, reserved: [7, 8, 9] };
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
        reserved: 0,
        max_transfer_size: 0x0040_0000,
    };
    assert_eq!(entry.encode(), [1, 0x81, 2, 3, 0, 2, 0, 0, 0, 0, 0x40, 0]);
    assert_eq!(PipeEntry::decode(&entry.encode()), Some(entry));
}

#[test]
fn short_bytes_decode_to_nothing() {
    for length in 0..12 {
        let bytes = vec![0; length];
        assert_eq!(SetupPacket::decode(&bytes).is_some(), length >= SetupPacket::SIZE);
        assert_eq!(PipeTransfer::decode(&bytes).is_some(), length >= PipeTransfer::SIZE);
        assert_eq!(PipeSelect::decode(&bytes).is_some(), length >= PipeSelect::SIZE);
        assert_eq!(PipeListHeader::decode(&bytes).is_some(), length >= PipeListHeader::SIZE);
        assert!(PipeEntry::decode(&bytes).is_none());
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

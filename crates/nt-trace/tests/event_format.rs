//! The JSON lines format: every kind survives a round trip, and missing fields take their defaults.

use nt_trace::event::{Call, IrpSent};
use nt_trace::{Arg, Args, Event, EventKind, NtStatus, ObjectId, ObjectKind, PoolTag, Site, Tag};

#[test]
fn every_kind_survives_a_round_trip() {
    for kind in EventKind::one_of_each() {
        let event = Event {
            seq: 7,
            time: 12,
            site: Some(Site::new("usbclient.sys", 0x1234)),
            kind,
            ..Event::default()
        };
        let line = serde_json::to_string(&event).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), event, "{line}");
    }
}

#[test]
fn a_line_reads_well() {
    let args = Args::none()
        .with(ObjectId::new(ObjectKind::Device, 2))
        .with(Arg::Hex(0x602))
        .with(NtStatus(0xC000_00BB));
    let kind = EventKind::from(Call { routine: "USBD_CreateHandle".into(), args });
    let event = Event { seq: 1, time: 20, thread: 1, kind, ..Event::default() };
    assert_eq!(
        serde_json::to_string(&event).unwrap(),
        r#"{"seq":1,"time":20,"thread":1,"processor":0,"irql":0,"event":"Call","routine":"USBD_CreateHandle","args":[{"Object":"device#2"},{"Hex":1538},{"Status":"STATUS_NOT_SUPPORTED"}]}"#
    );
}

#[test]
fn a_missing_field_takes_its_default() {
    let line = r#"{"seq":1,"time":2,"thread":3,"processor":0,"irql":2,"event":"IrpSent","irp":"irp#3"}"#;
    let event: Event = serde_json::from_str(line).unwrap();
    assert_eq!(event.kind, IrpSent { irp: ObjectId::new(ObjectKind::Irp, 3), ..IrpSent::default() }.into());
}

#[test]
fn values_print_symbolically_and_parse_back() {
    assert_eq!(ObjectId::new(ObjectKind::Pool, 12).to_string(), "pool#12");
    assert_eq!("pool#12".parse(), Ok(ObjectId::new(ObjectKind::Pool, 12)));
    assert_eq!("null".parse(), Ok(ObjectId::NONE));
    assert!("pool".parse::<ObjectId>().is_err());
    assert_eq!(NtStatus(0xC123_4567).to_string(), "0xC1234567");
    assert_eq!(PoolTag(u32::from_le_bytes(*b"Ucl1")).to_string(), "Ucl1");
    for status in [NtStatus::PENDING, NtStatus(0xC123_4567)] {
        let text = serde_json::to_string(&status).unwrap();
        assert_eq!(serde_json::from_str::<NtStatus>(&text).unwrap(), status);
    }
    for tag in [PoolTag(0), PoolTag(u32::from_le_bytes(*b"Ucl1"))] {
        let text = serde_json::to_string(&tag).unwrap();
        assert_eq!(serde_json::from_str::<PoolTag>(&text).unwrap(), tag);
    }
    assert!(Tag::ALL.len() <= 128, "interest masks are 128 bits wide");
}

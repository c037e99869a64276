//! Descriptors: whatever is accepted holds together.

use usbclient_core::descriptors::{
    Alternate, Bos, BosHeader, Configuration, ConfigurationHeader, DeviceDescriptor, Refusal,
    StringDescriptor, alternate, settings, settings_of,
};
use usbclient_protocol::TransferType;

pub fn device(bytes: &[u8]) {
    if let Ok(found) = DeviceDescriptor::parse(bytes) {
        assert!(bytes.starts_with(found.bytes()));
        assert_ne!(found.max_packet_size_0(), 0);
        assert_eq!(found.vendor().to_le_bytes(), bytes[8..10]);
        assert_eq!(found.product().to_le_bytes(), bytes[10..12]);
    }
}

pub fn configuration(bytes: &[u8]) {
    let header = ConfigurationHeader::parse(bytes);
    match Configuration::parse(bytes) {
        Ok(parsed) => selectable(bytes, &parsed),
        Err(refusal) => assert!(refusal.status().raw() < 0),
    }
    let mut found = 0;
    for item in settings(bytes) {
        match item {
            Ok(interface) => {
                found += 1;
                // The first few only: each look-up walks everything.
                if found <= 16 {
                    setting(bytes, interface.number, interface.alternate);
                }
            }
            Err(refusal) => {
                assert!(header.is_ok() || header == Err(refusal));
                assert!(Configuration::parse(bytes).is_err());
            }
        }
    }
    assert!(found <= bytes.len() / 9);
}

/// What START would select.
fn selectable(bytes: &[u8], parsed: &Configuration) {
    assert!(usize::from(parsed.total_length()) <= bytes.len());
    assert!((1..=Configuration::MAX_INTERFACES).contains(&parsed.interfaces().len()));
    for interface in parsed.interfaces() {
        assert_eq!(parsed.interface(interface.number), Some(interface), "one setting 0 each");
        let listed = parsed.endpoints_of(interface.number).copied().collect::<Vec<_>>();
        assert_eq!(listed.len(), usize::from(interface.endpoint_count));
        match alternate(bytes, interface.number, 0) {
            Ok(found) => {
                assert_eq!(found.interface(), *interface);
                assert!(found.endpoints().map(|entry| entry.endpoint).eq(listed));
            }
            Err(refusal) => panic!("setting 0 of a good configuration is refused: {refusal:?}"),
        }
    }
    for endpoint in parsed.endpoints() {
        assert!(matches!(endpoint.address, 0x01..=0x0F | 0x81..=0x8F));
        assert_eq!(parsed.endpoint(endpoint.address), Some(endpoint), "no address twice");
        assert!(parsed.interface(endpoint.interface).is_some());
    }
}

fn setting(bytes: &[u8], number: u8, setting: u8) {
    assert!(settings_of(bytes, number).any(|item| item.is_ok_and(|i| i.alternate == setting)));
    match alternate(bytes, number, setting) {
        Ok(found) => whole(bytes, found),
        Err(refusal) => assert_ne!(refusal, Refusal::NoSuchSetting),
    }
}

/// A setting that could be selected.
fn whole(bytes: &[u8], found: Alternate<'_>) {
    let interface = found.interface();
    assert_eq!(bytes[usize::from(interface.offset) + 2], interface.number);
    assert_eq!(found.endpoints().count(), usize::from(interface.endpoint_count));
    for entry in found.endpoints() {
        let endpoint = entry.endpoint;
        assert_eq!(endpoint.interface, interface.number);
        assert_eq!(found.endpoint(endpoint.address), Some(entry), "no address twice");
        let is_isochronous = endpoint.transfer_type() == TransferType::Isochronous;
        assert!(endpoint.packet_size() <= 1024 && (is_isochronous || endpoint.packet_size() > 0));
        assert!(endpoint.period().is_power_of_two() && (1..=3).contains(&endpoint.transactions()));
        let Some(companion) = entry.companion else { continue };
        assert!(companion.max_burst <= 15);
        if endpoint.transfer_type() == TransferType::Bulk {
            assert!(companion.max_streams() <= 65536);
        }
    }
    let others = found.endpoints().map(|entry| entry.endpoint).collect::<Vec<_>>();
    assert!(!found.collides_with(&others), "never with itself");
}

pub fn bos(bytes: &[u8]) {
    if let Ok(found) = Bos::parse(bytes) {
        let header = BosHeader::parse(bytes).expect("its header was accepted");
        assert!(usize::from(header.total_length) <= bytes.len());
        assert_eq!(found.capabilities().count(), usize::from(header.capability_count));
    }
}

pub fn string(bytes: &[u8]) {
    if let Ok(found) = StringDescriptor::parse(bytes) {
        let units = found.units().collect::<Vec<_>>();
        assert!(2 + 2 * units.len() <= bytes.len());
        assert_eq!(found.characters().collect::<String>(), String::from_utf16_lossy(&units));
        assert!(units.iter().all(|unit| found.has_language(*unit)));
    }
}

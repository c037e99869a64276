//! Where endpoints are in their list.

use usbclient_core::{descriptors::Endpoint, places::Places};

fn list(addresses: &[u8]) -> Vec<Endpoint> {
    addresses.iter().map(|address| Endpoint { address: *address, ..Endpoint::default() }).collect()
}

#[test]
fn every_endpoint_is_found() {
    let endpoints = list(&[0x81, 0x01, 0x8F, 0x0F, 0x02, 0x82]);
    for places in [Places::of(&endpoints), Places::NONE] {
        for (at, endpoint) in endpoints.iter().enumerate() {
            assert_eq!(places.find(&endpoints, endpoint.address), Some(at));
            assert_eq!(places.near(&endpoints, endpoint.address.into()), [*endpoint]);
        }
        assert_eq!(places.find(&endpoints, 0x03), None);
        assert_eq!(places.find(&endpoints, 0x11), None, "no endpoint has reserved bits");
        assert_eq!(places.near(&endpoints, 0x03), endpoints, "refused as ever");
        assert_eq!(places.near(&endpoints, 0x1234), endpoints, "a handle");
    }
}

#[test]
fn an_old_hint_misleads_nobody() {
    let old = Places::of(&list(&[0x81, 0x01, 0x82]));
    let endpoints = list(&[0x82, 0x81]);
    assert_eq!(old.find(&endpoints, 0x82), Some(0));
    assert_eq!(old.find(&endpoints, 0x81), Some(1));
    assert_eq!(old.find(&endpoints, 0x01), None);
    assert_eq!(old.find(&[], 0x81), None);
}

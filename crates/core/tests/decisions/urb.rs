//! URBs: room for packets.

use std::num::NonZeroU16;

use usbclient_core::urb::{Isoch, Urb};

#[test]
fn an_isochronous_urb_takes_as_many_packets_as_it_was_allocated_for() {
    let mut urb = Urb::new(Isoch { max_packets: NonZeroU16::new(255).unwrap() }, ());
    for (count, fits) in [(1, true), (255, true), (256, false), (u16::MAX, false)] {
        assert_eq!(urb.for_packets(count).is_some(), fits, "{count}");
    }
}

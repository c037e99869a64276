//! URBs of each kind, over memory that is none.
#![allow(dead_code)]

use core::num::NonZeroU16;

use usbclient_core::urb::{Fixed, Isoch, SelectConfiguration, SelectInterface, Urb};

pub fn fixed() -> Urb<Fixed, ()> {
    Urb::new(Fixed, ())
}

pub fn isoch() -> Urb<Isoch, ()> {
    Urb::new(Isoch { max_packets: NonZeroU16::MAX }, ())
}

pub fn select_configuration() -> Urb<SelectConfiguration, ()> {
    Urb::new(SelectConfiguration, ())
}

pub fn select_interface() -> Urb<SelectInterface, ()> {
    Urb::new(SelectInterface, ())
}

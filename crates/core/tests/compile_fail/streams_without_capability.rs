//! Streams are opened without the capability: a number of streams comes from a check of its token alone.
use usbclient_core::streams::{Base, Count};

fn main() {
    let _opening = Base::new(1_u64).open(Count(16));
}

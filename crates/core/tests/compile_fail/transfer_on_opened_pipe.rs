//! The pipe's own handle is used for a transfer after its streams were opened.
use usbclient_core::streams::{Base, Count};

fn open(pipe: Base<u64>, count: Count) -> u64 {
    let _opening = pipe.open(count);
    pipe.for_transfers()
}

fn main() {}

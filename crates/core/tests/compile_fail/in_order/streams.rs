//! Streams are opened on a pipe that carried transfers, with the capability.
use usbclient_core::{
    capabilities::StaticStreams,
    streams::{Base, Count},
};

fn open(pipe: Base<u64>, streams: &StaticStreams) {
    let _handle = pipe.for_transfers();
    if let Ok(count) = Count::check(Some(streams), 16, 4) {
        let _opening = pipe.open(count);
    }
}

fn main() {}

//! A stream has no policies of its own: its endpoint has.

use usbclient_user::{Out, Stream};

fn set(stream: &Stream<Out>) {
    let _ = stream.set_short_packet_terminate(true).wait();
}

fn main() {}

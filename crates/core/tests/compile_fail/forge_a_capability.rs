//! A capability that nobody asked for.
use usbclient_core::capabilities::{ChainedMdls, StaticStreams};

fn main() {
    let _chained = ChainedMdls(());
    let _streams = StaticStreams(core::num::NonZeroU16::MAX);
}

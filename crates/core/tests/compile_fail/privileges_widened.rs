//! Rights are put together by hand: they come from a request, and are combined so that they only narrow.
use usbclient_core::files::Rights;

fn main() {
    let _wide = Rights { operations: u32::MAX, interfaces: [u64::MAX; 4] };
}

//! A number from user mode goes where a handle that was given out is needed.
use usbclient_registration::Handle;

fn remember(_given_out: Handle) {}

fn main() {
    remember(0x1000_u32);
}

//! What the handle of a pipe stands for goes where a claimed interface is needed.
use usbclient_core::files::{ClaimedInterface, OpenPipe};

fn select_setting(_claimed: ClaimedInterface) {}

fn main() {
    select_setting(OpenPipe { interface: 0, endpoint: 0x81 });
}

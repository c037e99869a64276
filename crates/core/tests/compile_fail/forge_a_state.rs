//! A removal is said to have closed the handle.
mod edge;

use usbclient_core::remove::HandleClosed;

fn main() {
    edge::removal(|mut irp| {
        irp.state = HandleClosed(());
        loop {}
    });
}

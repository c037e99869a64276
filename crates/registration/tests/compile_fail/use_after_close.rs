//! The raw handle is used after the close.
mod edge;

use usbclient_registration::usbd::ClosePermit;

fn main() {
    let passive = edge::passive();
    let handle = edge::opened();
    let raw = handle.raw();
    let Ok(()) = handle.close(ClosePermit::Removing { drained: edge::drained(), passive: &passive });
    drop(raw);
}

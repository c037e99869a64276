//! A handle is closed twice.
mod edge;

use usbclient_registration::usbd::ClosePermit;

fn main() {
    let passive = edge::passive();
    let handle = edge::opened();
    let Ok(()) = handle.close(ClosePermit::Removing { drained: edge::drained(), passive: &passive });
    let Ok(()) = handle.close(ClosePermit::Removing { drained: edge::drained(), passive: &passive });
}

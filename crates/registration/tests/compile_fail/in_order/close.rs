//! Open, drain, close.
#[path = "../edge/mod.rs"]
mod edge;

use usbclient_registration::usbd::ClosePermit;

fn main() {
    let passive = edge::passive();
    let Ok(()) = edge::opened().close(ClosePermit::Removing { drained: edge::drained(), passive: &passive });
}

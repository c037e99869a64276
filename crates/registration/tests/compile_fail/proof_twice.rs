//! One draining serves two handles.
mod edge;

use usbclient_registration::usbd::ClosePermit;

fn main() {
    let passive = edge::passive();
    let drained = edge::drained();
    let Ok(()) = edge::opened().close(ClosePermit::Removing { drained, passive: &passive });
    let Ok(()) = edge::opened().close(ClosePermit::Removing { drained, passive: &passive });
}

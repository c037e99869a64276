//! A handle is closed without the proof that no URB is left.
mod edge;

use usbclient_registration::usbd::ClosePermit;

fn main() {
    let passive = edge::passive();
    let Ok(()) = edge::opened().close(ClosePermit::Removing { passive: &passive });
}

//! A handle is closed without the token of PASSIVE_LEVEL.
mod edge;

use usbclient_registration::usbd::ClosePermit;

fn main() {
    let Ok(()) = edge::opened().close(ClosePermit::Removing { drained: edge::drained() });
}

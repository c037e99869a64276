//! Initialisation is entered by who cannot show that MiniportInitializeEx is running.
mod ndis_edge;

use usbclient_registration::ndis::during_initialisation;

fn main() {
    during_initialisation::<ndis_edge::Calls, _>(&(), |scope| drop(scope.open("firmware", None)));
}

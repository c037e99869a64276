//! The registration of a file leaves the initialisation that it was opened in.
mod ndis_edge;

use ndis_edge::Calls;
use usbclient_registration::{Registration, ndis::{Ndis, OpenRequest}};

fn main() {
    let _registration = ndis_edge::initialise(|scope| {
        let request = OpenRequest { name: "firmware", highest: None, during: scope.during() };
        Registration::<Ndis<'_, Calls>>::open(request).ok()
    });
}

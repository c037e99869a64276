//! Each URB is formatted for requests of its own kind.
#[path = "../edge/urbs.rs"]
mod urbs;

fn main() {
    urbs::fixed().for_request();
    urbs::isoch().for_packets(8);
    urbs::select_configuration().memory();
    urbs::select_interface().memory();
}

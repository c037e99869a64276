//! An URB that selects an alternate setting is used for another request.
#[path = "edge/urbs.rs"]
mod urbs;

fn main() {
    urbs::select_interface().for_request();
}

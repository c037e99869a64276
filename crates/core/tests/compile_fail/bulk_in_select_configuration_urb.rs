//! An URB that selects a configuration is used for another request.
#[path = "edge/urbs.rs"]
mod urbs;

fn main() {
    urbs::select_configuration().for_request();
}

//! An URB of USBD_IsochUrbAllocate is used for another request.
#[path = "edge/urbs.rs"]
mod urbs;

fn main() {
    urbs::isoch().for_request();
}

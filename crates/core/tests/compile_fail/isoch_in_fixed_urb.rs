//! An URB of USBD_UrbAllocate is used for an isochronous transfer.
#[path = "edge/urbs.rs"]
mod urbs;

fn main() {
    urbs::fixed().for_packets(8);
}

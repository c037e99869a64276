//! The permit for closing in AddDevice's unwinding is made elsewhere.
fn main() {
    let _proof = usbclient_core::add_device::Unwinding(());
}

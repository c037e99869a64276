//! Open, use, close.
#[path = "../win32_edge/mod.rs"]
mod win32_edge;

use usbclient_registration::{Registration, win32::Win32};
use win32_edge::Calls;

fn main() {
    let Ok(file) = Registration::<Win32<Calls>>::open("file") else { return };
    assert_eq!(file.raw().map(|object| object.value()), Some(4));
    assert!(file.close(()).is_ok());
}

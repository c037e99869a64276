//! A handle to an object is closed twice.
mod win32_edge;

use usbclient_registration::{Registration, win32::Win32};
use win32_edge::Calls;

fn main() {
    let Ok(file) = Registration::<Win32<Calls>>::open("file") else { return };
    let _first = file.close(());
    let _second = file.close(());
}

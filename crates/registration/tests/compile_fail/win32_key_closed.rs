//! A registry key goes to CloseHandle: RegCloseKey closes it.
mod win32_edge;

use usbclient_registration::win32::{KeyHandle, Win32Calls};
use win32_edge::Calls;

fn close(handle: KeyHandle) {
    Calls::close_handle(handle);
}

fn main() {
    let _wrong: fn(KeyHandle) = close;
}

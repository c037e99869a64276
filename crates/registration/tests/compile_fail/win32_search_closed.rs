//! What FindFirstFile returned goes to CloseHandle: FindClose closes it.
mod win32_edge;

use usbclient_registration::win32::{SearchHandle, Win32Calls};
use win32_edge::Calls;

fn close(handle: SearchHandle) {
    Calls::close_handle(handle);
}

fn main() {
    let _wrong: fn(SearchHandle) = close;
}

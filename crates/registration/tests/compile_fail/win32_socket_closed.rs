//! A socket goes to CloseHandle: closesocket closes it.
mod win32_edge;

use usbclient_registration::win32::{SocketHandle, Win32Calls};
use win32_edge::Calls;

fn close(handle: SocketHandle) {
    Calls::close_handle(handle);
}

fn main() {
    let _wrong: fn(SocketHandle) = close;
}

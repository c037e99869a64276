//! A number is made a handle to an object: only an open function makes those.
use usbclient_registration::win32::ObjectHandle;

fn main() {
    let _forged = ObjectHandle::of(4);
}

//! A handle is made of a number: only a table gives handles out.
use core::num::NonZeroU32;

use usbclient_registration::Handle;

fn main() {
    let _forged = Handle(NonZeroU32::MIN);
}

//! An interface that was released is no more.

use usbclient_user::{Error, Interface};

fn use_it(interface: Interface) -> Result<(), Error> {
    interface.release().wait()?;
    interface.select_setting(1).wait()
}

fn main() {}

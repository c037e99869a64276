//! An endpoint whose streams are open takes no transfers of its own.

use usbclient_user::{Bulk, Endpoint, Error, Out};

fn use_it(out: Endpoint<Bulk, Out>) -> Result<(), Error> {
    let _streams = out.open_streams(4).wait()?;
    out.write(b"no").wait()
}

fn main() {}

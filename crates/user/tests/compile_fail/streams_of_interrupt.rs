//! Only bulk endpoints have streams.

use usbclient_user::{Endpoint, In, Interrupt};

fn open(reports: Endpoint<Interrupt, In>) {
    let _ = reports.open_streams(4).wait();
}

fn main() {}

//! A command for devices of usbclient.

fn main() {}

//! The pipe's own handle is used for a transfer after its streams were closed.
use usbclient_core::streams::Closed;

fn transfer(pipe: &Closed<u64>) -> u64 {
    pipe.for_transfers()
}

fn main() {}

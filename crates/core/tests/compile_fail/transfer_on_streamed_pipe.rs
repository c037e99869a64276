//! The pipe's own handle is used for a transfer while its streams are open.
use usbclient_core::streams::Streamed;

fn transfer(pipe: &Streamed<u64, ()>) -> u64 {
    pipe.for_transfers()
}

fn main() {}

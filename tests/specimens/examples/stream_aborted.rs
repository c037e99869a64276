//! Aborts one static stream.
//!
//! Rule: `StreamPipeRequest`.
//!
//! On Windows: aborting and resetting are not supported for single streams.
#![no_std]

use specimens::{Extension, Specimen, pipes};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let Some(pipes) = pipes::configure(extension) else { return };
        pipes::ask_streams(extension);
        let Some([stream, _]) = pipes::open_streams(extension, pipes.out) else { return };
        pipes::pipe_request(extension, pipes::ABORT_PIPE, stream);
    }
}

specimens::driver!(Driver);

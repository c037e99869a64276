//! Writes to the endpoint's own pipe when its static streams were opened and closed.
//!
//! Rule: `BasePipeAfterStreams`.
//!
//! On Windows: the page of static streams says not to, without saying what becomes of it.
#![no_std]

use specimens::{Extension, Specimen, pipes};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let Some(pipes) = pipes::configure(extension) else { return };
        pipes::ask_streams(extension);
        let _ = pipes::open_streams(extension, pipes.out);
        pipes::pipe_request(extension, pipes::CLOSE_STATIC_STREAMS, pipes.out);
        pipes::write(extension, pipes.out);
    }
}

specimens::driver!(Driver);

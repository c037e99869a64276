//! Closes static streams that were never opened.
//!
//! Rule: `StreamsNotOpen`.
//!
//! On Windows: the page of static streams says not to; the request fails.
#![no_std]

use specimens::{Extension, Specimen, pipes};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let Some(pipes) = pipes::configure(extension) else { return };
        pipes::pipe_request(extension, pipes::CLOSE_STATIC_STREAMS, pipes.out);
    }
}

specimens::driver!(Driver);

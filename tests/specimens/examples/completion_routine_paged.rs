//! Has a completion routine in pageable code.
//!
//! Rule: `CompletionRoutinePageable`. Bug check 0xC9/0x227.
//!
//! On Windows: it is called at `DISPATCH_LEVEL`, where code that is paged out cannot be brought back.
#![no_std]

use specimens::{Extension, Specimen, own_irp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::query_with_pageable_routine(extension);
    }
}

specimens::driver!(Driver);

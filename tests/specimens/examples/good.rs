//! Breaks nothing: every step as the documentation asks.
//!
//! Rule: no rule; nothing may be reported.
//!
//! On Windows: nothing happens.
#![no_std]

use specimens::Specimen;

struct Driver;

impl Specimen for Driver {}

specimens::driver!(Driver);

//! Sends a PnP request that only the PnP manager may send.
//!
//! Rule: `SystemIrpSent`. Bug check 0xC9/0x237.
//!
//! On Windows: the drivers below do what nobody has asked for, and the PnP manager knows nothing of it.
#![no_std]

use specimens::{Extension, Specimen, own_irp, pnp};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::send_pnp(extension, pnp::CANCEL_STOP);
    }
}

specimens::driver!(Driver);

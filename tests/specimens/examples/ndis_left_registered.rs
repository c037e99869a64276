//! Is unloaded and has not deregistered from NDIS.
//!
//! Rule: `LeakAtUnload`.
//!
//! On Windows: NDIS keeps the entry points of a driver that is gone.
#![no_std]

use specimens::miniport::{Miniport, NdisHandle};

struct Driver;

impl Miniport for Driver {
    fn unload(_driver: NdisHandle) {}
}

specimens::miniport!(Driver);

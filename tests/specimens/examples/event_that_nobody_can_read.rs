//! Writes an event whose metadata describe more data than it has.
//!
//! Rule: `EtwMetadata`.
//!
//! On Windows: the event is in the trace, and no tool can say what it is.
#![no_std]

use core::sync::atomic::{AtomicU64, Ordering};

use specimens::{Extension, Specimen, kernel};

struct Driver;

static PROVIDER: AtomicU64 = AtomicU64::new(0);
/// Two fields of four bytes.
static METADATA: [u8; 15] = *b"\x0f\0\0Event\0A\0\x08B\0\x08";

impl Specimen for Driver {
    fn entered() {
        PROVIDER.store(kernel::register_provider(), Ordering::Relaxed);
    }

    fn started(_: *mut Extension) {
        kernel::write_event(PROVIDER.load(Ordering::Relaxed), b"\x0b\0specimen\0", &METADATA);
    }

    fn unload() {
        kernel::unregister_provider(PROVIDER.load(Ordering::Relaxed));
    }
}

specimens::driver!(Driver);
